/* What the puller's processes can no longer do, and what they still can: each attempt is made by
 * a child that entered the sandbox. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "puller/sandbox.h"

#include "tests/suite.h"

/* ---- a folder with the device's files, and the store beside it ---- */

static char folder[] = "/tmp/check_sandbox.XXXXXX";
static char root[64], inside[64], store[64], fresh[64];
static int listener = -1; /* on loopback */
static struct sockaddr_in listening;
static int opened = -1; /* the store, from before the sandbox */

static void write_file(const char *path)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs("content", file);
	ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
	socklen_t length = sizeof listening;

	strcpy(folder + sizeof folder - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(root, sizeof root, "%s/root", folder);
	snprintf(inside, sizeof inside, "%s/root/A.BIN", folder);
	snprintf(store, sizeof store, "%s/store.db", folder);
	snprintf(fresh, sizeof fresh, "%s/root/new", folder);
	ck_assert_int_eq(mkdir(root, 0755), 0);
	write_file(inside);
	write_file(store);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	listening = (struct sockaddr_in){.sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&listening, sizeof listening), 0);
	ck_assert_int_eq(listen(listener, 5), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&listening, &length), 0);
	opened = open(store, O_RDONLY);
	ck_assert_int_ge(opened, 0);
}

static void tear_down(void)
{
	char command[128];

	close(listener);
	close(opened);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* ---- attempts: 0, or the errno ---- */

static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int try_read_store(void) { return result(open(store, O_RDONLY)); }
static int try_read_inside(void) { return result(open(inside, O_RDONLY)); }
static int try_write_store(void) { return result(open(store, O_WRONLY)); }
static int try_write_inside(void) { return result(open(inside, O_RDWR)); }
static int try_append(void) { return result(open(inside, O_WRONLY | O_APPEND)); }
static int try_create(void) { return result(open(fresh, O_CREAT | O_RDONLY, 0600)); }
static int try_truncate(void) { return result(open(inside, O_RDONLY | O_TRUNC)); }
static int try_truncate_call(void) { return result(truncate(inside, 0)); }
static int try_unlink(void) { return result(unlink(inside)); }
static int try_rename(void) { return result(rename(inside, fresh)); }
static int try_mkdir(void) { return result(mkdir(fresh, 0700)); }
static int try_symlink(void) { return result(symlink(store, fresh)); }
static int try_chmod(void) { return result(chmod(inside, 0777)); }
static int try_list_root(void) { return opendir(root) ? 0 : errno; }
static int try_list_store(void) { return opendir(folder) ? 0 : errno; }

static int try_openat2_write(void)
{
	struct open_how how = {.flags = O_RDWR};

	return result(syscall(SYS_openat2, AT_FDCWD, inside, &how, sizeof how));
}

static int try_memfd(void) { return result(memfd_create("x", 0)); }

static int try_exec(void)
{
	char *arguments[] = {(char[]){"/bin/true"}, NULL};
	char *environment[] = {NULL};

	return result(execve(arguments[0], arguments, environment));
}

/* A child ends at once, so that nobody goes on twice. */
static int try_fork(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int try_clone3(void)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &arguments, sizeof arguments);

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int try_ptrace(void) { return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }
static int try_attach(void) { return result(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL)); }

static int try_read_parent(void)
{
	char here;
	struct iovec local = {&here, 1};
	struct iovec remote = {&opened, 1};

	return result(process_vm_readv(getppid(), &local, 1, &remote, 1, 0));
}

static int try_signal_parent(void) { return result(kill(getppid(), 0)); }
static int try_mount(void) { return result(mount("none", root, "tmpfs", 0, NULL)); }
static int try_unshare(void) { return result(syscall(SYS_unshare, CLONE_NEWUSER)); }
static int try_bpf(void) { return result(syscall(SYS_bpf, 0, NULL, 0)); }
static int try_io_uring(void) { return result(syscall(SYS_io_uring_setup, 1, NULL)); }
static int try_keyring(void) { return result(syscall(SYS_keyctl, 0, -1, 0)); }
static int try_dumpable(void) { return result(prctl(PR_SET_DUMPABLE, 1)); }

static int try_raise_limit(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	return result(setrlimit(RLIMIT_CORE, &all));
}

static int try_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? errno : 0;
}

