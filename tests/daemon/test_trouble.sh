#!/bin/bash
# The daemon when its surroundings fail: a full disk, a receiver that is away, a stop.
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
set_up "$TEMPORARY/site" '[sink log]' 'type = syslog' "path = $TEMPORARY/log.socket" '[sweep]' 'timezone = UTC'
for i in 1 2 3; do enroll "PUMP-$i" || exit 1; done
approve PUMP-1 1 || exit 1
echo changed >"$TEMPORARY/PUMP-2/firmware/main.bin"

# The disk is full to the daemon while no file of its may grow.
disk_is_full() { prlimit --pid "$DAEMON" --fsize=0:unlimited; }
disk_has_room() { prlimit --pid "$DAEMON" --fsize=unlimited:unlimited; }

events_wait_while_the_receiver_is_away() {
	exits 4 pumpwatch sweep PUMP-2
	contains "$OUTPUT" "sink log: "
	contains "$OUTPUT" "the daemon or the next run sends them"
	start_daemon || return
	await status_has "sink log: "
	await status_has " waiting (away)"
	await status_has "sink file: 0 waiting"
}

they_arrive_when_it_is_back() {
	cat >"$TEMPORARY/rsyslog.conf" <<-END
		module(load="imuxsock" SysSock.Use="off")
		input(type="imuxsock" Socket="$TEMPORARY/log.socket" RateLimit.Interval="0" CreatePath="on")
		template(name="line" type="string" string="%rawmsg%\n")
		action(type="omfile" file="$TEMPORARY/received" template="line")
	END
	rsyslogd -n -C -f "$TEMPORARY/rsyslog.conf" -i "$TEMPORARY/rsyslog.pid" >"$TEMPORARY/rsyslog.output" 2>&1 &
	keep_pid $!
	await status_has "sink log: 0 waiting"
	await grep -q SWEEP_SUMMARY "$TEMPORARY/received"
	contains "$(cat "$TEMPORARY/received")" FILE_MODIFIED
	end_daemon
}

a_full_disk_is_told() {
	fleet_tell "$fleet" "all hang connect"
	pumpwatch --quiet enroll PUMP-N --no-test --model medfusion-4000 \
		--link "ftp://127.0.0.1:$(fleet_port "$fleet" 1)/" --serial "$(fleet_serial "$fleet" 1)"
	printf '[window now]\nwhen = %s\n' "$(window_now)" >>"$CONFIG"
	start_daemon || return
	disk_is_full
	await status_has "TROUBLE: "
	contains "$(status)" "$STATE/pumpwatch.db"
	await log_has "it is tried again"
}

a_signal_stops_it_though_nothing_can_be_written() {
	kill -USR1 "$DAEMON"
	await status_has "STOPPED by hand"
	await test -e "$STATE/stop"
	rm -f "$STATE/stop"
	await log_has "the stop is lifted"
}

it_recovers_when_there_is_room() {
	disk_has_room
	await visits_reach 3
	await status_lacks "TROUBLE: "
	await log_has "it works again after: "
	same "$(query 'PRAGMA integrity_check')" ok
}

is_running() { status_has "1 running"; }

a_signal_stops_visits_at_once() {
	await is_running
	kill -USR1 "$DAEMON"
	await log_has "stopped: stopped by SIGUSR1"
	await status_has "STOPPED by hand"
	exits 69 pumpwatch sweep
	contains "$OUTPUT" "a stop is in force (stopped by SIGUSR1)"
	same "$(pumpwatch --json audit list fleet --most 1 | jq -r '.[0] | [.by, .verb, .why] | join("|")')" \
		"pumpwatchd|stop|SIGUSR1"
	exits 0 pumpwatch resume
	await status_lacks "STOPPED"
	end_daemon
	is_gapless "$TEMPORARY/site/events.log"
}

a_stop_by_hand_is_heeded() {
	sed -i '/window now/,$d' "$CONFIG"
	printf '[window again]\nwhen = %s\n' "$(window_now)" >>"$CONFIG"
	start_daemon || return
	await is_running
	exits 0 pumpwatch stop --reason "sample reason"
	await log_has "stopped: stop in force: sample reason"
	await status_has "STOPPED by hand"
	pumpwatch --quiet resume
	end_daemon
}

run_case events_wait_while_the_receiver_is_away
run_case they_arrive_when_it_is_back
run_case a_full_disk_is_told
run_case a_signal_stops_it_though_nothing_can_be_written
run_case it_recovers_when_there_is_room
run_case a_signal_stops_visits_at_once
run_case a_stop_by_hand_is_heeded
finish
