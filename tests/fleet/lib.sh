# shellcheck shell=bash disable=SC2317 # functions for others
# Starts, changes and reads simulated pumps. Sourced after tests/lib.sh.
# PUMPS is the program; a fleet lives in a folder that holds its ports, record and control.

PUMPS=${PUMPS:-${builddir:-.}/tests/fleet/pumps}

# What may be sent to a pump, whoever sends it.
FLEET_PERMITTED='USER PASS TYPE PASV EPSV PORT EPRT CWD PWD SIZE MDTM MLSD LIST NLST RETR FEAT OPTS
	PBSZ PROT AUTH NOOP QUIT'

# Usage: fleet_start FOLDER [OPTION...] ; sets FLEET_PID
fleet_start() {
	local folder=$1
	shift
	mkdir -p "$folder"
	rm -f "$folder/ports" "$folder/control"
	"$PUMPS" --ports "$folder/ports" --record "$folder/record" --control "$folder/control" "$@" \
		2>"$folder/errors" </dev/null &
	FLEET_PID=$!
	keep_pid "$FLEET_PID"
	await fleet_is_up "$folder"
	[ -s "$folder/ports" ] && return 0
	fail "the pumps did not start:"
	show <"$folder/errors"
	return 1
}

# Up, or gone: either way there is nothing to wait for.
fleet_is_up() { [ -s "$1/ports" ] || is_gone "$FLEET_PID"; }

# Usage: fleet_port FOLDER PUMP, fleet_address, fleet_serial
fleet_address() { awk -v n="$2" '$1 == n { print $2 }' "$1/ports"; }
fleet_port() { awk -v n="$2" '$1 == n { print $3 }' "$1/ports"; }
fleet_serial() { awk -v n="$2" '$1 == n { print $4 }' "$1/ports"; }

# Usage: fleet_tell FOLDER "PUMPS FAULT ARGUMENTS" ; in force when it returns.
fleet_tell() {
	local answer
	answer=$("$PUMPS" --tell "$1/control" "$2" 2>&1) || fail "\"$2\": $answer"
}

# Usage: fleet_most FOLDER ; the most control connections that any pump saw at once.
fleet_most() { "$PUMPS" --tell "$1/control" "all most" | awk '$2 > most { most = $2 } END { print most + 0 }'; }

# Usage: connected FOLDER ; whether the first pump has a control connection now.
connected() { [ "$("$PUMPS" --tell "$1/control" "1 most" | awk '{ print $3 }')" -ge 1 ]; }

# Usage: fleet_verbs FOLDER [PUMP] ; every command that came, once, sorted.
fleet_verbs() {
	awk -v n="${2:-}" '(n == "" || $1 == n) && $3 ~ /^[A-Z]/ { print $3 }' "$1/record" | sort -u | tr '\n' ' '
}

# Usage: fleet_forbidden FOLDER ; the lines of the record that must not be there.
fleet_forbidden() {
	awk -v permitted="$FLEET_PERMITTED" '
		BEGIN { n = split(permitted, words); for (i = 1; i <= n; i++) ok[words[i]] = 1 }
		$3 == "violation" || ($3 !~ /^[a-z]/ && !($3 in ok))' "$1/record"
}

fleet_stop() { end_pid "$FLEET_PID"; }
