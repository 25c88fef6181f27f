#include "explain/internal.h"

const struct explain_entry explain_sheets[] = {
	{"PASS", "the files are those of the release in force",
	 "Every kind of file that the pump's profile pulls was read in full, and each file has the size and SHA-256 of the "
	 "release that is approved and in force, or of the older, still accepted one that was named with --release.",
	 "What came over the link was exactly the approved files. The sheet names what is not covered, and a pump whose "
	 "software was taken over can show clean copies. With EVALUATION on the sheet nobody has signed the release.",
	 "Sign the sheet and file it with the work order."},
	{"FAIL", "the files are not the approved ones",
	 "At least one file was changed, added, is missing, or is of another release or of one past its date; or another "
	 "serial number, key or certificate answered than the one that was given.",
	 "Each file that differs was read twice. Why it differs is not known to pumpwatch: a service, an update that is not "
	 "approved yet and tampering look alike.",
	 "Do not reconnect the pump; verify and quarantine by your policy. The sheet has the approved digest beside each "
	 "file that differs. After a planned change, have the new release approved and check again."},
	{"INCOMPLETE", "not everything could be checked",
	 "Something could not be read or compared: no contact, a login refused, an unknown key, a file that could not be "
	 "read, a kind without an approved release, or the check was interrupted. Nothing that was checked differs.",
	 "It is no PASS and no FAIL. What was read and compared stands on the sheet.",
	 "Mend what the first sentence of the sheet names, then check again. For an older release that is meant, say "
	 "--release with its name."},
	{0},
};
