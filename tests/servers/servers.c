#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/servers/servers.h"

enum { AWAIT_STEPS = 1000, AWAIT_STEP_MS = 20 };

/* Where the kernel takes ports from for itself begins at 32768, and tests in shell use 20000 on. */
enum { PORT_FIRST = 10000, PORT_COUNT = 10000 };

/* Nobody else may have it, and no other test of this host from now until this process ends: the
 * name of an abstract socket is the claim. */
static bool claim_port(uint16_t port)
{
	struct sockaddr_un claim = {.sun_family = AF_UNIX};
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int claimed = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert(claimed >= 0 && fd >= 0);
	snprintf(claim.sun_path + 1, sizeof claim.sun_path - 1, "pumpwatch-test-port-%u", port);
	bool free = bind(claimed, (const struct sockaddr *)&claim, sizeof claim) == 0 &&
		    bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	close(fd);
	if (!free)
		close(claimed);
	return free;
}

static uint16_t free_port(void)
{
	static unsigned next;

	if (next == 0)
		next = (unsigned)getpid() * 7;
	for (int i = 0; i < PORT_COUNT; i++) {
		uint16_t port = (uint16_t)(PORT_FIRST + next++ % PORT_COUNT);
		if (claim_port(port))
			return port;
	}
	ck_abort_msg("no port is free");
}

void server_prepare(struct server *server)
{
	const char *place = getenv("TMPDIR");

	*server = (struct server){0};
	snprintf(server->folder, sizeof server->folder, "%s/pumpwatch-test-XXXXXX",
		 place ? place : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(server->folder));
	/* Servers drop to users of their own. */
	ck_assert_int_eq(chmod(server->folder, 0755), 0);
	snprintf(server->root, sizeof server->root, "%s/root", server->folder);
	ck_assert_int_eq(mkdir(server->root, 0755), 0);
	server->port = free_port();
}

