#include "cli/cli.h"

/* In the order in which a new user meets them. */
const struct cli_verb cli_verbs[] = {
	{"models", "", "list the profiles of product lines",
	 "Example:\n  pumpwatch models\n", verb_models, CLI_LOOKS},
	{"model show", "MODEL", "show what a profile pulls, and its advisories",
	 "Example:\n  pumpwatch model show medfusion-4000\n", verb_model_show, CLI_LOOKS},
	{"model check", "FILE", "check a profile that is not installed yet",
	 "Example:\n  pumpwatch model check ./my-pump.ini\n", verb_model_check, CLI_ALONE},
	{"enroll", "ASSET --model MODEL --link URL [OPTION…]", "enroll one device",
	 "  --model MODEL       the profile (see \"pumpwatch models\")\n"
	 "  --link URL          ftp, ftps (implicit TLS), ftpes (explicit TLS), sftp, http, https, tftp, file\n"
	 "  --serial SERIAL     as the maker gave it\n"
	 "  --mac MAC           of its network module\n"
	 "  --name NAME         a name for people\n"
	 "  --department NAME   where it is used\n"
	 "  --credential NAME   the credential that opens it\n"
	 "  --pin PIN           its SSH host key (SHA256:…) or certificate key (sha256//…)\n"
	 "  --pin-seen          record the key that the first contact shows, for you to compare\n"
	 "  --no-test           do not try the link now\n\n"
	 "Example:\n  pumpwatch enroll PUMP-0001 --model medfusion-4000 --link ftp://192.0.2.10/ \\\n"
	 "      --serial S0001 --department ICU\n",
	 verb_enroll, CLI_ACTS},
	{"edit", "ASSET FIELD=VALUE…", "change what is enrolled",
	 "Fields: serial, mac, model, name, department, link, credential, pin, state (active, stored,\n"
	 "maintenance, retired). An empty value clears an optional field.\n\n"
	 "Example:\n  pumpwatch edit PUMP-0001 state=maintenance\n",
	 verb_edit, CLI_ACTS},
	{"retire", "ASSET", "take a device out of service; what is known of it is kept",
	 "Example:\n  pumpwatch retire PUMP-0001\n", verb_retire, CLI_ACTS},
	{"devices", "[OPTION…]", "list the devices",
	 "  --model MODEL       only those of a model\n"
	 "  --department NAME   only those of a department\n"
	 "  --state STATE       active, stored, maintenance or retired\n"
	 "  --result RESULT     as of the last visit: verified, behind, drifted, unreachable, …\n\n"
	 "Example:\n  pumpwatch devices --department ICU --result unreachable\n",
	 verb_devices, CLI_LOOKS},
	{"show", "ASSET", "show a device: enrollment, last visits, open alerts",
	 "Example:\n  pumpwatch show PUMP-0001\n", verb_show, CLI_LOOKS},
	{"test", "ASSET", "try the link, list what would be pulled, change nothing",
	 "Example:\n  pumpwatch test PUMP-0001\n", verb_test, CLI_LOOKS},
	{"baseline learn", "ASSET --kind KIND --release RELEASE [OPTION…]",
	 "pull a device twice and write a candidate manifest",
	 "  --kind KIND         firmware, drug-library, config or other\n"
	 "  --release RELEASE   what the release is called\n"
	 "  --scope SCOPE       model (all devices of the model; the usual one) or device\n"
	 "  --against LIST      a vendor's list: compare by what it has, name every difference\n"
	 "  --format FORMAT     of the list: hashdeep, md5sum, sha256sum or bsd (else guessed)\n"
	 "  -o FILE             where the manifest goes (else standard output)\n\n"
	 "Nothing is put in force: see \"pumpwatch baseline add\".\n\n"
	 "Example:\n  pumpwatch baseline learn PUMP-0001 --kind drug-library --release 2026-10 -o lib.manifest\n",
	 verb_baseline_learn, CLI_LOOKS},
	{"baseline import", "FILE --model MODEL --kind KIND --release RELEASE [OPTION…]",
	 "make a candidate of a list that has sizes, MD5 and SHA-256",
	 "  --model MODEL       whose files they are\n"
	 "  --kind KIND         firmware, drug-library, config or other\n"
	 "  --release RELEASE   what the release is called\n"
	 "  --format FORMAT     hashdeep, md5sum, sha256sum or bsd (else guessed)\n"
	 "  -o FILE             where the manifest goes (else standard output)\n\n"
	 "A list that lacks a digest or the sizes cannot become a manifest alone: learn a device\n"
	 "against it (pumpwatch baseline learn ASSET --against LIST).\n\n"
	 "Example:\n  pumpwatch baseline import vendor.hashdeep --model generic --kind firmware --release 7.0\n",
	 verb_baseline_import, CLI_LOOKS},
	{"baseline add", "MANIFEST [--older-until TIME]", "put a manifest in force",
	 "  --older-until TIME  how long the release before is still accepted (never: without end;\n"
	 "                      else it is not accepted any more)\n\n"
	 "Example:\n  pumpwatch baseline add lib.manifest --older-until 2026-12-31\n",
	 verb_baseline_add, CLI_ACTS},
	{"baseline list", "[--model MODEL]", "list the baselines",
	 "Example:\n  pumpwatch baseline list\n", verb_baseline_list, CLI_LOOKS},
	{"baseline show", "ID", "show a baseline and its files",
	 "ID may be shortened to what is unique.\n\nExample:\n  pumpwatch baseline show 3f2a\n",
	 verb_baseline_show, CLI_LOOKS},
	{"baseline diff", "A B", "how the files of two baselines (ids or manifest files) differ",
	 "Example:\n  pumpwatch baseline diff 3f2a new.manifest\n", verb_baseline_diff, CLI_LOOKS},
	{"baseline export", "ID [-o FILE]", "write a baseline's manifest, byte for byte",
	 "Example:\n  pumpwatch baseline export 3f2a -o lib.manifest\n",
	 verb_baseline_export, CLI_LOOKS},
	{"baseline accept-until", "ID TIME", "how long an older release is still accepted",
	 "TIME is a date, a time with zone, or never.\n\n"
	 "Example:\n  pumpwatch baseline accept-until 3f2a 2026-12-31\n",
	 verb_baseline_accept_until, CLI_ACTS},
	{"baseline withdraw", "ID --reason TEXT", "take a baseline out of force",
	 "Example:\n  pumpwatch baseline withdraw 3f2a --reason \"recalled by the maker\"\n",
	 verb_baseline_withdraw, CLI_ACTS},
	{"sweep", "[ASSET…] [--all] [--window NAME]", "visit devices now and compare them",
	 "  --all               every active device (as without ASSET; back-off is not waited for)\n"
	 "  --window NAME       those of a window of the configuration\n\n"
	 "Exit code: 0 all verified; else the sum of 1 added, 2 missing, 4 modified (forged, stale and\n"
	 "mixed count as modified), 8 something could not be checked.\n\n"
	 "Example:\n  pumpwatch sweep PUMP-0001 PUMP-0002\n",
	 verb_sweep, CLI_LOOKS},
	{"alerts", "[--all] [--device ASSET]", "list the open alerts",
	 "  --all               resolved ones too\n"
	 "  --device ASSET      only those of a device\n\n"
	 "Example:\n  pumpwatch alerts\n",
	 verb_alerts, CLI_LOOKS},
	{"alert show", "NUMBER", "show an alert with old and new digests",
	 "Example:\n  pumpwatch alert show 12\n", verb_alert_show, CLI_LOOKS},
	{"ack", "NUMBER --note TEXT", "acknowledge an alert: it stays quiet until it changes",
	 "The note is the reason of the act, too: --reason says the same.\n\n"
	 "Example:\n  pumpwatch ack 12 --note \"work order 4711: library re-installed tomorrow\"\n", verb_ack, CLI_ACTS},
	{"status", "[--rollouts]", "the fleet at a glance",
	 "  --rollouts          only the rollouts: which devices are still on an older release, by department\n\n"
	 "Example:\n  pumpwatch status --rollouts\n", verb_status, CLI_LOOKS},
	{"stop", "--reason TEXT", "stop all visits at once, until resume",
	 "Example:\n  pumpwatch stop --reason \"network maintenance until 14:00\"\n", verb_stop, CLI_ACTS},
	{"resume", "", "lift the stop", "Example:\n  pumpwatch resume\n", verb_resume, CLI_ACTS},
	{0},
};
