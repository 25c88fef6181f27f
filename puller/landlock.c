#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include <linux/landlock.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "puller/sandbox.h"

/* Newer than some headers (Linux uapi landlock.h). */
struct ruleset {
	uint64_t files;	   /* handled_access_fs */
	uint64_t network;  /* handled_access_net, from version 4 */
	uint64_t scoped;   /* from version 6 */
};
#define RULESET_SIZE_1 offsetof(struct ruleset, network)
#define RULESET_SIZE_4 offsetof(struct ruleset, scoped)
#define SCOPE_ABSTRACT_SOCKETS (UINT64_C(1) << 0)
#define SCOPE_SIGNALS (UINT64_C(1) << 1)

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Every kind of access to files that a version knows; they are numbered from 0. */
static uint64_t all_access(long abi)
{
	static const unsigned bits[] = {0, 13, 14, 15, 15, 16};
	size_t last = sizeof bits / sizeof *bits - 1;

	return (UINT64_C(1) << bits[(size_t)abi < last ? (size_t)abi : last]) - 1;
}

static int make_ruleset(long abi)
{
	struct ruleset ruleset = {
		.files = all_access(abi),
		.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS,
	};
	size_t size = abi >= 6 ? sizeof ruleset : abi >= 4 ? RULESET_SIZE_4 : RULESET_SIZE_1;

	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
}

/* Allow reading beneath path. What does not exist needs no rule: it cannot be read. */
static int allow_reading(int ruleset, const char *path)
{
	CLEANUP(cleanup_close) int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr beneath = {.allowed_access = READING, .parent_fd = fd};

	if (fd < 0)
		return 0;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0)
		return 0;
	beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE; /* it may be no folder */
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
}

static int add_rules(int ruleset, const struct sandbox_plan *plan)
{
	/* Where glibc keeps what it needs to look up a name, and the modules that do it. A rule
	 * holds for the file that is there now: resolv.conf is replaced at any time, hence /etc. */
	static const char *const of_names[] = {
		"/etc", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share", "/usr/etc",
		"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/connman",
		"/run/nscd", "/var/run/nscd", "/var/lib/sss", "/var/lib/extrausers",
	};

	if (plan->mode == SANDBOX_FILE)
		return allow_reading(ruleset, plan->root);
	if (plan->mode == SANDBOX_NAMES)
		for (size_t i = 0; i < sizeof of_names / sizeof *of_names; i++)
			if (allow_reading(ruleset, of_names[i]) < 0)
				return -1;
	return 0;
}

int sandbox_landlock(const struct sandbox_plan *plan, struct error *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi <= 0)
		return 0; /* not built in, or switched off at boot */
	CLEANUP(cleanup_close) int ruleset = make_ruleset(abi);
	if (ruleset < 0 || add_rules(ruleset, plan) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return error_set(e, ERROR_INTERNAL, "cannot give up files by Landlock %ld: %s", abi,
				 strerrordesc_np(errno));
	return (int)abi;
}
