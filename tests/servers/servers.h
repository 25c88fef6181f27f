#pragma once
/* Real servers for tests: each on a free port of 127.0.0.1, with a temporary folder of its
 * own that is removed at the end, ended by its pid. A server that cannot be started fails the
 * test (ck_abort): scripts/check installs what is needed. Start them in an unchecked fixture
 * when several tests share one; a test that dies takes them along. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SERVER_PATH_MAX = 512 };

struct server {
	pid_t pid;
	uint16_t port;
	char folder[SERVER_PATH_MAX / 2]; /* temporary: configuration, keys, logs */
	char root[SERVER_PATH_MAX];	  /* folder/root: what is served */
};

/* ---- a server's folder ---- */

/* Make the folder and the root, and pick a port that nobody listens on. */
void server_prepare(struct server *server);

/* Write a file below the folder (server_write) or below the root (server_put); folders on
 * the way are made. */
void server_write(const struct server *server, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void server_put(const struct server *server, const char *path, const void *bytes, size_t length);

/* Fill a file below the root with length bytes that only depend on seed. */
void server_put_pattern(const struct server *server, const char *path, size_t length,
			unsigned seed);

/* What a file below the folder holds; the caller frees it. NULL when there is none. */
char *server_read(const struct server *server, const char *path);

/* The same of a file that is written to: waits until it has so many lines, and fails when there
 * are not just these. */
char *server_await_lines(const struct server *server, const char *path, size_t lines);

/* A self-signed certificate for name in folder/cert.pem with folder/key.pem, and its pin
 * ("sha256//…") as the openssl command computes it. */
void server_make_certificate(const struct server *server, const char *name,
			     char ret_pin[static 128]);

/* A CA in folder/ca.pem, and a certificate for name (as DNS or, when numeric, IP) that it
 * vouches for, in folder/cert.pem with folder/key.pem. */
void server_make_authority(const struct server *server, const char *name,
			   char ret_pin[static 128]);

/* Run a command line in the folder; it must succeed. */
void server_shell(const struct server *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- starting and ending ---- */

/* Start a program (output goes to folder/output) that stays in the foreground. */
void server_spawn(struct server *server, const char *const argv[]);

/* Wait until the port accepts a TCP connection. */
void server_await(const struct server *server);

/* Stop the program in its tracks until SIGCONT; returns when it stands still. */
void server_stall(const struct server *server);

/* End the program and remove the folder. Fine for a server that was never started. */
void server_stop(struct server *server);

/* ---- the servers; each after server_prepare() ---- */

enum server_tls { SERVER_PLAIN, SERVER_TLS_EXPLICIT, SERVER_TLS_IMPLICIT };

/* vsftpd for the user anonymous. Has LIST and NLST, no MLSD. */
struct server_vsftpd {
	enum server_tls tls;	    /* the certificate must have been made */
	const char *password;	    /* the only one that is let in; NULL: any */
	const char *extra;	    /* more lines of configuration, or NULL */
};
void server_start_vsftpd(struct server *server, const struct server_vsftpd *options);

/* pyftpdlib for the user "tech" with the password given, or anonymous where NULL. Has MLSD;
 * logs every command into folder/commands. */
void server_start_pyftpdlib(struct server *server, const char *password, bool ipv6);

/* nginx over the root; extra are lines inside its server block, or NULL. */
void server_start_nginx(struct server *server, bool tls, const char *extra);

/* The root over TFTP (UDP). */
void server_start_tftpd(struct server *server);

/* OpenSSH with internal-sftp; host keys and all else are lines of its configuration, in
 * which paths are absolute. Port, address, pid file and the subsystem are written here. */
void server_start_sshd(struct server *server, const char *configuration);

/* rsyslogd with a configuration, in which paths are absolute and the last input that it opens
 * listens on the port. Modules of TLS and RELP are installed. */
void server_start_rsyslogd(struct server *server, const char *configuration);

/* syslog-ng with a configuration in its own language, without @version: `folder` and `port` (in
 * backquotes) stand for the server's. A source must listen on the port. */
void server_start_syslog_ng(struct server *server, const char *configuration);
