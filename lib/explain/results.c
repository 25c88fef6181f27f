#include "explain/internal.h"

const struct explain_entry explain_results[] = {
	{"verified", "every file is as approved",
	 "Every file that pumpwatch looks at has the SHA-256 that people approved for the release in force.",
	 "As sure as the link. It says what the device sent at that moment: not that the files are free of faults, "
	 "and a compromised device can send clean copies. What the profile does not cover was not looked at.",
	 "Nothing."},
	{"behind", "on an older release that is still accepted",
	 "Every file is as approved, but some kind of file is of an older release, which is accepted until its date.",
	 "As sure as for a device that is verified.",
	 "Update the device before that date: \"pumpwatch status --rollouts\" shows which devices are waiting."},
	{"skipped", "not visited",
	 "The device was not visited: it is not active, it rests after failures, the window had closed, or the sweep "
	 "was stopped.",
	 "Nothing is known of its files from this sweep.",
	 "If it should have been visited, \"pumpwatch sweep ASSET\" visits it now."},
	{"untrusted", "nothing approved to compare with",
	 "The files were read, but no baseline that is believed covers them.",
	 "It says nothing about the files, neither good nor bad.",
	 "Look whether \"pumpwatch alerts\" tells of a rejected baseline. If there never was one, learn it and have it "
	 "approved: \"pumpwatch baseline learn --help\"."},
	{"partial", "only partly checked",
	 "What could be read is as approved, but not everything could be read.",
	 "Sure for the files that were read; nothing is known of the others.",
	 "\"pumpwatch show ASSET\" names the files and why each could not be read."},
	{"unreachable", "did not answer",
	 "The device could not be reached over its link.",
	 "Nothing is known of its files since it was last verified. It is not a sign of a change.",
	 "Check that it is switched on and connected, and that the address in its link is right; then "
	 "\"pumpwatch test ASSET\"."},
	{"refused", "refused the login",
	 "The device answered, but did not accept the credential. It is not tried again by itself for a day or longer, "
	 "since devices lock out.",
	 "Nothing is known of its files since it was last verified.",
	 "Check the credential, then \"pumpwatch test ASSET\". If nobody changed the password, find out who did."},
	{"wrong-device", "another device answered",
	 "What answers shows another key, certificate or serial number than the enrolled device. No file of it was "
	 "compared.",
	 "Sure that it is another identity. A replaced network module or a reset device looks the same as an impostor.",
	 "Find the device and find out whether it was replaced, reset or given another address; verify and quarantine by "
	 "your policy. After a known replacement, correct the enrollment with \"pumpwatch edit\"."},
	{"drifted", "files were changed",
	 "At least one file is not what people approved: modified, added, missing, forged, stale or mixed.",
	 "Each file that differs was read twice before it was told. It does not say who changed it, or why.",
	 "\"pumpwatch alerts\" lists what differs; verify and quarantine by your policy."},
	{0},
};

const struct explain_entry explain_findings[] = {
	{"modified", "has another content than approved",
	 "The file is there, but its SHA-256 is not that of the approved release, nor of any other approved one.",
	 "Read twice, with the same result. It does not say who changed it: an update that nobody announced looks the "
	 "same as tampering.",
	 "Ask whether the device was serviced or updated; verify and quarantine by your policy."},
	{"added", "is in no approved release",
	 "The device has a file that no approved release has.",
	 "Read twice. It may be harmless, a log that grows, for instance, but nobody has approved it.",
	 "Find out where it comes from; verify and quarantine by your policy. If it belongs there, have it approved, or "
	 "left out in the model's profile."},
	{"missing", "is missing",
	 "A file of the approved release is not on the device.",
	 "Sure: the device's own list was complete, or the device itself says that there is no such file.",
	 "Ask whether the device was serviced or updated; verify and quarantine by your policy."},
	{"forged", "was forged to look like the approved file",
	 "The MD5 is that of the approved file and the SHA-256 is not. That takes somebody who made it so.",
	 "As sure as can be: it does not happen by accident. MD5 alone would have called this file unchanged.",
	 "Treat the device as tampered with: verify and quarantine by your policy, and keep it as evidence."},
	{"stale", "is still on a release that is no longer accepted",
	 "The files are those of an older approved release whose date has passed, or that was withdrawn.",
	 "As sure as for a device that is verified: every file is known, only too old.",
	 "Update the device, or give the older release more time: \"pumpwatch baseline accept-until --help\"."},
	{"mixed", "mixes files of several releases",
	 "Each file was approved once, but together they are of more than one release.",
	 "Read twice. Mostly an update that stopped half-way.",
	 "Repeat the update on the device; verify and quarantine by your policy."},
	{"unreadable", "could not be checked",
	 "The file could not be read, or did not hold still. This is not a change, and not fine either.",
	 "Nothing is known of this file since it was last verified.",
	 "\"pumpwatch show ASSET\" gives the reason; \"pumpwatch explain\" has each reason with what to do."},
	{0},
};
