#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "sink/stream.h"

/* Held by the one who waits and by the thread that looks: the last of them frees it. */
struct sink_lookup {
	atomic_int holders;
	char *host;
	char port[8];
	struct addrinfo hints;
	int done; /* becomes readable when the rest is there … */
	atomic_bool there; /* … which this says in the language's own terms */
	int result;
	int number; /* errno, where the result says to look there */
	struct addrinfo *found;
};

static void let_go(struct sink_lookup *lookup)
{
	if (!lookup || atomic_fetch_sub(&lookup->holders, 1) > 1)
		return;
	if (lookup->found)
		freeaddrinfo(lookup->found);
	cleanup_close(&lookup->done);
	free(lookup->host);
	free(lookup);
}

void sink_lookup_abandon(struct sink_lookup *lookup)
{
	let_go(lookup);
}

static void *look(void *userdata)
{
	struct sink_lookup *lookup = userdata;

	lookup->result = getaddrinfo(lookup->host, lookup->port, &lookup->hints, &lookup->found);
	lookup->number = errno;
	atomic_store(&lookup->there, true);
	(void)eventfd_write(lookup->done, 1); /* cannot fail: it is the first */
	let_go(lookup);
	return NULL;
}

/* Signals are for the program's own threads. */
static int start_thread(struct sink_lookup *lookup)
{
	pthread_attr_t detached;
	pthread_t thread;
	sigset_t all;
	sigset_t before;

	if (pthread_attr_init(&detached) != 0)
		return -ENOMEM;
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED); /* a valid value */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int number = pthread_create(&thread, &detached, look, lookup);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&detached);
	return -number;
}

static struct sink_lookup *lookup_new(const struct sink_peer *peer)
{
	struct sink_lookup *lookup = calloc(1, sizeof *lookup);

	if (!lookup)
		return NULL;
	atomic_init(&lookup->holders, 1);
	atomic_init(&lookup->there, false);
	lookup->hints.ai_socktype = peer->carrier == SINK_UDP ? SOCK_DGRAM : SOCK_STREAM;
	lookup->hints.ai_flags = AI_NUMERICSERV;
	(void)snprintf(lookup->port, sizeof lookup->port, "%u", peer->port);
	lookup->host = strdup(peer->host);
	lookup->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lookup->host && lookup->done >= 0) {
		atomic_fetch_add(&lookup->holders, 1); /* the thread's */
		if (start_thread(lookup) == 0)
			return lookup;
		atomic_fetch_sub(&lookup->holders, 1);
	}
	let_go(lookup);
	return NULL;
}

static int say_failure(const struct sink_lookup *lookup, struct error *e)
{
	const char *why = lookup->result == EAI_SYSTEM ? strerrordesc_np(lookup->number)
						       : gai_strerror(lookup->result);

	return error_set(e, ERROR_UNAVAILABLE,
			 "the name %s cannot be resolved (%s): is it right, and do the name servers of this host answer?",
			 lookup->host, why);
}

int sink_lookup(struct sink_stream *stream, int64_t until, struct addrinfo **ret_found, struct error *e)
{
	struct sink_lookup *lookup = TAKE(stream->lookup);

	if (!lookup)
		lookup = lookup_new(&stream->peer);
	if (!lookup)
		return error_memory(e);
	enum sink_wait waited = sink_wait(lookup->done, POLLIN, stream->cancel, until);
	if (waited == SINK_CANCELLED) {
		let_go(lookup);
		return sink_wait_failed(waited, "looking the name up", 0, e);
	}
	if (waited == SINK_TIMED_OUT || !atomic_load(&lookup->there)) {
		stream->lookup = lookup;
		return error_set(e, ERROR_UNAVAILABLE,
				 "the name %s is not resolved in time: do the name servers of this host answer?",
				 lookup->host);
	}
	int r = 0;
	if (lookup->result == 0)
		*ret_found = TAKE(lookup->found);
	else
		r = say_failure(lookup, e);
	let_go(lookup);
	return r;
}
