#!/bin/bash
# The daemon and its outbox: heartbeats, and what it does when too much waits for a receiver or too
# little is free on the disk.
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
PATH=$PATH:/usr/sbin:/sbin

fleet=$TEMPORARY/fleet
fleet_start "$fleet" --pumps 1 || exit 1
listen_as_systemd
set_up "$TEMPORARY/site" '[sink siem]' 'type = spool' "path = $TEMPORARY/siem/events.log" '[sweep]' 'timezone = UTC' \
	'[alerts]' 'heartbeat = 10s' 'backlog = 1 MiB'
sed -i '/^site = /a keep-free = 0' "$CONFIG"
for i in 1 2 3; do enroll "PUMP-$i" || exit 1; done
approve PUMP-1 1 || exit 1
spool=$TEMPORARY/site/events.log
FILES=1900 # so many in one device

# The sink "siem" is away while the folder of its file is.
siem=$TEMPORARY/siem/events.log
bring_back() { mkdir "$TEMPORARY/siem"; }
take_away() { cat "$siem" >>"$TEMPORARY/received" && rm -r "$TEMPORARY/siem"; }

beats() { query "SELECT count(*) FROM record WHERE text LIKE '%\"type\":\"HEARTBEAT\"%'"; }
beats_reach() { [ "$(beats)" -ge "$1" ]; }
# Usage: grow ASSET ; gives it more files than 1 MiB of events can tell
grow() {
	local i long
	long=$(printf 'x%.0s' {1..200})
	for ((i = 0; i < FILES; i++)); do echo "$i" >"$TEMPORARY/$1/firmware/sample-$long-$i.bin"; done
}

a_heartbeat_comes_at_the_start_and_at_its_interval() {
	bring_back
	start_daemon || return
	await beats_reach 1
	await beats_reach 2
	await grep -q ' HEARTBEAT ' "$spool"
	await grep -q ' HEARTBEAT ' "$siem"
	local apart
	apart=$(query "SELECT max(at) - min(at) FROM (SELECT json_extract(text, '\$.at') AS at FROM record
		WHERE text LIKE '%\"type\":\"HEARTBEAT\"%' ORDER BY seq LIMIT 2)")
	[ "$apart" -ge 10000000 ] || fail "two heartbeats are $apart µs apart"
	end_daemon
	take_away
}

too_much_that_waits_keeps_sweeps_from_starting() {
	grow PUMP-2
	exits 1 pumpwatch --quiet sweep PUMP-2
	exits 69 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "the outbox is full: "
	contains "$OUTPUT" "sink siem (backlog = 1.0 MiB)"
	printf '[window now]\nwhen = %s\n' "$(window_now)" >>"$CONFIG"
	local before
	before=$(beats)
	: >"$LOG"
	start_daemon || return
	await status_has "FULL: the outbox is full: "
	await log_has "nothing is visited until there is room, and nothing is dropped"
	await log_has "sink siem is away: $siem"
	lacks "$(cat "$LOG")" "sweep now begins"
	same "$(beats)" "$before" "the number of heartbeats"
	contains "$(pumpwatch status)" "no more alerts can be kept: the outbox is full: "
	contains "$(pumpwatch --json status | jq -r .outbox_full)" "sink siem"
}

they_start_when_the_receiver_has_taken_it() {
	fleet_tell "$fleet" "all hang connect"
	pumpwatch --quiet enroll PUMP-N --no-test --model medfusion-4000 \
		--link "ftp://127.0.0.1:$(fleet_port "$fleet" 1)/" --serial "$(fleet_serial "$fleet" 1)"
	bring_back
	await log_has "the outbox has room again"
	await log_has "sink siem is back"
	await status_lacks "FULL: "
	await log_has "sweep now begins"
	same "$(pumpwatch --json status | jq .outbox_full)" null
}

only_the_last_hangs() { status_has "3 of 4 done, 1 running"; }

a_sweep_that_runs_ends_early() {
	await only_the_last_hangs
	take_away
	grow PUMP-3
	exits 1 pumpwatch --quiet sweep PUMP-3
	await log_has "stopped: the outbox is full: "
	await status_has "FULL: the outbox is full: "
	same "$(query "SELECT stopped, why_stopped LIKE 'the outbox is full: %' FROM sweep WHERE window_name = 'now'")" "1|1"
	same "$(query 'SELECT count(*) FROM lease')" 0 "the number of leases"
}

it_goes_on_with_the_rest_in_the_same_opening() {
	fleet_tell "$fleet" "all heal"
	: >"$LOG"
	bring_back
	await log_has "sweep now begins"
	await log_has "sweep now ended: 1 devices"
	same "$(query "SELECT asset, count(*) FROM visit JOIN device ON device.number = visit.device
		JOIN sweep ON sweep.number = visit.sweep WHERE window_name = 'now' GROUP BY asset" | tr '\n' ' ')" \
		"PUMP-1|1 PUMP-2|1 PUMP-3|1 PUMP-N|1 "
	end_daemon
}

nothing_was_dropped() {
	is_gapless "$spool"
	cat "$siem" >>"$TEMPORARY/received"
	is_gapless "$TEMPORARY/received"
}

too_little_room_on_the_disk_is_as_bad() {
	sed -i -e '/window now/,$d' -e 's/^keep-free = .*/keep-free = 1000000 GiB/' "$CONFIG"
	exits 69 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "make room in $STATE"
	start_daemon || return
	await status_has "are free (keep-free = "
	sed -i -e 's/^keep-free = .*/keep-free = 0/' -e 's/^backlog = .*/backlog = 64 MiB/' "$CONFIG"
	kill -HUP "$DAEMON"
	await status_lacks "FULL: "
}

# The disk is full to the daemon while no file of its may grow; others still append.
a_full_disk_loses_nothing() {
	prlimit --pid "$DAEMON" --fsize=0:unlimited
	rm -f "$TEMPORARY"/PUMP-[23]/firmware/sample-*
	exits 0 pumpwatch --quiet sweep PUMP-2 PUMP-3
	await status_has "(away)"
	await log_has "sink file is away: "
	prlimit --pid "$DAEMON" --fsize=unlimited:unlimited
	await status_has "sink file: 0 waiting"
	await status_has "sink siem: 0 waiting"
	end_daemon
	is_gapless "$spool"
	cat "$siem" >>"$TEMPORARY/received"
	is_gapless "$TEMPORARY/received"
	same "$(query 'PRAGMA integrity_check')" ok
	exits 0 pumpwatch audit verify
}

run_case a_heartbeat_comes_at_the_start_and_at_its_interval
run_case too_much_that_waits_keeps_sweeps_from_starting
run_case they_start_when_the_receiver_has_taken_it
run_case a_sweep_that_runs_ends_early
run_case it_goes_on_with_the_rest_in_the_same_opening
run_case nothing_was_dropped
run_case too_little_room_on_the_disk_is_as_bad
run_case a_full_disk_loses_nothing
finish
