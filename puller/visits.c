#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "digest/digest.h"
#include "puller/channel.h"
#include "puller/walk.h"

#include "puller/visits.h"

enum {
	STACK_SIZE = 1024 * 1024,
	PAUSE_MS = 1000, /* before a lost connection is opened again */
};
#define PROGRESS_EVERY (TIME_SECOND / 2)

enum slot_state { SLOT_FREE, SLOT_GATHERING, SLOT_READY, SLOT_RUNNING };

/* One thread and its visit. While it gathers the main thread owns it, while it runs its own
 * thread; the mutex guards the rest. */
struct slot {
	struct visits *visits;
	pthread_t thread;
	pthread_cond_t ready;
	enum slot_state state;
	uint64_t visit;
	struct visit_order order;
	struct visit_secret secret;
	atomic_bool cancelled;
	struct digest *digest;
	int64_t progress_at;
	int lost; /* an observation that could not be sent: then the report is worth nothing */
};

struct visits {
	struct visits_options options;
	pthread_mutex_t mutex;
	struct slot slots[];
};

/* ---- in a slot's thread ---- */

static int64_t now(const struct visits *visits)
{
	return visits->options.clock.now(visits->options.clock.userdata);
}

/* Returns what must not be ignored: the message could not be made. */
static int send_or_end(const struct wire_message *message)
{
	int r = channel_send(message);

	if (r == -EPIPE)
		_exit(EXIT_SUCCESS); /* nobody is left to tell */
	return r;
}

static void send_observation(void *userdata, const struct visit_observation *observation)
{
	struct slot *slot = userdata;
	const struct wire_message message = {.type = WIRE_OBSERVATION,
					     .visit = slot->visit,
					     .observation = *observation};
	int r = send_or_end(&message);

	if (slot->lost == 0)
		slot->lost = r;
}

static void send_progress(void *userdata, uint64_t bytes, uint32_t files)
{
	struct slot *slot = userdata;
	const struct wire_message message = {.type = WIRE_PROGRESS,
					     .visit = slot->visit,
					     .progress = {.bytes = bytes, .files = files}};

	if (now(slot->visits) < slot->progress_at)
		return;
	slot->progress_at = now(slot->visits) + PROGRESS_EVERY;
	(void)send_or_end(&message); /* the next one tells as much */
}

static void make_visit(struct slot *slot, struct visit_report *ret_report)
{
	struct visits *visits = slot->visits;
	struct resolver_asker asker = {visits->options.resolver, &slot->cancelled};
	const struct walk_environment environment = {
		.session = {
			.link = {
				.order = &slot->order,
				.secret = &slot->secret,
				.resolve = resolver_ask,
				.resolve_userdata = &asker,
				.cancelled = &slot->cancelled,
				.deadline_at = now(visits) +
					       slot->order.limits.total_seconds * TIME_SECOND,
			},
			.clock = visits->options.clock,
			.pause_ms = PAUSE_MS,
		},
		.digest = slot->digest,
		.on_observation = send_observation,
		.on_progress = send_progress,
		.userdata = slot,
	};

	slot->lost = 0;
	slot->progress_at = now(visits) + PROGRESS_EVERY;
	walk_run(ret_report, &environment);
	if (slot->lost != 0) {
		ret_report->outcome = VISIT_PULLER_FAILED;
		(void)snprintf(ret_report->detail, sizeof ret_report->detail,
			       "an observation could not be sent: %s", strerrordesc_np(-slot->lost));
	}
}

static void clear(struct slot *slot)
{
	visit_secret_clear(&slot->secret);
	visit_order_clear(&slot->order);
}

/* The parent may send the next order as soon as it has the report: be free before that. */
static void free_and_tell(struct slot *slot, const struct visit_report *report)
{
	const struct wire_message message = {
		.type = WIRE_DONE, .visit = slot->visit, .done = *report};

	clear(slot);
	(void)pthread_mutex_lock(&slot->visits->mutex); /* a plain mutex, used rightly */
	slot->state = SLOT_FREE;
	(void)pthread_mutex_unlock(&slot->visits->mutex);
	if (send_or_end(&message) < 0)
		_exit(ERROR_INTERNAL); /* the parent then says: puller failed */
}

static _Noreturn void *work(void *userdata)
{
	struct slot *slot = userdata;
	struct visits *visits = slot->visits;

	for (;;) {
		struct visit_report report = {0};
		(void)pthread_mutex_lock(&visits->mutex);
		while (slot->state != SLOT_READY)
			(void)pthread_cond_wait(&slot->ready, &visits->mutex);
		slot->state = SLOT_RUNNING;
		(void)pthread_mutex_unlock(&visits->mutex);
		make_visit(slot, &report);
		free_and_tell(slot, &report);
	}
}

