#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "file/file.h"
#include "pull/pull.h"
#include "setup/setup.h"
#include "store/store.h"
#include "trust/trust.h"

enum { CONFIG_BYTES_MAX = 1024 * 1024 };

static int64_t system_now(void *userdata)
{
	struct timespec now;

	(void)userdata;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

/* Absolute: relative paths in the file are meant from its folder, and messages name it. */
static char *choose_path(const char *path)
{
	const char *chosen = path ? path : getenv("PUMPWATCH_CONFIG");
	CLEANUP(cleanup_free) char *here = NULL;
	char *whole = NULL;

	if (!chosen)
		chosen = PUMPWATCH_CONF;
	if (*chosen == '/' || !(here = getcwd(NULL, 0)))
		return strdup(chosen);
	return asprintf(&whole, "%s/%s", here, chosen) < 0 ? NULL : whole;
}

static int load_config(struct setup *setup, char ret_sha256[static DIGEST_SHA256_HEX + 1], struct error *e)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (file_read(&text, setup->path, CONFIG_BYTES_MAX, ERROR_CONFIG, e) < 0)
		return -1;
	if (digest_sha256_hex(ret_sha256, text.data ? text.data : "", text.length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	return config_parse(&setup->config, setup->path, text.data ? text.data : "", text.length, e);
}

/* The digest of the file of signers, which a set-up without signatures may lack. */
static void hash_signers(const struct config *config, char ret_sha256[static DIGEST_SHA256_HEX + 1])
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (file_read(&text, config->signers, TRUST_SIGNERS_BYTES_MAX, ERROR_CONFIG, NULL) < 0 ||
	    digest_sha256_hex(ret_sha256, text.data ? text.data : "", text.length) < 0)
		memcpy(ret_sha256, "none", sizeof "none");
}

/* localtime_r() takes a zone that the host does not know for UTC without a word, and the windows
 * would open at the wrong time of day. */
static int check_timezone(const struct setup *setup, struct error *e)
{
	const char *zone = setup->config.timezone;
	char path[128];

	(void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone ? zone : ""); /* fits: the form is checked */
	if (!zone || access(path, R_OK) == 0)
		return 0;
	return error_set(e, ERROR_CONFIG,
			 "%s: [sweep] timezone = %s: this host has no such time zone (%s): correct the name, or "
			 "install tzdata", setup->path, zone, path);
}

int setup_use_timezone(const struct setup *setup, const char *otherwise, struct error *e)
{
	const char *zone = setup->config.timezone ? setup->config.timezone : otherwise;
	int r = zone ? setenv("TZ", zone, 1) : unsetenv("TZ");

	tzset();
	return r < 0 ? error_memory(e) : 0;
}

int setup_load(struct setup *ret_setup, const char *path, struct error *e)
{
	CLEANUP(setup_clear) struct setup setup = {.clock = {.now = system_now}};
	char sha256[DIGEST_SHA256_HEX + 1], signers[DIGEST_SHA256_HEX + 1];

	setup.path = choose_path(path);
	if (!setup.path)
		return error_memory(e);
	if (load_config(&setup, sha256, e) < 0 || sweep_models_load(&setup.models, setup.config.models, e) < 0 ||
	    check_timezone(&setup, e) < 0)
		return -1;
	hash_signers(&setup.config, signers);
	if (asprintf(&setup.loaded, "configuration %s, signers %s, profiles %s", sha256, signers,
		     setup.models.sha256) < 0) {
		setup.loaded = NULL; /* asprintf leaves it undefined */
		return error_memory(e);
	}
	if (gethostname(setup.host, sizeof setup.host - 1) < 0)
		strcpy(setup.host, "localhost");
	sweep_owner_write(setup.owner, setup.host, system_now(NULL));
	*ret_setup = setup;
	ret_setup->credentials.given = getenv("CREDENTIALS_DIRECTORY");
	ret_setup->credentials.configured = ret_setup->config.credentials;
	setup = (struct setup){0};
	return 0;
}

void setup_clear(struct setup *setup)
{
	free(setup->path);
	free(setup->loaded);
	config_clear(&setup->config);
	sweep_models_clear(&setup->models);
	*setup = (struct setup){0};
}

int setup_record_load(const struct setup *setup, struct store *store, const char *by, bool always,
		      struct error *e)
{
	const struct store_actor actor = {.by = by, .at = system_now(NULL)};
	CLEANUP(store_acts_clear) struct store_acts last = {0};
	struct error fault;

	/* A record that was damaged is for the audit to find, and no reason to do nothing more. */
	if (!always && store_acts_list(store, setup->path, 1, &last, &fault) < 0 && fault.code != ERROR_DATA)
		return error_set(e, fault.code, "%s", fault.text);
	if (last.count > 0 && last.items[0].detail && strcmp(last.items[0].detail, setup->loaded) == 0)
		return 0;
	return store_act_add(store, &actor, "configuration load", setup->path, setup->loaded, e);
}

/* A service that may not touch the clock may not ask it either: then timesyncd's word counts. */
static bool clock_is_synced(void)
{
	struct timex state = {0};

	return (adjtimex(&state) >= 0 && !(state.status & STA_UNSYNC)) ||
	       access("/run/systemd/timesync/synchronized", F_OK) == 0;
}

struct alert_frame setup_frame(const struct setup *setup)
{
	return (struct alert_frame){
		.sd_id = setup->config.sd_id,
		.host = setup->host,
		.process = (int)getpid(),
		.clock_synced = clock_is_synced(),
	};
}

int setup_lock_outbox(const struct setup *setup, int *ret_fd, struct error *e)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (asprintf(&path, "%s/outbox.lock", setup->config.state) < 0) {
		path = NULL; /* asprintf leaves it undefined */
		return error_memory(e);
	}
	return file_lock(path, ret_fd, e);
}

int setup_start_pool(struct pull_pool **ret_pool, const struct setup *setup, struct sd_event *event,
		     struct error *e)
{
	const struct pull_options options = {
		.program = setup->config.puller,
		.ca_file = setup->config.ca_file,
		.pullers = setup->config.pullers,
		.visits = setup->config.visits,
		.clock = setup->clock,
	};

	return pull_pool_new(ret_pool, event, &options, e);
}
