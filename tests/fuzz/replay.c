/* The main of a fuzzer where libFuzzer is not: gives the seeds of its parser to it, each as it
 * is, cut short, and with single bytes changed. fuzz_wire reads $srcdir/tests/fuzz/seeds/wire,
 * or the folder that is named. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum {
	SEED_MAX = 1 << 20,
	CHANGES_MAX = 128, /* of each sort to one seed; `make fuzz` goes further */
};

/* On the heap at its very length, so that a read past the end is seen. */
static void give(const uint8_t *bytes, size_t length)
{
	CLEANUP(cleanup_free) uint8_t *exact = malloc(length ? length : 1);

	if (!exact)
		return;
	if (length > 0)
		memcpy(exact, bytes, length);
	(void)LLVMFuzzerTestOneInput(exact, length); /* it aborts when it finds something */
}

static void give_with_changes(uint8_t *bytes, size_t length)
{
	size_t step = length / CHANGES_MAX + 1;

	give(bytes, length);
	for (size_t i = 0; i < length; i += step) {
		static const uint8_t changes[] = {0xFF, 0x80, 0x01};
		give(bytes, i);
		for (size_t k = 0; k < sizeof changes; k++) {
			bytes[i] ^= changes[k];
			give(bytes, length);
			bytes[i] ^= changes[k];
		}
	}
}

static int replay(int folder, const char *name)
{
	static uint8_t bytes[SEED_MAX];
	CLEANUP(cleanup_close) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -1;
	if (!S_ISREG(status.st_mode))
		return 0;
	ssize_t length = read(fd, bytes, sizeof bytes);
	if (length < 0 || length != status.st_size)
		return -1;
	give_with_changes(bytes, (size_t)length);
	return 1;
}

int main(int argc, char **argv)
{
	const char *base = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const char *parser = strchr(base, '_') ? strchr(base, '_') + 1 : base;
	const char *srcdir = getenv("srcdir");
	char path[4096];
	int seeds = 0;

	(void)snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s", srcdir ? srcdir : ".", parser);
	const char *name = argc > 1 ? argv[1] : path; /* one cut short is not found */
	DIR *folder = opendir(name);
	if (!folder) {
		fprintf(stderr, "%s: cannot open the seeds\n", name);
		return EXIT_FAILURE;
	}
	for (struct dirent *entry; (entry = readdir(folder));) {
		int r = entry->d_name[0] == '.' ? 0 : replay(dirfd(folder), entry->d_name);
		if (r < 0) {
			fprintf(stderr, "%s/%s: cannot read the seed\n", name, entry->d_name);
			return EXIT_FAILURE;
		}
		seeds += r;
	}
	(void)closedir(folder);
	printf("%s: %d seeds\n", base, seeds);
	return seeds > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
