#!/bin/bash
# The daemon as systemd runs it: readiness, status, reload, watchdog, an end in time, and sweeps
# that go on after a restart and after a crash.
# shellcheck disable=SC2119,SC2317 # cases are called by name, options are optional
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
# shellcheck source=tests/daemon/lib.sh
. "$srcdir/tests/daemon/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM

DEVICES=8
fleet=$TEMPORARY/fleet
fleet_start "$fleet" --pumps 1 || exit 1
listen_as_systemd
set_up "$TEMPORARY/site" '[sweep]' 'timezone = UTC'
for ((i = 1; i <= DEVICES; i++)); do enroll "PUMP-$i" || exit 1; done
approve PUMP-1 1 || exit 1
cp "$CONFIG" "$CONFIG.quiet"
pumpwatch --quiet enroll PUMP-N --no-test --model medfusion-4000 \
	--link "ftp://127.0.0.1:$(fleet_port "$fleet" 1)/" --serial "$(fleet_serial "$fleet" 1)"

check_loads_the_configuration_and_ends() {
	exits 0 "$PROGRAMS/pumpwatchd" --config "$CONFIG" --check
	contains "$OUTPUT" "$CONFIG is fine: 6 models, 0 windows, 1 sinks, 0 keys of signers"
	exits 64 "$PROGRAMS/pumpwatchd" --bogus
	exits 64 "$PROGRAMS/pumpwatchd" --config "$CONFIG" word
	exits 0 "$PROGRAMS/pumpwatchd" --help
	exits 0 "$PROGRAMS/pumpwatchd" --version
	exits 78 "$PROGRAMS/pumpwatchd" --config "$TEMPORARY/none" --check
}

without_a_window_it_is_idle_and_says_so() {
	start_daemon || return
	log_has "has no [window NAME]: no device is visited by itself" || fail "$(cat "$LOG")"
	await status_has "idle, no window is configured"
	await status_has "sink file: 0 waiting"
	contains "$(status)" "evaluation mode: no signatures"
}

a_second_one_is_refused() {
	exits 69 "$PROGRAMS/pumpwatchd" --config "$CONFIG"
	contains "$OUTPUT" "$STATE/outbox.lock"
}

a_reload_takes_the_new_configuration() {
	: >"$NOTES"
	printf '[window later]\nwhen = daily %s-%s\n' "$(date -u -d '+3 hours' +%H:%M)" "$(date -u -d '+4 hours' +%H:%M)" >>"$CONFIG"
	kill -HUP "$DAEMON"
	await grep -q '^READY=1' "$NOTES"
	grep -Eq '^RELOADING=1 MONOTONIC_USEC=[0-9]+$' "$NOTES" || fail "$(cat "$NOTES")"
	await status_has "idle, next window opens $(date -u -d '+3 hours' +%Y-%m-%dT%H):"
	await has_loads 2
	contains "$(pumpwatch --json audit list "$CONFIG" --most 1)" "configuration $(sha256sum <"$CONFIG" | cut -d' ' -f1), "
	contains "$(pumpwatch --json audit list "$CONFIG" --most 1)" '"by": "pumpwatchd"'
}
# At the start, and at the reload.
has_loads() {
	[ "$(query "SELECT count(*) FROM record WHERE subject = '$CONFIG' AND text LIKE '%\"by\":\"pumpwatchd\"%'")" = "$1" ]
}

a_bad_configuration_leaves_the_old_one_in_force() {
	: >"$NOTES"
	echo "whenever = now" >>"$CONFIG"
	kill -HUP "$DAEMON"
	await grep -q '^READY=1' "$NOTES"
	await log_has "the configuration stays as it was: $CONFIG:$(wc -l <"$CONFIG"): "
	await status_has "idle, next window opens"
	is_gone "$DAEMON" && fail "the daemon is gone"
	has_loads 2 || fail "a configuration that was refused is recorded as loaded"
	end_daemon
	grep -q '^STOPPING=1' "$NOTES" || fail "no STOPPING=1 in: $(cat "$NOTES")"
}

# Begins here, and ends some cases below.
a_sweep_shows_live_counts() {
	fleet_tell "$fleet" "all hang connect"
	cp "$CONFIG.quiet" "$CONFIG"
	printf '[window now]\nwhen = %s\n' "$(window_now)" >>"$CONFIG"
	start_daemon WATCHDOG_USEC=2000000 || return
	await status_has "sweep now: "
	await visits_reach 2
	await grep -Eq 'STATUS=sweep now: [1-8] of 9 done, [01] running' "$NOTES"
}

watchdog_is_fed() {
	await fed_three_times
}
fed_three_times() { [ "$(grep -c '^WATCHDOG=1' "$NOTES")" -ge 3 ]; }

hanging_is_seen() { status_has "1 running" && visits_reach 2; }

it_ends_in_time_though_a_pump_hangs() {
	await hanging_is_seen
	end_daemon
	same "$(query 'SELECT count(*) FROM lease')" 0 "the number of leases left"
}

a_sweep_goes_on_after_a_restart() {
	fleet_tell "$fleet" "all heal"
	local before
	before=$(visits)
	start_daemon || return
	await visits_reach $((before + 1))
}

a_sweep_goes_on_after_a_crash() {
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	start_daemon || return # at once: the leases of a process that is gone hold nothing up
	await log_has "sweep now ended: 9 devices"
}

nobody_was_visited_twice() {
	same "$(query 'SELECT count(*) FROM sweep')" 1 "the number of sweeps"
	same "$(query 'SELECT count(DISTINCT device) FROM visit')" 9 "the number of devices visited"
	same "$(visits)" 9 "the number of visits"
	answers 0 pumpwatch --json status
	same "$(jq .results.verified <<<"$ANSWER")" 8 "verified"
	await status_has "idle, next window opens"
}

every_event_is_in_the_spool_once_and_in_order() {
	await sent_all
	is_gapless "$TEMPORARY/site/events.log"
	end_daemon
}
sent_all() { pumpwatch --json status | jq -e '.waiting.file == 0'; }

no_second_sweep_in_one_opening() {
	: >"$LOG"
	start_daemon || return
	await status_has "idle"
	sleep 1.5
	lacks "$(cat "$LOG")" "begins"
}

# Events of a daemon that is killed while it sends.
sequence_has_no_gap_after_kill_9() {
	local try
	for try in 1 2; do
		pumpwatch --quiet edit PUMP-1 state=active
		echo "$try" >"$TEMPORARY/PUMP-1/firmware/main.bin"
		pumpwatch --quiet sweep PUMP-1 >/dev/null 2>&1
		kill -KILL "$DAEMON"
		wait "$DAEMON" 2>/dev/null
		start_daemon || return
	done
	await sent_all
	is_gapless "$TEMPORARY/site/events.log"
	end_daemon
}

run_case check_loads_the_configuration_and_ends
run_case without_a_window_it_is_idle_and_says_so
run_case a_second_one_is_refused
run_case a_reload_takes_the_new_configuration
run_case a_bad_configuration_leaves_the_old_one_in_force
run_case a_sweep_shows_live_counts
run_case watchdog_is_fed
run_case it_ends_in_time_though_a_pump_hangs
run_case a_sweep_goes_on_after_a_restart
run_case a_sweep_goes_on_after_a_crash
run_case nobody_was_visited_twice
run_case every_event_is_in_the_spool_once_and_in_order
run_case no_second_sweep_in_one_opening
run_case sequence_has_no_gap_after_kill_9
finish
