#!/bin/bash
# The page and the metrics that the daemon and a sweep by hand write: after each sweep, whole at all
# times, and what cannot be written stops nothing.
# shellcheck disable=SC2119,SC2317 # cases are called by name, options are optional
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/daemon/lib.sh
. "$srcdir/tests/daemon/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM
PATH=$PATH:/usr/sbin:/sbin
# Unpacked by scripts/dependencies; or installed.
promtool=/usr/local/lib/pumpwatch-check/prometheus/usr/bin/promtool
[ -x "$promtool" ] || promtool=$(command -v promtool) || { echo "promtool is missing: scripts/dependencies check"; exit 1; }

listen_as_systemd
set_up "$TEMPORARY/site" '[sweep]' 'timezone = UTC' '[alerts]' 'heartbeat = 10s' '[report]' \
	'page = ../web/index.html' 'metrics = ../web/pumpwatch.prom'
sed -i '/^site = /a keep-free = 0' "$CONFIG"
mkdir "$TEMPORARY/web"
# As the messages have it.
written=$TEMPORARY/site/../web/index.html
page=$TEMPORARY/web/index.html metrics=$TEMPORARY/web/pumpwatch.prom
for i in 1 2; do enroll "PUMP-$i" || exit 1; done
approve PUMP-1 1 || exit 1

is_published() { [ -s "$page" ] && [ -s "$metrics" ]; }
# Usage: metric NAME[{LABELS}] ; its value
metric() { awk -v name="$1" 'index($0, name " ") == 1 { print $NF }' "$metrics"; }
has_metric() { [ "$(metric "$1")" = "$2" ]; }
written_after() { awk -v since="$1" '$1 == "pumpwatch_report_timestamp_seconds" { exit !($2 > since) }' "$metrics"; }
now() { date +%s; }
passes_promtool() {
	# shellcheck disable=SC2016 # for that shell
	exits 0 sh -c '"$1" check metrics <"$2"' sh "$promtool" "$metrics"
	same "$OUTPUT" "" "what promtool says"
}

a_sweep_by_hand_writes_both() {
	exits 0 pumpwatch --quiet sweep --all
	is_published || fail "they are not there"
	passes_promtool
	same "$(metric 'pumpwatch_device_results{result="verified"}')" 2
	same "$(metric pumpwatch_last_sweep_devices)" 2
	same "$(metric 'pumpwatch_build_info{version="'"$(pumpwatch --version | awk '{ print $NF }')"'",site="sample-site"}')" 1
	same "$(stat -c %a "$page" "$metrics" | sort -u)" 644 "their mode"
	same "$(tail -n 1 "$metrics")" "# EOF"
}

the_daemon_writes_at_its_start_and_with_heartbeats() {
	rm "$page" "$metrics"
	start_daemon || return
	await is_published
	local since
	since=$(now)
	await written_after "$since"
}

# Each reading must be whole, while it is written again and again.
read_on() {
	while [ ! -e "$TEMPORARY/enough" ]; do
		[ "$(tail -n 1 "$metrics")" = "# EOF" ] || echo "the metrics end too early" >>"$TEMPORARY/torn"
		[ -s "$page" ] || echo "the page is not there" >>"$TEMPORARY/torn"
		echo >>"$TEMPORARY/readings"
	done
}

it_writes_after_each_sweep_and_readers_see_whole_files() {
	: >"$TEMPORARY/torn"
	read_on &
	local reader=$! i
	keep_pid "$reader"
	echo changed >"$TEMPORARY/PUMP-2/firmware/main.bin"
	printf '[window now]\nwhen = %s\n' "$(window_now)" >>"$CONFIG"
	kill -HUP "$DAEMON"
	await has_metric 'pumpwatch_device_results{result="drifted"}' 1
	await has_metric 'pumpwatch_alerts_open{severity="critical"}' 1
	passes_promtool
	for i in {1..20}; do pumpwatch --quiet sweep PUMP-1; done
	touch "$TEMPORARY/enough"
	wait "$reader"
	same "$(cat "$TEMPORARY/torn")" "" "what a reader saw"
	[ "$(wc -l <"$TEMPORARY/readings")" -gt 20 ] || fail "there were hardly any readings"
	same "$(find "$TEMPORARY/web" -type f | wc -l)" 2 "the number of files"
}

# A stop that comes or goes is a reason to write, too.
turn_stop() {
	pumpwatch --quiet stop --reason sample
	await status_has "STOPPED by hand"
	pumpwatch --quiet resume
	await status_lacks "STOPPED by hand"
}

a_stop_is_in_the_metrics_at_once() {
	pumpwatch --quiet stop --reason sample
	await has_metric pumpwatch_stop_in_force 1
	pumpwatch --quiet resume
	await has_metric pumpwatch_stop_in_force 0
}

what_cannot_be_written_is_told_once_and_stops_nothing() {
	: >"$LOG"
	local before
	before=$(visits)
	mv "$TEMPORARY/web" "$TEMPORARY/aside"
	turn_stop
	await log_has "index.html: cannot be written beside: No such file or directory; the devices are visited all the same"
	await status_has "TROUBLE: $written"
	exits 0 pumpwatch --quiet sweep PUMP-1
	contains "$OUTPUT" "$written: cannot be written beside"
	[ "$(visits)" -gt "$before" ] || fail "nothing was visited"
	turn_stop
	turn_stop
	same "$(grep -c 'index.html: cannot' "$LOG")" 1 "how often it is told"
	mv "$TEMPORARY/aside" "$TEMPORARY/web"
	turn_stop
	await log_has "the page and the metrics are written again"
	await status_lacks "TROUBLE"
}

# The disk is full to the daemon while no file of its may grow.
a_full_disk_leaves_the_old_ones() {
	local before
	before=$(sha256sum "$page" "$metrics" | cut -d ' ' -f 1)
	prlimit --pid "$DAEMON" --fsize=0:unlimited
	turn_stop
	await status_has "index.html"
	same "$(sha256sum "$page" "$metrics" | cut -d ' ' -f 1)" "$before" "the files"
	same "$(find "$TEMPORARY/web" -type f | wc -l)" 2 "the number of files"
	prlimit --pid "$DAEMON" --fsize=unlimited:unlimited
	: >"$LOG"
	turn_stop
	await log_has "written again"
	end_daemon
}

run_case a_sweep_by_hand_writes_both
run_case the_daemon_writes_at_its_start_and_with_heartbeats
run_case it_writes_after_each_sweep_and_readers_see_whole_files
run_case a_stop_is_in_the_metrics_at_once
run_case what_cannot_be_written_is_told_once_and_stops_nothing
run_case a_full_disk_leaves_the_old_ones
finish
