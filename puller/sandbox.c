#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/error.h"

#include "puller/sandbox.h"

enum {
	FDS_BASE = 64,
	FDS_PER_VISIT = 16,
	MEMORY_BASE_MIB = 640, /* a peer can make libssh ask for 256 MiB by one length */
	MEMORY_PER_VISIT_MIB = 4,
	ADDRESSES_BASE_MIB = 4096,
	ADDRESSES_PER_VISIT_MIB = 16,
};

/* Lower both limits, as far as the present ones allow. */
static int lower(int resource, const char *name, rlim_t value, struct error *e)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return error_set(e, ERROR_INTERNAL, "cannot read the limit %s: %s", name,
				 strerrordesc_np(errno));
	if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max)
		value = limit.rlim_max;
	limit = (struct rlimit){.rlim_cur = value, .rlim_max = value};
	if (setrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return error_set(e, ERROR_INTERNAL, "cannot set the limit %s: %s", name,
				 strerrordesc_np(errno));
	return 0;
}

/* The sanitizers reserve terabytes of addresses, and write reports where stderr goes. */
#ifdef PUMPWATCH_SANITIZED
static int limit_memory_and_writing(const struct sandbox_plan *plan, struct error *e)
{
	(void)plan;
	(void)e;
	return 0;
}
#else
static int limit_memory_and_writing(const struct sandbox_plan *plan, struct error *e)
{
	rlim_t data = MEMORY_BASE_MIB + (rlim_t)MEMORY_PER_VISIT_MIB * plan->visits;
	rlim_t addresses = ADDRESSES_BASE_MIB + (rlim_t)ADDRESSES_PER_VISIT_MIB * plan->visits;

	if (lower(RLIMIT_DATA, "DATA", data << 20, e) < 0 ||
	    lower(RLIMIT_AS, "AS", addresses << 20, e) < 0)
		return -1;
	return lower(RLIMIT_FSIZE, "FSIZE", 0, e);
}
#endif

/* The number of processes is not limited: that limit counts all of the user's, and seccomp
 * allows no process to be started. */
int sandbox_limit(const struct sandbox_plan *plan, struct error *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(e, ERROR_INTERNAL, "cannot give up new privileges: %s",
				 strerrordesc_np(errno));
	if (lower(RLIMIT_CORE, "CORE", 0, e) < 0 ||
	    lower(RLIMIT_NOFILE, "NOFILE", FDS_BASE + (rlim_t)FDS_PER_VISIT * plan->visits, e) < 0)
		return -1;
	return limit_memory_and_writing(plan, e);
}

int sandbox_enter(struct sandbox_state *ret_state, const struct sandbox_plan *plan,
		  struct error *e)
{
	if (sandbox_limit(plan, e) < 0)
		return -1;
	int abi = sandbox_landlock(plan, e);
	if (abi < 0 || sandbox_seccomp(plan, e) < 0)
		return -1;
	*ret_state = (struct sandbox_state){.landlock_abi = abi, .seccomp = true};
	return 0;
}