/* ---- in the main thread ---- */

static int start_slot(struct visits *visits, struct slot *slot)
{
	pthread_attr_t attributes;

	slot->visits = visits;
	slot->digest = digest_new(visits->options.engine);
	if (!slot->digest)
		return ENOMEM;
	int r = pthread_cond_init(&slot->ready, NULL);
	if (r == 0)
		r = pthread_attr_init(&attributes);
	if (r != 0)
		return r;
	r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (r == 0)
		r = pthread_create(&slot->thread, &attributes, work, slot);
	(void)pthread_attr_destroy(&attributes); /* cannot fail */
	return r;
}

int visits_new(struct visits **ret_visits, const struct visits_options *options, struct error *e)
{
	struct visits *visits =
		calloc(1, sizeof *visits + options->threads * sizeof visits->slots[0]);

	if (!visits)
		return error_memory(e);
	visits->options = *options;
	int r = pthread_mutex_init(&visits->mutex, NULL);
	for (unsigned i = 0; r == 0 && i < options->threads; i++)
		r = start_slot(visits, &visits->slots[i]);
	if (r != 0) /* threads may run already: the caller ends the process */
		return error_set(e, ERROR_UNAVAILABLE, "cannot start %u threads: %s",
				 options->threads, strerrordesc_np(r));
	*ret_visits = visits;
	return 0;
}

/* The slot in use for a visit; visit 0: one that is free. NULL: none. */
static struct slot *find(struct visits *visits, uint64_t visit)
{
	struct slot *found = NULL;

	(void)pthread_mutex_lock(&visits->mutex);
	for (unsigned i = 0; i < visits->options.threads && !found; i++) {
		struct slot *slot = &visits->slots[i];
		bool is_free = slot->state == SLOT_FREE;
		if (visit == 0 ? is_free : !is_free && slot->visit == visit)
			found = slot;
	}
	(void)pthread_mutex_unlock(&visits->mutex);
	return found;
}

static int begin(struct visits *visits, struct wire_message *message, struct visit_secret *secret)
{
	struct slot *slot = find(visits, 0);

	if (!slot || find(visits, message->visit))
		return -1;
	slot->visit = message->visit;
	slot->order = message->order;
	slot->secret = *secret;
	message->order = (struct visit_order){0};
	*secret = (struct visit_secret){0};
	atomic_store(&slot->cancelled, false);
	(void)pthread_mutex_lock(&visits->mutex);
	slot->state = SLOT_GATHERING;
	(void)pthread_mutex_unlock(&visits->mutex);
	return 0;
}

/* Add a selector or a name to an order. */
static int gather(struct slot *slot, struct wire_message *message)
{
	struct visit_order *order = &slot->order;
	size_t count = order->selector_count + order->names.count + order->only.count;

	if (count >= WIRE_NAMES_MAX)
		return -1;
	if (message->type == WIRE_NAME)
		return visit_paths_add(message->name.only ? &order->only : &order->names,
				       message->name.path);
	if (ARRAY_APPEND(order->selectors, order->selector_count, message->selector) < 0)
		return -1;
	message->selector.pattern = NULL; /* taken */
	return 0;
}

static void start(struct slot *slot)
{
	(void)pthread_mutex_lock(&slot->visits->mutex);
	slot->state = SLOT_READY;
	(void)pthread_cond_signal(&slot->ready); /* cannot fail */
	(void)pthread_mutex_unlock(&slot->visits->mutex);
}

static bool is_gathering(struct slot *slot)
{
	if (!slot)
		return false;
	(void)pthread_mutex_lock(&slot->visits->mutex);
	bool gathering = slot->state == SLOT_GATHERING;
	(void)pthread_mutex_unlock(&slot->visits->mutex);
	return gathering;
}

static int act(struct visits *visits, struct wire_message *message, struct visit_secret *secret)
{
	static const struct wire_message alive = {.type = WIRE_ALIVE};
	struct slot *slot = message->visit ? find(visits, message->visit) : NULL;

	switch (message->type) {
	case WIRE_ORDER:
		return begin(visits, message, secret);
	case WIRE_SELECTOR:
	case WIRE_NAME:
		return is_gathering(slot) ? gather(slot, message) : -1;
	case WIRE_GO:
		if (!is_gathering(slot))
			return -1;
		start(slot);
		return 0;
	case WIRE_CANCEL:
		if (slot) /* else it is done, and the report is on its way */
			atomic_store(&slot->cancelled, true);
		return 0;
	case WIRE_ALIVE:
		return send_or_end(&alive);
	default:
		return -1;
	}
}

int visits_take(struct visits *visits, struct wire_message *message, struct visit_secret *secret)
{
	int r = act(visits, message, secret);

	visit_secret_clear(secret);
	wire_message_clear(message);
	return r;
}
