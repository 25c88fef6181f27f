/* Runs a command and says what it and everything that it started cost: seconds of the clock,
 * seconds of CPU, and the most memory that all of them held at once. Usage:
 * measure OUTPUT COMMAND...; OUTPUT gets "WALL CPU MEMORY" (seconds, seconds, KiB). */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	LOOK_EVERY_MS = 20,
	PROCESSES_MOST = 4096,
};

struct process {
	int pid;
	int parent;
	bool ours;
};

static double now(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at); /* cannot fail for this clock */
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* The parent of a process; 0 when it is gone. The name may hold anything, even brackets. */
static int parent_of(int pid)
{
	char path[64];
	char line[512];

	(void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
	if (!file || !fgets(line, sizeof line, file))
		return 0;
	const char *end = strrchr(line, ')');
	return end && strlen(end) > 4 ? (int)strtol(end + 4, NULL, 10) : 0;
}

/* All pages of a process that are in memory, for one that lets nobody look closer. */
static uint64_t resident_of(int pid)
{
	char path[64];
	char line[256];

	(void)snprintf(path, sizeof path, "/proc/%d/statm", pid);
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
	if (!file || !fgets(line, sizeof line, file))
		return 0;
	return strtoull(line + strcspn(line, " "), NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* What a process holds in KiB, with what it shares divided by how many share it. */
static uint64_t memory_of(int pid)
{
	char path[64];
	char line[256];

	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "Pss:", 4) == 0)
			return strtoull(line + 4, NULL, 10);
	return resident_of(pid);
}

static size_t list_processes(struct process *ret_list)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while (proc && count < PROCESSES_MOST && (entry = readdir(proc)) != NULL) {
		int pid = (int)strtol(entry->d_name, NULL, 10);
		int parent = pid > 0 ? parent_of(pid) : 0;
		if (parent > 0)
			ret_list[count++] = (struct process){.pid = pid, .parent = parent};
	}
	if (proc)
		(void)closedir(proc); /* only read */
	return count;
}

/* The memory of all that descend from us, in KiB. */
static uint64_t memory_of_tree(void)
{
	static struct process list[PROCESSES_MOST];
	size_t count = list_processes(list);
	uint64_t sum = 0;
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (list[i].ours)
				continue;
			bool child = list[i].parent == getpid();
			for (size_t k = 0; !child && k < count; k++)
				child = list[k].ours && list[k].pid == list[i].parent;
			list[i].ours = child;
			more = more || child;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (list[i].ours)
			sum += memory_of(list[i].pid);
	return sum;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
	struct rusage usage;
	uint64_t most = 0;
	int status = 0;

	if (argc < 3) {
		(void)fprintf(stderr, "Usage: measure OUTPUT COMMAND...\n");
		return 64;
	}
	/* What loses its parent becomes ours, so that it is counted. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	double started = now();
	pid_t child = fork();
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)execvp(argv[2], argv + 2);
		(void)fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, WNOHANG) == 0) {
		uint64_t memory = memory_of_tree();
		most = memory > most ? memory : most;
		(void)nanosleep(&pause, NULL); /* a shorter pause does no harm */
	}
	double ended = now();
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	(void)getrusage(RUSAGE_CHILDREN, &usage); /* cannot fail with these arguments */
	CLEANUP(cleanup_fclose) FILE *output = fopen(argv[1], "we");
	if (child < 0 || !output ||
	    fprintf(output, "%.3f %.3f %llu\n", ended - started,
		    seconds(usage.ru_utime) + seconds(usage.ru_stime), (unsigned long long)most) < 0) {
		(void)fprintf(stderr, "measure: %s\n", strerror(errno));
		return 70;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
