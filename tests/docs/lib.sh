# shellcheck shell=bash disable=SC2154,SC2317 # srcdir and functions are of others
# Takes a document apart and runs what it shows. Sourced after tests/lib.sh, tests/cli/lib.sh and
# tests/fleet/lib.sh.
#
# In a document a block that begins with ```console is run, line by line as a person would type it:
# "$ " begins a command, "> " goes on with it (after a backslash, or in a here-document), and what
# follows is what must be printed, on standard output and error together. In it "…" stands for
# anything within a line and a line "…" for any lines; "(exit code N)" is the exit code, else it
# is 0. All blocks of a document are run in one shell, in order.
#
# <!-- file: PATH --> before a block writes the block to a file; <!-- run … --> is run silently.

DOCS_PUMPS=12 # from 192.0.2.11 on, which is 127.0.0.11 here

docs_start() {
	DOCS_PORT=$(free_port)
	PUMPS=$(realpath "$PUMPS")
	export DOCS_PORT
	DOCS_FLEET=$TEMPORARY/fleet
	fleet_start "$DOCS_FLEET" --pumps "$DOCS_PUMPS" --address 127.0.0.11 --each-address --port "$DOCS_PORT" \
		CONFIG.XML=1764 STORED~1=2140 HEAD_F~1=20480 HEAD_C~1=6224 # little, for the profile caps the rate
}

# Usage: pumps "COMMAND" ; for what a document runs silently: "1 change CONFIG.XML"
pumps() { "$PUMPS" --tell "$DOCS_FLEET/control" "$1" >/dev/null; }

# Usage: fetch_pump NUMBER FOLDER ; what a technician copied from a pump: 12 is at 192.0.2.12
fetch_pump() {
	mkdir -p "$2"
	# No login, which the pump wants none of, and active: as the pump has it.
	python3 - "127.0.0.$1" "$DOCS_PORT" "$2" <<-'END'
		import ftplib, os, sys
		host, port, folder = sys.argv[1:]
		ftp = ftplib.FTP()
		ftp.connect(host, int(port), timeout=30)
		ftp.set_pasv(False)
		for name in ("CONFIG.XML", "HEAD_F~1", "STORED~1", "HEAD_C~1"):
		    with open(os.path.join(folder, name), "wb") as file:
		        ftp.retrbinary("RETR " + name, file.write)
	END
}

# A set-up as a hospital has it, for documents that begin after the installation. Usage: docs_site [APPROVALS]
docs_site() {
	mkdir -p ~/site/state ~/site/credentials
	cp -r "$srcdir/conf/models.d" ~/site/models.d
	cat >~/site/pumpwatch.conf <<-END
		[pumpwatch]
		site = sample-site
		approvals = ${1:-0}
		state = state
		signers = allowed_signers
		puller = $PUMPWATCH_PULLER
		[pull]
		pullers = 1
		visits = 1
		[sink file]
		type = spool
		path = events.log
	END
	export PUMPWATCH_CONFIG=$HOME/site/pumpwatch.conf
}

# From a document's words to this host's, and back.
docs_here() {
	sed -E -e "s#(ftp://)192\.0\.2\.([0-9]+)#\1127.0.0.\2:$DOCS_PORT#g" -e "s#192\.0\.2\.#127.0.0.#g" \
		-e "s#ftp://\{address\}#ftp://{address}:$DOCS_PORT#g" -e "s#/etc/pumpwatch/models\.d#$srcdir/conf/models.d#g"
}
docs_there() {
	sed -E -e "s#127\.0\.0\.([0-9]+):$DOCS_PORT#192.0.2.\1#g" -e "s#127\.0\.0\.#192.0.2.#g" \
		-e "s#\{address\}:$DOCS_PORT#{address}#g" -e "s#$HOME#/home/sample#g" -e "s#$srcdir/conf/models\.d#/etc/pumpwatch/models.d#g"
}

# Usage: docs_split DOCUMENT FOLDER [LANGUAGE] ; each block in a file NUMBER.KIND of the folder: console,
# run, or file with its path on the first line. With a language only its blocks, as NUMBER.LANGUAGE.
docs_split() {
	rm -rf "$2"
	mkdir -p "$2"
	awk -v folder="$2" -v language="${3:-}" '
		function to(kind) { name = sprintf("%s/%04d.%s", folder, NR, kind) }
		!inside && !comment && /^<!-- file: .* -->$/ { path = $3; next }
		!inside && !comment && /^<!-- run$/ { comment = 1; to(language == "" ? "run" : "x"); next }
		comment && /^-->$/ { comment = 0; close(name); next }
		comment { if (language == "") print >name; next }
		!inside && /^```/ {
			inside = 1; kind = substr($0, 4); wanted = 0
			if (language != "") wanted = (kind == language)
			else if (path != "") wanted = 1
			else wanted = (kind == "console")
			to(language != "" ? language : path != "" ? "file" : "console")
			if (wanted && path != "" && language == "") print path >name
			else if (wanted) printf "" >name
			next
		}
		inside && /^```$/ { if (wanted) close(name); inside = 0; path = ""; next }
		inside && wanted { print >name }' "$1"
}

