#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pull/internal.h"

enum { SOCKET_IN_PULLER = 3 };

/* The few variables that the libraries of a puller read; nothing else of ours is its business. */
static void choose_environment(char **ret_chosen, size_t most)
{
	static const char *const names[] = {"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "OPENSSL_CONF=",
					    "OPENSSL_MODULES=", "PUMPWATCH_DIGEST=", "TZ="};
	size_t count = 0;

	for (char **at = environ; *at && count + 1 < most; at++)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (strncmp(*at, names[i], strlen(names[i])) == 0)
				ret_chosen[count++] = *at;
	ret_chosen[count] = NULL;
}

static int spawn_at(pid_t *ret_pid, const char *program, char **arguments, int socket)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char *environment[16];

	choose_environment(environment, sizeof environment / sizeof *environment);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	int r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return r;
	r = posix_spawnattr_init(&attributes);
	if (r == 0)
		r = posix_spawnattr_setflags(&attributes,
					     POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attributes, &all);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, socket, SOCKET_IN_PULLER);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn(ret_pid, program, &actions, &attributes, arguments, environment);
	(void)posix_spawnattr_destroy(&attributes); /* neither can fail */
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

int pull_process_spawn(struct pull_process *process, int socket)
{
	const struct pull_options *options = &process->pool->options;
	char *arguments[8];
	char visits[16];
	size_t count = 0;

	(void)snprintf(visits, sizeof visits, "%u", process->root ? 1 : options->visits);
	arguments[count++] = (char *)(uintptr_t)options->program; /* posix_spawn() changes none */
	arguments[count++] = (char *)(uintptr_t) "--visits";
	arguments[count++] = visits;
	if (options->ca_file && !process->root) {
		arguments[count++] = (char *)(uintptr_t) "--ca-file";
		arguments[count++] = (char *)(uintptr_t)options->ca_file;
	}
	if (process->root) {
		arguments[count++] = (char *)(uintptr_t) "--file-root";
		arguments[count++] = process->root;
	}
	arguments[count] = NULL;
	return spawn_at(&process->pid, options->program, arguments, socket);
}

