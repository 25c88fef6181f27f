#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "puller/sandbox.h"

/* The flags of open() that do more than read. O_TMPFILE comes only with writing. */
#define OPEN_TO_CHANGE (O_ACCMODE | O_CREAT | O_TRUNC)

#define CALLS(...) ((const int[]){__VA_ARGS__}), sizeof((int[]){__VA_ARGS__}) / sizeof(int)

static void cleanup_filter(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

static int add(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = seccomp_rule_add(filter, action, calls[i], 0);
		if (r < 0)
			return r;
	}
	return 0;
}

static int allow_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp holds)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &holds);
}

/* Memory, threads, time, and the descriptors that are open already. */
static int allow_running(scmp_filter_ctx filter)
{
	return add(filter, SCMP_ACT_ALLOW,
		   CALLS(SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write),
			 SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(_llseek),
			 SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(fcntl), SCMP_SYS(fcntl64),
			 SCMP_SYS(dup), SCMP_SYS(dup3), SCMP_SYS(pipe2), SCMP_SYS(eventfd2),
			 SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(_newselect),
			 SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
			 SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(sendto),
			 SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(send),
			 SCMP_SYS(recv), SCMP_SYS(shutdown), SCMP_SYS(brk), SCMP_SYS(munmap),
			 SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
			 SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
			 SCMP_SYS(membarrier), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
			 SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
			 SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getpid),
			 SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
			 SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrandom),
			 SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
			 SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
			 SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
			 SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(exit), SCMP_SYS(exit_group)));
}

/* What is harmless with some arguments only. */
static int allow_in_part(scmp_filter_ctx filter, const struct sandbox_plan *plan)
{
	const struct {
		int call;
		struct scmp_arg_cmp holds;
	} parts[] = {
		/* A thread, not a process. */
		{SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)},
		/* Asking for a limit, not setting one. */
		{SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0, 0)},
		{SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0)},
		/* How much there is to read, and not to block. */
		{SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0)},
		{SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONBIO, 0)},
		/* A signal to oneself: abort() and its like. */
		{SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)},
		/* curl wakes a poll by a pair of sockets. */
		{SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0)},
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		int r = allow_if(filter, parts[i].call, parts[i].holds);
		if (r < 0)
			return r;
	}
	/* Only the resolver loads code, the modules of the name service. */
	if (plan->mode == SANDBOX_NAMES)
		return add(filter, SCMP_ACT_ALLOW,
			   CALLS(SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)));
	int r = allow_if(filter, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = allow_if(filter, SCMP_SYS(mmap2), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = allow_if(filter, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

static int allow_sockets(scmp_filter_ctx filter, const int *families, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = allow_if(filter, SCMP_SYS(socket),
				 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
		if (r < 0)
			return r;
	}
	return add(filter, SCMP_ACT_ALLOW,
		   CALLS(SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
			 SCMP_SYS(accept4), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
			 SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(sendmmsg)));
}

/* Reading files. openat2 hides its flags from a filter, so that it is not there at all. */
static int allow_reading(scmp_filter_ctx filter)
{
	int r = allow_if(filter, SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, OPEN_TO_CHANGE, 0));

	if (r == 0)
		r = allow_if(filter, SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, OPEN_TO_CHANGE, 0));
	if (r == 0)
		r = add(filter, SCMP_ACT_ERRNO(ENOSYS), CALLS(SCMP_SYS(openat2)));
	return r < 0 ? r
		     : add(filter, SCMP_ACT_ALLOW,
			   CALLS(SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(stat),
				 SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(statfs),
				 SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat),
				 SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
				 SCMP_SYS(getdents64), SCMP_SYS(fadvise64)));
}

static int allow_mode(scmp_filter_ctx filter, const struct sandbox_plan *plan)
{
	int r = 0;

	switch (plan->mode) {
	case SANDBOX_NETWORK:
		r = allow_sockets(filter, CALLS(AF_INET, AF_INET6));
		/* glibc's fstat() comes as this one, with an empty path. */
		return r < 0 ? r
			     : allow_if(filter, SCMP_SYS(newfstatat),
					SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	case SANDBOX_NAMES:
		r = allow_sockets(filter, CALLS(AF_INET, AF_INET6, AF_UNIX, AF_NETLINK));
		return r < 0 ? r : allow_reading(filter);
	case SANDBOX_FILE:
		return allow_reading(filter);
	}
	return r;
}

#ifdef PUMPWATCH_SANITIZED
/* They make processes and look for programs when they report: that fails like all the rest. */
static int refuse_hostile(scmp_filter_ctx filter)
{
	(void)filter;
	return 0;
}
#else
/* A call with all bits of bit set, or unset, in one argument. */
static int kill_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp holds)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, call, 1, &holds);
}

/* What nobody does here by mistake. */
static int refuse_hostile(scmp_filter_ctx filter)
{
	static const scmp_datum_t changes[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
	int r = add(filter, SCMP_ACT_KILL_PROCESS,
		    CALLS(SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
			  SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
			  SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
			  SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(bpf), SCMP_SYS(init_module),
			  SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
			  SCMP_SYS(kexec_file_load), SCMP_SYS(perf_event_open),
			  SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(add_key),
			  SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(creat),
			  SCMP_SYS(truncate), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
			  SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat),
			  SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
			  SCMP_SYS(rmdir), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(chmod),
			  SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown), SCMP_SYS(fchownat),
			  SCMP_SYS(reboot), SCMP_SYS(swapon)));

	for (size_t i = 0; r == 0 && i < sizeof changes / sizeof *changes; i++) {
		r = kill_if(filter, SCMP_SYS(openat),
			    SCMP_A2(SCMP_CMP_MASKED_EQ, changes[i], changes[i]));
		if (r == 0)
			r = kill_if(filter, SCMP_SYS(open),
				    SCMP_A1(SCMP_CMP_MASKED_EQ, changes[i], changes[i]));
	}
	return r < 0 ? r
		     : kill_if(filter, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}
#endif

int sandbox_seccomp(const struct sandbox_plan *plan, struct error *e)
{
	CLEANUP(cleanup_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return error_memory(e);
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = allow_running(filter);
	if (r == 0)
		r = allow_in_part(filter, plan);
	if (r == 0)
		r = allow_mode(filter, plan);
	if (r == 0)
		r = refuse_hostile(filter);
	/* Its flags lie in memory, where a filter cannot look: glibc then uses clone. */
	if (r == 0)
		r = add(filter, SCMP_ACT_ERRNO(ENOSYS), CALLS(SCMP_SYS(clone3)));
	if (r == 0)
		r = seccomp_load(filter);
	if (r < 0)
		return error_set(e, ERROR_INTERNAL,
				 "cannot give up system calls by seccomp: %s (is it switched off in "
				 "this kernel or container?)",
				 strerrordesc_np(-r));
	return 0;
}
