#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "puller/sandbox.h"

#include "puller/resolver.h"

enum {
	HOST_SIZE = 256,
	ADDRESS_SIZE = 64,
	THREADS = 8, /* one slow name server must not hold up every name */
	WAIT_MS = 30000,
	LOOK_MS = 250, /* how long a cancel may go unseen */
};

/* Both ways: the answer repeats the number. An empty address: not found. */
struct question {
	uint64_t number;
	char host[HOST_SIZE];
};
struct answer {
	uint64_t number;
	char address[ADDRESS_SIZE];
};

/* ---- the process that looks up ---- */

static bool look_up(const char *host, char ret_address[static ADDRESS_SIZE])
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	bool named = getnameinfo(found->ai_addr, found->ai_addrlen, ret_address, ADDRESS_SIZE, NULL,
				 0, NI_NUMERICHOST) == 0;
	freeaddrinfo(found);
	return named;
}

static _Noreturn void *answer_questions(void *userdata)
{
	int fd = *(const int *)userdata;
	struct question question;

	for (;;) {
		ssize_t length = recv(fd, &question, sizeof question, 0);
		if (length != sizeof question || !memchr(question.host, '\0', HOST_SIZE))
			_exit(EXIT_SUCCESS);
		struct answer answer = {.number = question.number};
		if (!look_up(question.host, answer.address))
			answer.address[0] = '\0';
		if (send(fd, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
			_exit(EXIT_SUCCESS);
	}
}

static _Noreturn void serve(int fd)
{
	const struct sandbox_plan plan = {.mode = SANDBOX_NAMES, .visits = THREADS};
	struct pollfd puller = {.fd = fd};
	struct sandbox_state state;
	struct error e;
	pthread_t thread;

	(void)prctl(PR_SET_NAME, "pumpwatch-names"); /* only for people who look */
	if (sandbox_enter(&state, &plan, &e) < 0) {
		fprintf(stderr, "pumpwatch-puller: resolver: %s\n", e.text);
		_exit(ERROR_INTERNAL);
	}
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, answer_questions, &fd) != 0)
			_exit(ERROR_INTERNAL);
	/* Ends with the puller, even while every thread waits for a name server. */
	while (poll(&puller, 1, -1) < 0 && errno == EINTR)
		;
	_exit(EXIT_SUCCESS);
}

/* ---- the puller's side ---- */

/* One thread's question, on its stack. */
struct waiting {
	struct answer answer;
	bool answered;
	struct waiting *next;
};

struct resolver {
	int fd;
	pthread_mutex_t mutex; /* of the rest */
	pthread_cond_t answered;
	uint64_t last_number;
	struct waiting *waiting;
};

int resolver_start(struct resolver **ret_resolver, int close_in_child, struct error *e)
{
	CLEANUP(cleanup_free) struct resolver *resolver = calloc(1, sizeof *resolver);
	pthread_condattr_t attributes;
	int pair[2];

	if (!resolver)
		return error_memory(e);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(e, ERROR_UNAVAILABLE, "cannot make a pair of sockets: %s",
				 strerrordesc_np(errno));
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(close_in_child);
		(void)close(pair[0]);
		serve(pair[1]);
	}
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return error_set(e, ERROR_UNAVAILABLE, "cannot start the resolver: %s",
				 strerrordesc_np(errno));
	}
	resolver->fd = pair[0];
	if (pthread_condattr_init(&attributes) != 0 ||
	    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&resolver->answered, &attributes) != 0 ||
	    pthread_mutex_init(&resolver->mutex, NULL) != 0)
		return error_memory(e);
	*ret_resolver = TAKE(resolver);
	return 0;
}

int resolver_fd(const struct resolver *resolver)
{
	return resolver->fd;
}

static bool is_numeric(const char *address)
{
	char plain[ADDRESS_SIZE];
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t length = strcspn(address, "%"); /* before the zone */

	memcpy(plain, address, length);
	plain[length] = '\0';
	return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, plain, bytes) == 1;
}

static bool is_fine(const struct answer *answer)
{
	return memchr(answer->address, '\0', ADDRESS_SIZE) &&
	       (answer->address[0] == '\0' || is_numeric(answer->address));
}

/* Nobody may wait any more for a number: its visit was cancelled. */
static void hand_over(struct resolver *resolver, const struct answer *answer)
{
	(void)pthread_mutex_lock(&resolver->mutex); /* a plain mutex, used rightly */
	for (struct waiting *waiting = resolver->waiting; waiting; waiting = waiting->next) {
		if (waiting->answer.number != answer->number)
			continue;
		waiting->answer = *answer;
		waiting->answered = true;
	}
	(void)pthread_cond_broadcast(&resolver->answered); /* cannot fail */
	(void)pthread_mutex_unlock(&resolver->mutex);
}

bool resolver_take(struct resolver *resolver)
{
	struct answer answer;

	for (;;) {
		ssize_t length = recv(resolver->fd, &answer, sizeof answer, MSG_DONTWAIT);
		if (length < 0)
			return errno == EAGAIN || errno == EINTR;
		if (length != sizeof answer || !is_fine(&answer))
			return false;
		hand_over(resolver, &answer);
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_for_answer(struct resolver *resolver, const struct waiting *waiting,
			    const atomic_bool *cancelled)
{
	int64_t last = now_ms() + WAIT_MS;

	while (!waiting->answered && !atomic_load(cancelled) && now_ms() < last) {
		int64_t next = now_ms() + LOOK_MS;
		const struct timespec until = {.tv_sec = (time_t)(next / 1000),
					       .tv_nsec = (long)(next % 1000) * 1000000};
		/* Every way in which it returns is answered by looking again. */
		(void)pthread_cond_timedwait(&resolver->answered, &resolver->mutex, &until);
	}
}

static void forget(struct resolver *resolver, const struct waiting *waiting)
{
	for (struct waiting **at = &resolver->waiting; *at; at = &(*at)->next) {
		if (*at != waiting)
			continue;
		*at = waiting->next;
		return;
	}
}

int resolver_ask(void *asker, const char *host, char ret_address[static 64])
{
	const struct resolver_asker *asking = asker;
	struct resolver *resolver = asking->resolver;
	struct question question = {0};
	struct waiting waiting = {0};

	if (!resolver || strlen(host) >= sizeof question.host)
		return -1;
	memcpy(question.host, host, strlen(host));
	(void)pthread_mutex_lock(&resolver->mutex);
	question.number = ++resolver->last_number;
	waiting.answer.number = question.number;
	waiting.next = resolver->waiting;
	resolver->waiting = &waiting;
	if (send(resolver->fd, &question, sizeof question, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	    sizeof question)
		wait_for_answer(resolver, &waiting, asking->cancelled);
	forget(resolver, &waiting);
	(void)pthread_mutex_unlock(&resolver->mutex);
	if (!waiting.answered || waiting.answer.address[0] == '\0')
		return -1;
	memcpy(ret_address, waiting.answer.address, sizeof waiting.answer.address);
	return 0;
}
