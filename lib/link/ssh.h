#pragma once
/* What the files of the SFTP link share: one SSH session that never blocks. libssh's own SFTP
 * calls wait without end for a silent peer, so the session is kept in its non-blocking mode,
 * every wait is ours (link_ssh_wait, link_ssh_receive), and SFTP is spoken by sftp.c. */
#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include "base/text.h"

#include "link/internal.h"
#include "link/sftp.h"

struct link_ssh {
	struct link *link;
	ssh_session session; /* has a descriptor of its own, and closes it when it likes */
	int fd;		     /* ours for the same socket: to wait on and to shut down */
	ssh_channel channel; /* the session's */
	struct ssh_channel_callbacks_struct callbacks;
	struct ssh_counter_struct counter; /* what came and went through the socket */
	struct ssh_counter_struct packets; /* what was packed and unpacked */
	uint64_t heard_bytes;
	int64_t heard_at; /* when a byte last came */
	bool logged_in;
	bool usable;
	struct link_seen seen;
	uint32_t last_id;
	struct text outgoing; /* requests that the peer's window did not let out yet */
	uint8_t *packet;      /* the answer that was received last */
	size_t capacity;
};

/* ---- which algorithms (ssh_algorithms.c) ---- */

/* Kinds of host keys: what is asked for decides which of its keys a server shows. */
enum link_ssh_family {
	LINK_SSH_ED25519 = 1,
	LINK_SSH_ECDSA = 2,
	LINK_SSH_RSA = 4,
	LINK_SSH_RSA_SHA1 = 8, /* the same keys, signing with SHA-1: legacy */
	LINK_SSH_MODERN = LINK_SSH_ED25519 | LINK_SSH_ECDSA | LINK_SSH_RSA,
};

/* Returns 0, or -1 when none of a list is to be had here. */
int link_ssh_set_algorithms(ssh_session session, unsigned families, bool legacy);

/* The family of a key; 0 for one that is not asked for. */
unsigned link_ssh_family_of(ssh_key key);

/* Whether a key is RSA of fewer than 2,048 bits. */
bool link_ssh_key_is_short(ssh_key key);

/* Whether what was negotiated is on the legacy lists. */
bool link_ssh_is_weak(ssh_session session);

/* ---- the session (ssh_session.c) ---- */

/* Connect and exchange keys, offering these families. On anything but VISIT_OK,
 * ret_no_host_key says that the peer has no host key of the families. A peer that hangs up so
 * that its reason cannot be read is asked once more. */
struct link_result link_ssh_connect(struct link_ssh *ssh, unsigned families,
				    bool *ret_no_host_key);

/* End the connection at once; link_ssh_connect() may follow. */
void link_ssh_disconnect(struct link_ssh *ssh);

/* After SSH_AGAIN: wait until the socket has something for libssh. */
struct link_result link_ssh_wait(struct link_ssh *ssh);

/* Look at the cancel, the visit's end, the silence and the flood. */
struct link_result link_ssh_pulse(struct link_ssh *ssh);

/* The connection is gone: words for where we were. */
struct link_result link_ssh_lost(struct link_ssh *ssh);

/* ---- logging in (ssh_login.c) ---- */

/* Make the private key of the secret, if it has one. */
struct link_result link_ssh_load_key(const struct visit_secret *secret, ssh_key *ret_key);

/* Log in by what the secret gives; a refused login is not tried in another way. */
struct link_result link_ssh_log_in(struct link_ssh *ssh, ssh_key key);

/* ---- SFTP over a channel (ssh_exchange.c) ---- */

struct link_result link_ssh_open_channel(struct link_ssh *ssh);

/* The id for the next request, to be added to ssh->outgoing. */
uint32_t link_ssh_next_id(struct link_ssh *ssh);

/* Send what is outgoing, as far as the peer lets it, and receive one answer. What it lends
 * lives until the next call. */
struct link_result link_ssh_receive(struct link_ssh *ssh, struct link_sftp_answer *ret_answer);

/* The same for the only answer outstanding, which must be of this type or a status. */
struct link_result link_ssh_receive_for(struct link_ssh *ssh, uint32_t id,
					enum link_sftp_type type,
					struct link_sftp_answer *ret_answer);

/* What the peer sent makes no sense: the connection is of no more use. */
struct link_result link_ssh_nonsense(struct link_ssh *ssh, const char *what);

/* The outcome of a request for path that was answered with a status. */
struct link_result link_ssh_failed_status(uint32_t status, const char *path);

/* The path on the device; the caller frees it. NULL without memory. */
char *link_ssh_path(const struct link_ssh *ssh, const char *path);

/* ---- what a visit asks (ssh_list.c, ssh_read.c) ---- */

struct link_result link_ssh_list(struct link *link, const char *folder,
				 struct listing *ret_listing);
struct link_result link_ssh_stat(struct link *link, const char *path,
				 struct listing_entry *ret_entry);
struct link_result link_ssh_read(struct link *link, const char *path, int64_t expected,
				 link_on_bytes *on_bytes, void *userdata,
				 struct link_read *ret_read);