static int try_make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int try_socket_unix(void) { return result(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int try_socket_netlink(void) { return result(socket(AF_NETLINK, SOCK_RAW, 0)); }
static int try_socket_packet(void) { return result(socket(AF_PACKET, SOCK_RAW, 0)); }
static int try_socket_inet(void) { return result(socket(AF_INET, SOCK_STREAM, 0)); }
static int try_socket_inet6(void) { return result(socket(AF_INET6, SOCK_DGRAM, 0)); }

static int try_connect(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd watched = {.fd = fd, .events = POLLOUT};
	int number = 0;
	socklen_t length = sizeof number;

	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&listening, sizeof listening) < 0 &&
	    errno != EINPROGRESS)
		return errno;
	if (poll(&watched, 1, 5000) != 1)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) < 0)
		return errno;
	return number;
}

/* As FTP does in active mode. */
static int try_listen(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in any = {.sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0)
		return errno;
	return result(listen(fd, 1));
}

static void *be_a_thread(void *userdata)
{
	return userdata;
}

static int try_thread(void)
{
	pthread_t thread;
	char sent;
	void *came_back = NULL;
	int r = pthread_create(&thread, NULL, be_a_thread, &sent);

	if (r == 0)
		r = pthread_join(thread, &came_back);
	return r == 0 && came_back != &sent ? EIO : r;
}

static int try_memory(void)
{
	char *bytes = malloc(64 << 20);

	if (!bytes)
		return ENOMEM;
	memset(bytes, 1, 64 << 20);
	free(bytes);
	return 0;
}

static int try_read_opened(void)
{
	char byte;

	return result(read(opened, &byte, 1));
}

static int try_look_up(void)
{
	struct addrinfo *found = NULL;
	int r = getaddrinfo("localhost", NULL, NULL, &found);

	if (r == 0)
		freeaddrinfo(found);
	return r == 0 ? 0 : ENOENT;
}

/* ---- a child in the sandbox ---- */

enum { ENTER_FAILED = 200, KILLED = 201 };

enum parts { WHOLE, WITHOUT_LANDLOCK, LANDLOCK_ALONE };

static bool enter(enum sandbox_mode mode, enum parts parts)
{
	const struct sandbox_plan plan = {
		.mode = mode, .visits = 4, .root = mode == SANDBOX_FILE ? root : NULL};
	struct sandbox_state state;
	struct error e = {0};
	bool entered = false;

	switch (parts) {
	case WHOLE:
		entered = sandbox_enter(&state, &plan, &e) == 0 && state.seccomp;
		break;
	case WITHOUT_LANDLOCK:
		entered = sandbox_limit(&plan, &e) == 0 && sandbox_seccomp(&plan, &e) == 0;
		break;
	case LANDLOCK_ALONE:
		entered = sandbox_limit(&plan, &e) == 0 && sandbox_landlock(&plan, &e) >= 0;
		break;
	}
	if (!entered)
		fprintf(stderr, "%s\n", e.text);
	return entered;
}

/* 0, the errno, or KILLED. */
static int attempt_in(enum sandbox_mode mode, enum parts parts, int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter(mode, parts) ? attempt() : ENTER_FAILED);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		ck_assert_int_eq(WTERMSIG(status), SIGSYS);
		return KILLED;
	}
	ck_assert_int_ne(WEXITSTATUS(status), ENTER_FAILED);
	return WEXITSTATUS(status);
}

struct attempt {
	const char *name;
	int (*make)(void);
};
#define ATTEMPT(name) {#name, try_##name}

static void expect_refused(enum sandbox_mode mode, enum parts parts, const struct attempt *attempts,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = attempt_in(mode, parts, attempts[i].make);
		ck_assert_msg(r == KILLED || r == EPERM || r == EACCES || r == ENOSYS,
			      "%s in mode %d, parts %d: %d", attempts[i].name, mode, parts, r);
	}
}

static void expect_allowed(enum sandbox_mode mode, enum parts parts, const struct attempt *attempts,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = attempt_in(mode, parts, attempts[i].make);
		ck_assert_msg(r == 0, "%s in mode %d, parts %d: %d", attempts[i].name, mode, parts, r);
	}
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const enum sandbox_mode modes[] = {SANDBOX_NETWORK, SANDBOX_FILE, SANDBOX_NAMES};

