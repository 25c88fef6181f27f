#include "schedule/schedule.h"

/* FNV-1a, and the finisher of MurmurHash3: names that differ in one digit end up far apart. */
static uint64_t mix(const char *asset, uint64_t salt)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ salt;

	for (const char *c = asset; *c; c++) {
		hash ^= (unsigned char)*c;
		hash *= UINT64_C(0x100000001B3);
	}
	hash ^= hash >> 33;
	hash *= UINT64_C(0xFF51AFD7ED558CCD);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xC4CEB9FE1A85EC53);
	return hash ^ hash >> 33;
}

int64_t schedule_back_off(int64_t base, int64_t most, unsigned failures, const char *asset)
{
	int64_t wait = base < most ? base : most;

	for (unsigned i = 1; i < failures && wait < most; i++)
		wait = wait > most / 2 ? most : wait * 2;
	if (wait <= 0)
		return 0;
	uint64_t quarter = (uint64_t)wait / 4;
	return wait - (int64_t)quarter + (int64_t)(mix(asset, 0) % (2 * quarter + 1));
}

int64_t schedule_jitter(const char *asset, int64_t opened_at, int64_t width)
{
	if (width <= 0)
		return 0;
	return (int64_t)(mix(asset, (uint64_t)opened_at) % (uint64_t)width);
}
