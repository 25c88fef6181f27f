#include <ctype.h>
#include <string.h>

#include "explain/explain.h"

const char *explain_topic_name(enum explain_topic topic)
{
	static const char *const names[] = {
		"Results of a visit", "Findings", "Why something could not be had", "Events", "Baselines",
		"Rows of a spreadsheet", "Faults of the records", "Sheets of the service bench", "Exit codes",
	};

	return topic < EXPLAIN_TOPIC_COUNT ? names[topic] : "?";
}

const struct explain_entry explain_entries[] = {
	{EXPLAIN_RESULT, "verified", "every file is as approved",
	 "Every file that was read has the SHA-256 that people approved for the release in force.",
	 "As sure as the link: a device that is compromised can serve clean copies of its files.",
	 "Nothing."},
	{EXPLAIN_RESULT, "behind", "on an older release that is still accepted",
	 "Every file is as approved, but of an older release, which is accepted until its date.",
	 "As sure as for a device that is verified.",
	 "Update it before the date; \"pumpwatch status --rollouts\" shows which devices wait."},
	{EXPLAIN_RESULT, "skipped", "not visited",
	 "The device was not visited: it is not active, its window had closed, or a stop was in force.",
	 "Nothing is known of it from this sweep.",
	 "If it should have been visited: \"pumpwatch sweep ASSET\" visits it now."},
	{EXPLAIN_RESULT, "untrusted", "nothing approved to compare with",
	 "Files were read, but no approved baseline covers them.",
	 "It says nothing about the files, neither good nor bad.",
	 "Learn and approve a baseline: \"pumpwatch baseline learn --help\"."},
	{EXPLAIN_RESULT, "partial", "only partly checked",
	 "What could be read is as approved, but not everything could be read.",
	 "Sure for the files that were read; nothing is known of the others.",
	 "\"pumpwatch show ASSET\" names the files and why."},
	{EXPLAIN_RESULT, "unreachable", "did not answer",
	 "The device could not be reached over its link.",
	 "Nothing is known of its files since it was last verified.",
	 "Check that it is switched on, connected, and that its address is right."},
	{EXPLAIN_RESULT, "refused", "refused the login",
	 "The device answered, but did not accept the credential.",
	 "Nothing is known of its files since it was last verified.",
	 "Check the credential: a changed password that nobody knows of is a finding of its own."},
	{EXPLAIN_RESULT, "wrong-device", "another device answered",
	 "The key, the certificate or the serial number is not that of the enrolled device.",
	 "Sure that it is another identity; a replaced network module looks the same.",
	 "Find out whether it was replaced or re-addressed; verify and quarantine by your policy."},
	{EXPLAIN_RESULT, "drifted", "files were changed",
	 "At least one file is not what people approved.",
	 "Each difference was read twice before it was told.",
	 "Look at it with \"pumpwatch alerts\"; verify and quarantine by your policy."},
};
const size_t explain_entry_count = sizeof explain_entries / sizeof *explain_entries;

static int plain(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

static int same(const char *a, const char *b)
{
	while (*a && plain(*a) == plain(*b))
		a++, b++;
	return plain(*a) == plain(*b);
}

const struct explain_entry *explain_find(const char *code)
{
	for (size_t i = 0; i < explain_entry_count; i++)
		if (same(explain_entries[i].code, code))
			return &explain_entries[i];
	return NULL;
}

const char *explain_words(enum explain_topic topic, const char *code)
{
	for (size_t i = 0; i < explain_entry_count; i++)
		if (explain_entries[i].topic == topic && strcmp(explain_entries[i].code, code) == 0)
			return explain_entries[i].words;
	return code;
}
