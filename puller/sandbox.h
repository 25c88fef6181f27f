#pragma once
/* What a process of the puller gives up before it meets a device: new privileges, files,
 * programs, other processes. Seccomp alone must hold where the kernel has no Landlock, except
 * that reading beneath one folder only (SANDBOX_FILE) takes Landlock. */
#include <stdbool.h>

struct error;

enum sandbox_mode {
	SANDBOX_NETWORK, /* sockets of the Internet, and no file at all */
	SANDBOX_FILE,	 /* reading beneath one folder, and no sockets */
	SANDBOX_NAMES,	 /* the resolver: what glibc needs to look up a name, nothing written */
};

struct sandbox_plan {
	enum sandbox_mode mode;
	unsigned visits;  /* at once: sizes the limits */
	const char *root; /* SANDBOX_FILE: the folder, which need not exist; else NULL */
};

struct sandbox_state {
	int landlock_abi; /* 0: the kernel has none */
	bool seccomp;
};

/* All of the below, in this order, for the calling thread and those it starts later: call it
 * before there are others. There is no way back. Returns 0 or -1 with words: the process must
 * then not go on. */
int sandbox_enter(struct sandbox_state *ret_state, const struct sandbox_plan *plan,
		  struct error *e);

/* No new privileges, no core, no debugger, limits on memory and files. */
int sandbox_limit(const struct sandbox_plan *plan, struct error *e);

/* Returns the version of Landlock that is in force, 0 where the kernel has none, or -1. */
int sandbox_landlock(const struct sandbox_plan *plan, struct error *e);

/* Calls that no puller has a reason for end the process; others that are not on the list fail
 * with EPERM. (Built with sanitizers all of them fail, since these report by odd calls.) */
int sandbox_seccomp(const struct sandbox_plan *plan, struct error *e);