static void make_parents(const char *path)
{
	char copy[2 * SERVER_PATH_MAX];

	snprintf(copy, sizeof copy, "%s", path);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ck_assert(mkdir(copy, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

static FILE *create(const char *folder, const char *path)
{
	char whole[2 * SERVER_PATH_MAX];

	snprintf(whole, sizeof whole, "%s/%s", folder, path);
	make_parents(whole);
	FILE *file = fopen(whole, "we");
	ck_assert_msg(file, "%s: %s", whole, strerror(errno));
	return file;
}

void server_write(const struct server *server, const char *path, const char *format, ...)
{
	FILE *file = create(server->folder, path);
	va_list arguments;

	va_start(arguments, format);
	ck_assert_int_ge(vfprintf(file, format, arguments), 0);
	va_end(arguments);
	ck_assert_int_eq(fclose(file), 0);
}

void server_put(const struct server *server, const char *path, const void *bytes, size_t length)
{
	FILE *file = create(server->root, path);

	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

void server_put_pattern(const struct server *server, const char *path, size_t length,
			unsigned seed)
{
	char *bytes = malloc(length + 1);

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < length; i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (char)(seed >> 16);
	}
	server_put(server, path, bytes, length);
	free(bytes);
}

char *server_read(const struct server *server, const char *path)
{
	char whole[2 * SERVER_PATH_MAX];
	char *bytes = NULL;
	size_t length = 0;

	snprintf(whole, sizeof whole, "%s/%s", server->folder, path);
	FILE *file = fopen(whole, "re");
	if (!file)
		return NULL;
	if (getdelim(&bytes, &length, '\0', file) < 0) {
		free(bytes);
		bytes = strdup("");
	}
	fclose(file);
	return bytes;
}

char *server_await_lines(const struct server *server, const char *path, size_t lines)
{
	char *content = NULL;
	size_t count = 0;

	for (int i = 0; i < AWAIT_STEPS; i++) {
		free(content);
		content = server_read(server, path);
		count = 0;
		for (const char *at = content; at && (at = strchr(at, '\n')); at++)
			count++;
		if (count >= lines)
			break;
		poll(NULL, 0, AWAIT_STEP_MS);
	}
	ck_assert_msg(count == lines, "%s: %zu lines instead of %zu", path, count, lines);
	return content;
}

void server_shell(const struct server *server, const char *format, ...)
{
	char command[8 * SERVER_PATH_MAX];
	va_list arguments;
	int length = snprintf(command, sizeof command, "cd %s && exec 2>>shell.log; ",
			      server->folder);

	va_start(arguments, format);
	length += vsnprintf(command + length, sizeof command - (size_t)length, format, arguments);
	va_end(arguments);
	ck_assert_int_lt(length, (int)sizeof command);
	ck_assert_msg(system(command) == 0, "%s: failed", command);
}

/* ---- certificates ---- */

static void read_pin(const struct server *server, char ret_pin[static 128])
{
	server_shell(server, "openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin "
			     "-outform der | openssl dgst -sha256 -binary | openssl base64 -A >pin");
	char *pin = server_read(server, "pin");
	ck_assert_ptr_nonnull(pin);
	snprintf(ret_pin, 128, "sha256//%s", pin);
	free(pin);
}

static const char *name_kind(const char *name)
{
	unsigned char ignored[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, ignored) == 1 || inet_pton(AF_INET6, name, ignored) == 1
		       ? "IP"
		       : "DNS";
}

void server_make_certificate(const struct server *server, const char *name,
			     char ret_pin[static 128])
{
	server_shell(server,
		     "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem "
		     "-days 30 -subj /CN=%s -addext subjectAltName=%s:%s",
		     name, name_kind(name), name);
	read_pin(server, ret_pin);
}

void server_make_authority(const struct server *server, const char *name,
			   char ret_pin[static 128])
{
	server_shell(server,
		     "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem "
		     "-days 30 -subj '/CN=Sample test authority' "
		     "-addext basicConstraints=critical,CA:TRUE && "
		     "openssl req -newkey rsa:2048 -nodes -keyout key.pem -out cert.csr "
		     "-subj /CN=%s && echo subjectAltName=%s:%s >cert.ext && "
		     "openssl x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
		     "-days 30 -extfile cert.ext -out cert.pem",
		     name, name_kind(name), name);
	read_pin(server, ret_pin);
}

/* ---- starting and ending ---- */

void server_spawn(struct server *server, const char *const argv[])
{
	char output[SERVER_PATH_MAX];
	pid_t parent = getpid();

	snprintf(output, sizeof output, "%s/output", server->folder);
	server->pid = fork();
	ck_assert_int_ge(server->pid, 0);
	if (server->pid > 0)
		return;
	/* Dies with the test, whatever becomes of that. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || null < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	/* exec takes the strings as they are; the cast only satisfies its old signature. */
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static bool accepts(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 address6 = {.sin6_family = AF_INET6, .sin6_port = htons(port),
					.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;

	close(fd);
	if (yes)
		return true;
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	yes = fd >= 0 && connect(fd, (struct sockaddr *)&address6, sizeof address6) == 0;
	close(fd);
	return yes;
}

static void assert_running(const struct server *server)
{
	int status = 0;

	if (waitpid(server->pid, &status, WNOHANG) == 0)
		return;
	char *output = server_read(server, "output");
	ck_abort_msg("the server ended (status %d): %s", status, output ? output : "");
}

void server_await(const struct server *server)
{
	for (int i = 0; i < AWAIT_STEPS; i++) {
		if (accepts(server->port))
			return;
		assert_running(server);
		poll(NULL, 0, AWAIT_STEP_MS);
	}
	ck_abort_msg("nobody accepts on port %u", server->port);
}

void server_stall(const struct server *server)
{
	int status = 0;

	ck_assert_int_eq(kill(server->pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(server->pid, &status, WUNTRACED), server->pid);
	ck_assert(WIFSTOPPED(status));
}

void server_stop(struct server *server)
{
	int status;

	if (server->pid > 0) {
		kill(server->pid, SIGTERM);
		for (int i = 0; i < 50 && waitpid(server->pid, &status, WNOHANG) == 0; i++) {
			poll(NULL, 0, AWAIT_STEP_MS);
			if (i == 48)
				kill(server->pid, SIGKILL);
		}
	}
	if (server->folder[0] != '\0') {
		char command[SERVER_PATH_MAX];
		snprintf(command, sizeof command, "rm -rf '%s'", server->folder);
		ck_assert_int_eq(system(command), 0);
	}
	*server = (struct server){0};
}

/* ---- the servers ---- */

void server_start_vsftpd(struct server *server, const struct server_vsftpd *options)
{
	char configuration[SERVER_PATH_MAX];

	server_write(server, "passwords", "%s\n", options->password ? options->password : "");
	server_write(server, "vsftpd.conf",
		     "listen=YES\nlisten_address=127.0.0.1\nlisten_port=%u\nbackground=NO\n"
		     "anonymous_enable=YES\nlocal_enable=NO\nwrite_enable=NO\nftp_username=daemon\n"
		     "anon_root=%s\nsecure_chroot_dir=%s/root\nseccomp_sandbox=NO\n"
		     "pasv_address=127.0.0.1\nconnect_from_port_20=NO\nport_promiscuous=NO\n"
		     "xferlog_enable=YES\nvsftpd_log_file=%s/log\nlog_ftp_protocol=YES\n"
		     "secure_email_list_enable=%s\nemail_password_file=%s/passwords\n"
		     "ssl_enable=%s\nallow_anon_ssl=YES\nforce_anon_logins_ssl=YES\n"
		     "force_anon_data_ssl=YES\nimplicit_ssl=%s\nssl_tlsv1=YES\n"
		     "rsa_cert_file=%s/cert.pem\nrsa_private_key_file=%s/key.pem\n%s\n",
		     server->port, server->root, server->folder, server->folder,
		     options->password ? "YES" : "NO", server->folder,
		     options->tls == SERVER_PLAIN ? "NO" : "YES",
		     options->tls == SERVER_TLS_IMPLICIT ? "YES" : "NO", server->folder,
		     server->folder, options->extra ? options->extra : "");
	snprintf(configuration, sizeof configuration, "%s/vsftpd.conf", server->folder);
	const char *const argv[] = {"/usr/sbin/vsftpd", configuration, NULL};
	server_spawn(server, argv);
	server_await(server);
}

void server_start_pyftpdlib(struct server *server, const char *password, bool ipv6)
{
	const char *source = getenv("srcdir");
	char script[SERVER_PATH_MAX];
	char port[8];

	snprintf(script, sizeof script, "%s/tests/servers/pyftpdlib_server.py",
		 source ? source : ".");
	snprintf(port, sizeof port, "%u", server->port);
	server_write(server, "commands", "%s", "");
	const char *const argv[] = {"/usr/bin/python3", script, ipv6 ? "::1" : "127.0.0.1", port,
				    server->root,	server->folder, password ? password : "",
				    NULL};
	server_spawn(server, argv);
	server_await(server);
}

void server_start_nginx(struct server *server, bool tls, const char *extra)
{
	char configuration[SERVER_PATH_MAX];

	server_write(server, "nginx.conf",
		     "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\n"
		     "events { worker_connections 256; }\n"
		     "http {\naccess_log access.log;\nclient_body_temp_path tmp;\n"
		     "proxy_temp_path tmp;\nfastcgi_temp_path tmp;\nuwsgi_temp_path tmp;\n"
		     "scgi_temp_path tmp;\ndefault_type application/octet-stream;\n"
		     "server {\nlisten 127.0.0.1:%u%s;\nroot %s;\n%s%s\n}\n}\n",
		     server->port, tls ? " ssl" : "", server->root,
		     tls ? "ssl_certificate cert.pem;\nssl_certificate_key key.pem;\n" : "",
		     extra ? extra : "");
	snprintf(configuration, sizeof configuration, "%s/nginx.conf", server->folder);
	const char *const argv[] = {"/usr/sbin/nginx", "-e", "error.log", "-p", server->folder,
				    "-c", configuration, NULL};
	server_spawn(server, argv);
	server_await(server);
}

/* UDP has no accept: ask for a file that is not there until an answer comes. */
static void await_tftp(const struct server *server)
{
	static const char question[] = "\0\1no such file\0octet";
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd answer = {.fd = fd, .events = POLLIN};

	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < AWAIT_STEPS; i++) {
		(void)sendto(fd, question, sizeof question, 0, (struct sockaddr *)&address,
			     sizeof address);
		if (poll(&answer, 1, AWAIT_STEP_MS) == 1 && (answer.revents & POLLIN)) {
			close(fd);
			return;
		}
		assert_running(server);
	}
	ck_abort_msg("no TFTP answer on port %u", server->port);
}

void server_start_tftpd(struct server *server)
{
	char address[32];

	snprintf(address, sizeof address, "127.0.0.1:%u", server->port);
	const char *const argv[] = {"/usr/sbin/in.tftpd", "-L", "--ipv4", "--secure", "--address",
				    address, "--user", "nobody", server->root, NULL};
	server_spawn(server, argv);
	await_tftp(server);
}

void server_start_sshd(struct server *server, const char *configuration)
{
	char file[SERVER_PATH_MAX];

	/* Its place for the unprivileged half, which the package makes at boot only. */
	ck_assert(mkdir("/run/sshd", 0755) == 0 || errno == EEXIST || geteuid() != 0);
	server_write(server, "sshd_config",
		     "Port %u\nListenAddress 127.0.0.1\nPidFile none\nStrictModes no\n"
		     "UsePAM no\nSubsystem sftp internal-sftp\n%s\n",
		     server->port, configuration);
	snprintf(file, sizeof file, "%s/sshd_config", server->folder);
	const char *const argv[] = {"/usr/sbin/sshd", "-D", "-e", "-f", file, NULL};
	server_spawn(server, argv);
	server_await(server);
}

void server_start_rsyslogd(struct server *server, const char *configuration)
{
	char file[SERVER_PATH_MAX];
	char pid[SERVER_PATH_MAX];

	server_write(server, "rsyslog.conf", "%s", configuration);
	snprintf(file, sizeof file, "%s/rsyslog.conf", server->folder);
	snprintf(pid, sizeof pid, "%s/pid", server->folder);
	const char *const argv[] = {"/usr/sbin/rsyslogd", "-n", "-f", file, "-i", pid, NULL};
	server_spawn(server, argv);
	server_await(server);
}

/* Debian lets it not in beside rsyslog: scripts/dependencies unpacks it here. */
#define SYSLOG_NG "/usr/local/lib/pumpwatch-check/syslog-ng-core/usr"

/* The folder of its modules has its version for a name. */
static void find_syslog_ng_modules(char ret_path[static SERVER_PATH_MAX])
{
	glob_t found;

	ck_assert_msg(glob(SYSLOG_NG "/lib/syslog-ng/[0-9]*", GLOB_ONLYDIR, NULL, &found) == 0,
		      "no syslog-ng in " SYSLOG_NG ": scripts/dependencies check puts it there");
	snprintf(ret_path, SERVER_PATH_MAX, "%s", found.gl_pathv[0]);
	globfree(&found);
}

void server_start_syslog_ng(struct server *server, const char *configuration)
{
	char modules[SERVER_PATH_MAX];
	char file[SERVER_PATH_MAX];
	char persist[SERVER_PATH_MAX];
	char pid[SERVER_PATH_MAX];
	char control[SERVER_PATH_MAX];

	find_syslog_ng_modules(modules);
	server_write(server, "syslog-ng.conf",
		     "@version: current\n@define folder \"%s\"\n@define port \"%u\"\n%s\n",
		     server->folder, server->port, configuration);
	snprintf(file, sizeof file, "%s/syslog-ng.conf", server->folder);
	snprintf(persist, sizeof persist, "%s/persist", server->folder);
	snprintf(pid, sizeof pid, "%s/pid", server->folder);
	snprintf(control, sizeof control, "%s/control", server->folder);
	/* env becomes syslog-ng, so that the pid stays. */
	const char *const argv[] = {"/usr/bin/env", "LD_LIBRARY_PATH=" SYSLOG_NG "/lib/syslog-ng",
				    SYSLOG_NG "/sbin/syslog-ng", "-F", "--no-caps",
				    "--module-path", modules, "-f", file, "--persist-file", persist,
				    "--pidfile", pid, "--control", control, NULL};
	server_spawn(server, argv);
	server_await(server);
}
