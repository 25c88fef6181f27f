#include "cli/cli.h"

/* In the order in which a new user meets them. */
const struct cli_verb cli_verbs[] = {
	{"models", "", "list the profiles of product lines",
	 "Example:\n  pumpwatch models\n", verb_models, CLI_LOOKS},
	{"model show", "MODEL", "show what a profile pulls, and its advisories",
	 "Example:\n  pumpwatch model show medfusion-4000\n", verb_model_show, CLI_LOOKS},
	{"model check", "FILE", "check a profile that is not installed yet",
	 "Example:\n  pumpwatch model check ./my-pump.ini\n", verb_model_check, CLI_ALONE},
	{"enroll", "ASSET [--model MODEL] [--link URL] [OPTION…] | --csv FILE [OPTION…]", "enroll one device, or a spreadsheet",
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
	 "On a terminal it asks for the model and the link where they are missing, and shows a key that is\n"
	 "not known yet, for you to compare, before any password is sent. A serial that the device shows is\n"
	 "taken when none is given. Ctrl-C leaves nothing enrolled.\n\n"
	 "Example:\n  pumpwatch enroll PUMP-0001 --model medfusion-4000 --link ftp://192.0.2.10/ \\\n"
	 "      --serial S0001 --department ICU\n\n"
	 "A spreadsheet, which asset systems export as CSV (no link is tried):\n"
	 "  --csv FILE          its rows are devices; \"-\" is standard input\n"
	 "  --dry-run           show what would happen, change nothing\n"
	 "  --map FIELD=COLUMN,…  which column is which, where its name does not tell (#7 is the seventh;\n"
	 "                      none after \"=\" passes the field over)\n"
	 "  --link TEMPLATE     links made of the row: 'ftp://{address}/', {asset} and {serial} likewise\n"
	 "  --model, --department, --credential   for rows that do not say\n"
	 "  --skip-bad          do the good rows, leave the bad ones out\n\n"
	 "Without --skip-bad one bad row means that nothing is done. Known devices are updated, none is\n"
	 "deleted, and an empty cell leaves what is known: \"(clear)\" empties a field.\n\n"
	 "Example:\n  pumpwatch enroll --csv pumps.csv --link 'ftp://{address}/' --dry-run\n",
	 verb_enroll, CLI_ACTS},
	{"edit", "ASSET FIELD=VALUE…", "change what is enrolled",
	 "Fields: serial, mac, model, name, department, link, credential, pin, state (active, stored,\n"
	 "maintenance, retired). An empty value clears an optional field.\n\n"
	 "Example:\n  pumpwatch edit PUMP-0001 state=maintenance\n",
	 verb_edit, CLI_ACTS},
	{"retire", "ASSET", "take a device out of service; what is known of it is kept",
	 "Its open alerts are resolved.\n\n"
	 "Example:\n  pumpwatch retire PUMP-0001\n", verb_retire, CLI_ACTS},
	{"devices", "[OPTION…]", "list the devices",
	 "  --department NAME   only those of a department\n"
	 "  --model MODEL       only those of a model\n"
	 "  --state STATE       active, stored, maintenance or retired\n"
	 "  --result RESULT     as of the last visit: verified, behind, drifted, unreachable, … not-visited\n"
	 "  --age AGE           not verified for longer than that: 7d, 12h, 2w\n"
	 "  --search TEXT       with this in asset, name, serial, MAC, department, model or link\n"
	 "  --sort KEY          asset, department, model, verified (the longest ago first) or result (the\n"
	 "                      worst first)\n"
	 "  --reverse           the other way round\n"
	 "  --csv               as CSV, which \"pumpwatch enroll --csv\" takes back\n"
	 "  -o FILE             where the CSV goes (else standard output)\n\n"
	 "An option may be given again, or hold several words between commas: any of them counts.\n\n"
	 "Example:\n  pumpwatch devices --department ICU,ER --age 7d --sort result\n",
	 verb_devices, CLI_LOOKS},
	{"show", "ASSET", "how a device stands, what to do next, its last visits and open alerts",
	 "Example:\n  pumpwatch show PUMP-0001\n", verb_show, CLI_LOOKS},
	{"test", "ASSET", "try the link, list what would be pulled, change nothing",
	 "It reads one small file for a trial, to tell how long a visit takes. Exit code: 0, or 8 when the\n"
	 "device or that file could not be read.\n\n"
	 "Example:\n  pumpwatch test PUMP-0001\n", verb_test, CLI_LOOKS},
	{"baseline learn", "ASSET --kind KIND --release RELEASE --key KEY [OPTION…]",
	 "pull a device twice and write a candidate manifest",
	 "  --kind KIND         firmware, drug-library, config or other\n"
	 "  --release RELEASE   what the release is called\n"
	 "  --key KEY           your public key (or the private one with KEY.pub beside): who learns a\n"
	 "                      candidate cannot approve it; may be left out with approvals = 0 or 1\n"
	 "  --scope SCOPE       model (all devices of the model; the usual one) or device\n"
	 "  --against LIST      a vendor's list: compare by what it has, name every difference\n"
	 "  --format FORMAT     of the list: hashdeep, md5sum, sha256sum or bsd (else guessed)\n"
	 "  -o FILE             where the manifest goes (else standard output)\n\n"
	 "Nothing is put in force: see \"pumpwatch baseline sign\" and \"baseline add\".\n\n"
	 "Example:\n  pumpwatch baseline learn PUMP-0001 --kind drug-library --release 2026-10 \\\n"
	 "      --key ~/.ssh/id_ed25519.pub -o lib.manifest\n",
	 verb_baseline_learn, CLI_LOOKS},
	{"baseline import", "FILE --model MODEL --kind KIND --release RELEASE --key KEY [OPTION…]",
	 "make a candidate of a list that has sizes, MD5 and SHA-256",
	 "  --model MODEL       whose files they are\n"
	 "  --kind KIND         firmware, drug-library, config or other\n"
	 "  --release RELEASE   what the release is called\n"
	 "  --key KEY           your public key, as for \"baseline learn\"\n"
	 "  --format FORMAT     hashdeep, md5sum, sha256sum or bsd (else guessed)\n"
	 "  -o FILE             where the manifest goes (else standard output)\n\n"
	 "A list that lacks a digest or the sizes cannot become a manifest alone: learn a device\n"
	 "against it (pumpwatch baseline learn ASSET --against LIST).\n\n"
	 "Example:\n  pumpwatch baseline import vendor.hashdeep --model generic --kind firmware --release 7.0 \\\n"
	 "      --key ~/.ssh/id_ed25519.pub -o firmware.manifest\n",
	 verb_baseline_import, CLI_LOOKS},
	{"baseline sign", "MANIFEST|ID --key KEY [-o FILE]", "approve a manifest by a signature (runs ssh-keygen)",
	 "  --key KEY           the private key, the key file of a token, or the public key of one that\n"
	 "                      the agent holds: it is handed to ssh-keygen, which asks at the terminal\n"
	 "  -o FILE             where the signature goes (else beside the manifest; -: standard output)\n\n"
	 "Look at what you sign: \"pumpwatch baseline show MANIFEST\". pumpwatch(1) says how ssh-keygen alone\n"
	 "makes the same signature anywhere.\n\n"
	 "Example:\n  pumpwatch baseline sign lib.manifest --key ~/.ssh/id_ed25519_sk\n",
	 verb_baseline_sign, CLI_LOOKS},
	{"baseline add", "MANIFEST [SIGNATURE…] [--older-until TIME]",
	 "take in a manifest; with enough approvals it is put in force",
	 "  --older-until TIME  how long the release before is still accepted: a date, never (without\n"
	 "                      end), or now; asked for when one is in force\n\n"
	 "Without enough approvals it waits as a candidate: see \"pumpwatch baseline approve\".\n\n"
	 "Example:\n  pumpwatch baseline add lib.manifest first.sig second.sig --older-until 2026-12-31\n",
	 verb_baseline_add, CLI_ACTS},
	{"baseline approve", "MANIFEST|ID SIGNATURE… [--older-until TIME]",
	 "give a candidate signatures; with enough it is put in force",
	 "  --older-until TIME  as for \"baseline add\"; without signatures it puts one in force that has\n"
	 "                      enough approvals already\n\n"
	 "Example:\n  pumpwatch baseline approve 3f2a second.sig --older-until 2026-12-31\n",
	 verb_baseline_approve, CLI_ACTS},
	{"baseline list", "[--model MODEL]", "list the baselines, with their approvals",
	 "Example:\n  pumpwatch baseline list\n", verb_baseline_list, CLI_LOOKS},
	{"baseline show", "ID|MANIFEST [--list FILE] [--format FORMAT]",
	 "show a baseline: state, approvals, files and who vouches for them",
	 "  --list FILE         the vendor's list that it was made with, where the store has no copy\n"
	 "  --format FORMAT     of the list: hashdeep, md5sum, sha256sum or bsd (else guessed)\n\n"
	 "ID may be shortened to what is unique.\n\nExample:\n  pumpwatch baseline show 3f2a\n",
	 verb_baseline_show, CLI_LOOKS},
	{"baseline diff", "A B", "how the files of two baselines (ids or manifest files) differ",
	 "Example:\n  pumpwatch baseline diff 3f2a new.manifest\n", verb_baseline_diff, CLI_LOOKS},
	{"baseline export", "ID [-o FILE]", "write a baseline's manifest, byte for byte",
	 "  -o FILE             where it goes (else standard output); its signatures go to FILE.1.sig …\n\n"
	 "Example:\n  pumpwatch baseline export 3f2a -o lib.manifest\n",
	 verb_baseline_export, CLI_LOOKS},
	{"baseline accept-until", "ID TIME", "how long an older release is still accepted",
	 "TIME is a date, a time with zone, never, or now.\n\n"
	 "Example:\n  pumpwatch baseline accept-until 3f2a 2026-12-31\n",
	 verb_baseline_accept_until, CLI_ACTS},
	{"baseline withdraw", "ID --reason TEXT", "take a baseline out of force",
	 "Example:\n  pumpwatch baseline withdraw 3f2a --reason \"recalled by the maker\"\n",
	 verb_baseline_withdraw, CLI_ACTS},
	{"sweep", "[ASSET…] [--all] [--window NAME]", "visit devices now and compare them",
	 "  --all               every active device (as without ASSET; back-off is not waited for)\n"
	 "  --window NAME       those of a window of the configuration\n\n"
	 "Exit code: 0 all verified; else the sum of 1 added, 2 missing, 4 modified (forged, stale and\n"
	 "mixed count as modified), 8 something could not be checked. A device that is stored or in maintenance\n"
	 "is skipped; that is an 8 only where it was named.\n\n"
	 "Example:\n  pumpwatch sweep PUMP-0001 PUMP-0002\n",
	 verb_sweep, CLI_LOOKS},
	{"bench", "--model MODEL --link LINK [OPTION…]", "check one pump on the service bench, for a work order",
	 "  --model MODEL       the profile (see \"pumpwatch models\")\n"
	 "  --link LINK         as for \"enroll\", or a folder with a copy of the pump's files\n"
	 "  --asset ASSET       its asset tag: of an enrolled pump what is not said is as enrolled\n"
	 "  --serial SERIAL     that the pump must show, where its profile says how\n"
	 "  --credential NAME   the credential that opens it\n"
	 "  --pin PIN           its SSH host key (SHA256:…) or certificate key (sha256//…)\n"
	 "  --pin-seen          take whatever key it shows; the sheet then says that nothing proved it\n"
	 "  --release RELEASE   an older release, still accepted, that the pump is meant to be on\n"
	 "  --work-order NUMBER for the sheet\n"
	 "  --note TEXT         for the sheet\n"
	 "  -o FILE             where the sheet goes: .txt, .html or .json (else text on standard output);\n"
	 "                      up to three times, for the same sheet in several forms\n"
	 "  --format FORMAT     text, html or json, whatever the file is called\n\n"
	 "Everything is read in full, what differs twice. Nothing is written to the store, and no daemon is\n"
	 "needed. Exit code: 0 PASS; FAIL the sum of 1 added, 2 missing, 4 modified, 8 something could not be\n"
	 "checked or another device answered; INCOMPLETE 8.\n\n"
	 "Example:\n  pumpwatch bench --model medfusion-4000 --link ./copy --serial S0001 --work-order 4711 -o sheet.html\n",
	 verb_bench, CLI_LOOKS},
	{"alerts", "[OPTION…]", "list the open alerts, the gravest first on a terminal",
	 "  --all               resolved ones too\n"
	 "  --members           those that stand under a group's alert, too\n"
	 "  --device ASSET      only those of a device\n"
	 "  --department NAME   only those of devices of a department\n"
	 "  --model MODEL       only those of devices of a model\n"
	 "  --type TYPE         FILE_MODIFIED, DEVICE_UNREACHABLE … (\"pumpwatch explain\" lists them)\n"
	 "  --severity WORD     critical, error, warning, notice: that and graver ones\n"
	 "  --state STATE       open, acknowledged or resolved\n"
	 "  --age AGE           open for longer than that: 7d, 12h, 2w\n"
	 "  --search TEXT       of devices with this in asset, name, serial, department …\n"
	 "  --sort KEY          severity, number, since, device, department or type\n"
	 "  --reverse           the other way round\n\n"
	 "An option may be given again, or hold several words between commas: any of them counts.\n\n"
	 "Example:\n  pumpwatch alerts --severity error --department ICU\n",
	 verb_alerts, CLI_LOOKS},
	{"alert show", "NUMBER", "show an alert with old and new digests; of a group, its devices",
	 "Example:\n  pumpwatch alert show 12\n", verb_alert_show, CLI_LOOKS},
	{"ack", "NUMBER --note TEXT", "acknowledge an alert: it stays quiet until it changes",
	 "The note is the reason of the act, too: --reason says the same. With the alert of a group those\n"
	 "under it are acknowledged; another device that joins opens it again.\n\n"
	 "Example:\n  pumpwatch ack 12 --note \"work order 4711: library re-installed tomorrow\"\n", verb_ack, CLI_ACTS},
	{"status", "[--tasks | --rollouts]", "the fleet at a glance, and what needs a person",
	 "  --tasks             all that needs a person, most urgent first, with the next step\n"
	 "  --rollouts          which devices are still on an older release, by department\n\n"
	 "Example:\n  pumpwatch status --rollouts\n", verb_status, CLI_LOOKS},
	{"explain", "[CODE] [--all]", "what a word or a code means, how sure it is, and what to do next",
	 "CODE is any word that pumpwatch uses for what it found: a result (wrong-device), an event\n"
	 "(FILE_MODIFIED), an exit code (8). Case does not matter. Without CODE all are listed.\n\n"
	 "  --all               everything, as a Markdown document\n\n"
	 "Example:\n  pumpwatch explain FILE_MODIFIED\n", verb_explain, CLI_ALONE},
	{"report", "-o FILE.html", "write the page: what needs a person, the fleet, every alert",
	 "  -o FILE             where it goes (else standard output, unless that is a terminal)\n"
	 "  --metrics           the figures for node_exporter's textfile collector instead of the page\n\n"
	 "One file for a browser or a printer, which asks for nothing else. With --json and no -o: the facts\n"
	 "that the page shows. [report] page of the configuration has it written after each sweep.\n\n"
	 "Example:\n  pumpwatch report -o fleet.html\n", verb_report, CLI_LOOKS},
	{"sinks", "", "where events go, what waits there, and which receiver is away",
	 "A sink whose proof is \"acknowledged\" has the receiver's word for each event, or its bytes on disk;\n"
	 "one that has \"handed over\" its events cannot know what became of them.\n\n"
	 "Example:\n  pumpwatch sinks\n", verb_sinks, CLI_LOOKS},
	{"sink test", "NAME", "send a marked test event to a sink now, and say what became of it",
	 "It goes past what waits, over a connection of its own, also while the daemon runs. Look for its\n"
	 "eid at the receiver: MSGID SINK_TEST, seq 0. Exit code 69 when it was not taken.\n\n"
	 "Example:\n  pumpwatch sink test siem\n", verb_sink_test, CLI_ACTS},
	{"audit list", "[SUBJECT] [--most N]", "list who did what, when and why, the latest first",
	 "  SUBJECT             only what was done to an asset, a baseline (its whole id), an alert's number,\n"
	 "                      the fleet, or a configuration's path\n"
	 "  --most N            so many (100)\n\n"
	 "Example:\n  pumpwatch audit list PUMP-0001\n",
	 verb_audit_list, CLI_LOOKS},
	{"audit verify", "", "compute the chain of records again, and check what follows from it",
	 "Every record of an act or an event, the baselines with their signatures, and the approvals of\n"
	 "those in force. Exit code: 0 when all holds, 65 when not, with each fault on a line.\n\n"
	 "Example:\n  pumpwatch audit verify\n",
	 verb_audit_verify, CLI_LOOKS},
	{"audit export", "[-o FILE] [--after N]", "write the records as JSON lines",
	 "  -o FILE             where they go (else standard output)\n"
	 "  --after N           only those after record N\n\n"
	 "Each line has number, hash, previous and record: hash is the SHA-256 of previous and record,\n"
	 "byte for byte as it stands in the line.\n\n"
	 "Example:\n  pumpwatch audit export --after 1000 -o records.jsonl\n",
	 verb_audit_export, CLI_LOOKS},
	{"stop", "--reason TEXT", "stop all visits at once, until resume",
	 "Example:\n  pumpwatch stop --reason \"network maintenance until 14:00\"\n", verb_stop, CLI_ACTS},
	{"resume", "", "lift the stop", "Example:\n  pumpwatch resume\n", verb_resume, CLI_ACTS},
	{0},
};
