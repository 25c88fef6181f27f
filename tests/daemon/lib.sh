# shellcheck shell=bash disable=SC2034,SC2154 # variables for others and from others
# Starts pumpwatchd as systemd would. Sourced after tests/lib.sh and tests/cli/lib.sh.

NOTES=$TEMPORARY/notes LOG=$TEMPORARY/log

# Listen for what the daemon tells systemd: each notification is a line of $NOTES.
listen_as_systemd() {
	python3 "$srcdir/tests/daemon/notify_socket.py" "$TEMPORARY/notify" "$NOTES" &
	keep_pid $!
	await test -S "$TEMPORARY/notify"
}

# A window that is open now and for one or two more minutes; its first tries are spread over
# some seconds.
window_now() { echo "daily $(date -u -d '-1 min' +%H:%M)-$(date -u -d '+2 min' +%H:%M)"; }

# Usage: start_daemon [NAME=VALUE...] ; sets DAEMON; returns when it is ready or gone
start_daemon() {
	: >"$NOTES"
	# Through a pipe, so that a limit on files does not silence it.
	env NOTIFY_SOCKET="$TEMPORARY/notify" "$@" "$PROGRAMS/pumpwatchd" --config "$CONFIG" \
		> >(cat >>"$LOG") 2>&1 </dev/null &
	DAEMON=$!
	keep_pid "$DAEMON"
	await ready_or_gone
	grep -q '^READY=1' "$NOTES" && return 0
	fail "the daemon is not ready:"
	show <"$LOG"
	return 1
}
ready_or_gone() { is_gone "$DAEMON" || grep -q '^READY=1' "$NOTES"; }

# The last status that was told.
status() { sed -n 's/^STATUS=//p' "$NOTES" | tail -n 1; }
status_has() { [[ $(status) == *"$1"* ]]; }
status_lacks() { [[ $(status) != *"$1"* ]]; }
log_has() { grep -qF -- "$1" "$LOG"; }

# How many visits the store has, of all or of one sweep.
visits() { query "SELECT count(*) FROM visit"; }
visits_reach() { [ "$(visits)" -ge "$1" ]; }
query() { sqlite3 -readonly -cmd '.timeout 5000' "$STATE/pumpwatch.db" "$1"; }

# End the daemon; it must be gone within five seconds.
end_daemon() {
	local started=${EPOCHREALTIME/[.,]/} took
	kill -TERM "$DAEMON"
	wait "$DAEMON"
	same $? 0 "the daemon's exit code"
	took=$((${EPOCHREALTIME/[.,]/} - started))
	[ "$took" -lt 5000000 ] || fail "it took $took µs to end"
}

# The sequence numbers in a file of events, each once, and whether none is missing from 1 on.
sequence() { grep -oE ' seq="[0-9]+"' "$1" | tr -cd '0-9\n' | sort -nu; }
is_gapless() {
	local expected
	expected=$(query 'SELECT max(seq) FROM record')
	diff <(sequence "$1") <(seq "$expected") >"$TEMPORARY/differs" && return 0
	fail "the sequence in ${1##*/} is not 1 to $expected:"
	show <"$TEMPORARY/differs"
}