/* Nothing is written, started, watched or taken over, in any mode, without Landlock too. */
static const struct attempt hostile[] = {
	ATTEMPT(write_store), ATTEMPT(write_inside), ATTEMPT(append), ATTEMPT(create),
	ATTEMPT(truncate), ATTEMPT(truncate_call), ATTEMPT(unlink), ATTEMPT(rename), ATTEMPT(mkdir),
	ATTEMPT(symlink), ATTEMPT(chmod), ATTEMPT(openat2_write), ATTEMPT(memfd), ATTEMPT(exec),
	ATTEMPT(fork), ATTEMPT(clone3), ATTEMPT(ptrace), ATTEMPT(attach), ATTEMPT(read_parent),
	ATTEMPT(signal_parent), ATTEMPT(mount), ATTEMPT(unshare), ATTEMPT(bpf), ATTEMPT(io_uring),
	ATTEMPT(keyring), ATTEMPT(dumpable), ATTEMPT(raise_limit), ATTEMPT(socket_packet),
};

/* Every puller needs these. */
static const struct attempt needed[] = {
	ATTEMPT(thread), ATTEMPT(memory), ATTEMPT(read_opened),
};

START_TEST(without_a_sandbox_the_attempts_succeed)
{
	/* Else their failure inside would show nothing. */
	static const struct attempt attempts[] = {
		ATTEMPT(read_store), ATTEMPT(write_store), ATTEMPT(append), ATTEMPT(create),
		ATTEMPT(chmod), ATTEMPT(openat2_write), ATTEMPT(memfd), ATTEMPT(exec), ATTEMPT(fork),
		ATTEMPT(clone3), ATTEMPT(ptrace), ATTEMPT(signal_parent), ATTEMPT(code),
		ATTEMPT(make_code), ATTEMPT(socket_unix), ATTEMPT(socket_netlink), ATTEMPT(look_up),
		ATTEMPT(connect), ATTEMPT(listen), ATTEMPT(list_root), ATTEMPT(truncate_call),
		ATTEMPT(rename),
	};

	for (size_t i = 0; i < COUNT(attempts); i++) {
		int status;
		pid_t pid = fork();
		if (pid == 0)
			_exit(attempts[i].make());
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %d",
			      attempts[i].name, status);
	}
}
END_TEST

START_TEST(nothing_is_written_started_or_taken_over)
{
	for (size_t i = 0; i < COUNT(modes); i++) {
		expect_refused(modes[i], WHOLE, hostile, COUNT(hostile));
		expect_allowed(modes[i], WHOLE, needed, COUNT(needed));
	}
}
END_TEST

START_TEST(seccomp_alone_holds_too)
{
	for (size_t i = 0; i < COUNT(modes); i++) {
		expect_refused(modes[i], WITHOUT_LANDLOCK, hostile, COUNT(hostile));
		expect_allowed(modes[i], WITHOUT_LANDLOCK, needed, COUNT(needed));
	}
}
END_TEST

/* Sanitizers report by calls like these: with them such a call fails, and the process lives. */
START_TEST(a_clearly_hostile_call_ends_the_process)
{
	static const struct attempt attempts[] = {
		ATTEMPT(write_store), ATTEMPT(create), ATTEMPT(exec), ATTEMPT(fork), ATTEMPT(ptrace),
		ATTEMPT(unlink), ATTEMPT(bpf),
	};
#ifdef PUMPWATCH_SANITIZED
	const int expected = EPERM;
#else
	const int expected = KILLED;
#endif

	for (size_t i = 0; i < COUNT(attempts); i++)
		ck_assert_msg(attempt_in(SANDBOX_NETWORK, WITHOUT_LANDLOCK, attempts[i].make) ==
				      expected,
			      "%s", attempts[i].name);
}
END_TEST