# Usage: docs_matches EXPECTED ACTUAL ; files, "…" as above
docs_matches() {
	python3 - "$1" "$2" <<'END'
import re, sys
expected, actual = (open(path, encoding="utf-8").read() for path in sys.argv[1:])
pattern = ""
for line in expected.splitlines():
    if line == "…":
        pattern += r"(?:.*\n)*?"
    else:
        pattern += "[^\n]*?".join(re.escape(part.rstrip() if part == line else part) for part in line.split("…")) + r"[ ]*\n"
lines = "".join(line.rstrip() + "\n" for line in actual.splitlines())
sys.exit(0 if re.fullmatch(pattern, lines) else 1)
END
}

# Run one command of a document and hold its output to what is shown. Usage: docs_command COMMAND EXPECTED
docs_command() {
	local wanted=0 status shown
	wanted=$(sed -nE 's/^\(exit code ([0-9]+)\)$/\1/p' <<<"$2")
	shown=$(sed -E '/^\(exit code [0-9]+\)$/d' <<<"$2")
	printf '%s' "${shown:+$shown
}" >"$TEMPORARY/expected"
	# In this shell, so that cd and variables last.
	eval "$(docs_here <<<"$1")" >"$TEMPORARY/printed" 2>&1 </dev/null
	status=$?
	docs_there <"$TEMPORARY/printed" >"$TEMPORARY/actual"
	[ -z "${DOCS_SHOW:-}" ] || { echo "[$EPOCHREALTIME] \$ $1"; cat "$TEMPORARY/actual"; [ "$status" = 0 ] || echo "(exit code $status)"; } >>"$DOCS_SHOW"
	if [ "$status" != "${wanted:-0}" ]; then
		echo "exit code $status instead of ${wanted:-0} of: $1"
		show <"$TEMPORARY/actual"
		return 1
	fi
	docs_matches "$TEMPORARY/expected" "$TEMPORARY/actual" && return 0
	echo "printed something else: $1"
	diff "$TEMPORARY/expected" "$TEMPORARY/actual" | show
	return 1
}

# Run the commands of one block. Counts in $DOCS_RAN.
docs_block() {
	local line command='' expected='' open=no
	while IFS= read -r line || [ -n "$line" ]; do
		if [[ $line == '$ '* ]]; then
			[ -z "$command" ] || docs_command "$command" "$expected" || return 1
			command=${line#'$ '} expected='' open=yes
			DOCS_RAN=$((DOCS_RAN + 1))
		elif [ "$open" = yes ] && [[ $line == '> '* || $line == '>' ]]; then
			line=${line#>}
			command+=$'\n'${line# }
		else
			open=no
			expected+=${expected:+$'\n'}$line
		fi
	done <"$1"
	[ -z "$command" ] || docs_command "$command" "$expected"
}

# What each document begins with: a home of its own, and pumps without faults.
docs_home() {
	HOME=$TEMPORARY/home-$(basename "$1" .md)
	mkdir -p "$HOME"
	export HOME PATH="$PROGRAMS:$PATH" PUMPWATCH_PULLER="$PROGRAMS/pumpwatch-puller"
	cd "$HOME" || return 1
	pumps "all heal"
	unset -f pumpwatch # the program itself from here on
}

docs_all() {
	local block path
	docs_home "$1" || return 1
	docs_split "$srcdir/$1" "$TEMPORARY/blocks"
	for block in "$TEMPORARY/blocks"/*; do
		case $block in
		*.console) docs_block "$block" || return 1 ;;
		*.run)
			eval "$(docs_here <"$block")" >"$TEMPORARY/printed" 2>&1 </dev/null || {
				echo "what is to be run silently failed: $(cat "$block")"
				show <"$TEMPORARY/printed"
				return 1
			}
			;;
		*.file)
			path=$(head -n 1 "$block")
			path=${path/#\~/$HOME}
			mkdir -p "$(dirname "$path")"
			tail -n +2 "$block" | docs_here >"$path"
			;;
		esac
	done
	echo "        $DOCS_RAN examples ran"
}

# Usage: docs_run DOCUMENT
docs_run() {
	local DOCS_RAN=0
	(
		trap - EXIT
		docs_all "$1"
	) >"$TEMPORARY/run" 2>&1 || { fail "$1:"; cat "$TEMPORARY/run"; return; }
	cat "$TEMPORARY/run"
	grep -qE ' [1-9][0-9]* examples ran' "$TEMPORARY/run" || fail "$1: nothing was run"
}