START_TEST(the_network_puller_opens_no_file_and_only_sockets_of_the_internet)
{
	static const struct attempt refused[] = {
		ATTEMPT(read_store), ATTEMPT(read_inside), ATTEMPT(list_root), ATTEMPT(socket_unix),
		ATTEMPT(socket_netlink), ATTEMPT(code), ATTEMPT(make_code),
	};
	static const struct attempt allowed[] = {
		ATTEMPT(socket_inet), ATTEMPT(socket_inet6), ATTEMPT(connect), ATTEMPT(listen),
	};

	expect_refused(SANDBOX_NETWORK, WHOLE, refused, COUNT(refused));
	expect_refused(SANDBOX_NETWORK, WITHOUT_LANDLOCK, refused, COUNT(refused));
	expect_allowed(SANDBOX_NETWORK, WHOLE, allowed, COUNT(allowed));
	expect_allowed(SANDBOX_NETWORK, WITHOUT_LANDLOCK, allowed, COUNT(allowed));
}
END_TEST

START_TEST(the_file_puller_reads_below_its_folder_and_has_no_sockets)
{
	static const struct attempt sockets[] = {
		ATTEMPT(socket_inet), ATTEMPT(socket_inet6), ATTEMPT(socket_unix),
		ATTEMPT(socket_netlink), ATTEMPT(connect), ATTEMPT(code),
	};
	static const struct attempt outside[] = {ATTEMPT(read_store), ATTEMPT(list_store)};
	static const struct attempt below[] = {ATTEMPT(read_inside), ATTEMPT(list_root)};
	const struct sandbox_plan plan = {.mode = SANDBOX_FILE, .visits = 1, .root = root};
	struct error e;

	expect_refused(SANDBOX_FILE, WHOLE, sockets, COUNT(sockets));
	expect_refused(SANDBOX_FILE, WITHOUT_LANDLOCK, sockets, COUNT(sockets));
	expect_allowed(SANDBOX_FILE, WHOLE, below, COUNT(below));
	expect_allowed(SANDBOX_FILE, WITHOUT_LANDLOCK, below, COUNT(below));
	expect_allowed(SANDBOX_FILE, LANDLOCK_ALONE, below, COUNT(below));
	/* In a process of its own, since it has no way back. */
	pid_t pid = fork();
	int status;
	if (pid == 0)
		_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && sandbox_landlock(&plan, &e) > 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 1) {
		expect_refused(SANDBOX_FILE, WHOLE, outside, COUNT(outside));
		expect_refused(SANDBOX_FILE, LANDLOCK_ALONE, outside, COUNT(outside));
	} else {
		/* What docs/ARCHITECTURE.md says of such a kernel. */
		expect_allowed(SANDBOX_FILE, WHOLE, outside, COUNT(outside));
	}
}
END_TEST

START_TEST(the_resolver_looks_up_names_and_reads_no_store)
{
	static const struct attempt allowed[] = {ATTEMPT(look_up), ATTEMPT(socket_inet)};
	static const struct attempt refused[] = {ATTEMPT(read_store), ATTEMPT(list_root)};

	expect_allowed(SANDBOX_NAMES, WHOLE, allowed, COUNT(allowed));
	expect_allowed(SANDBOX_NAMES, WITHOUT_LANDLOCK, allowed, COUNT(allowed));
	if (attempt_in(SANDBOX_NAMES, LANDLOCK_ALONE, try_read_store) != 0)
		expect_refused(SANDBOX_NAMES, WHOLE, refused, COUNT(refused));
}
END_TEST

START_TEST(a_folder_that_is_not_there_needs_no_rule)
{
	snprintf(root, sizeof root, "%s/gone", folder);
	ck_assert_int_eq(attempt_in(SANDBOX_FILE, WHOLE, try_list_root), ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *attempts = tcase_create("attempts");

	tcase_set_timeout(attempts, 120);
	tcase_add_checked_fixture(attempts, set_up, tear_down);
	tcase_add_test(attempts, without_a_sandbox_the_attempts_succeed);
	tcase_add_test(attempts, nothing_is_written_started_or_taken_over);
	tcase_add_test(attempts, seccomp_alone_holds_too);
	tcase_add_test(attempts, a_clearly_hostile_call_ends_the_process);
	tcase_add_test(attempts, the_network_puller_opens_no_file_and_only_sockets_of_the_internet);
	tcase_add_test(attempts, the_file_puller_reads_below_its_folder_and_has_no_sockets);
	tcase_add_test(attempts, the_resolver_looks_up_names_and_reads_no_store);
	tcase_add_test(attempts, a_folder_that_is_not_there_needs_no_rule);
	suite_add_tcase(suite, attempts);
	return suite_run(suite);
}
