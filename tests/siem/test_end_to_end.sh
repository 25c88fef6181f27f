#!/bin/bash
# From a pump to an alarm: a simulated pump is altered, pumpwatch finds it and sends it by RELP and
# TLS to the relay of conf/rsyslog, that to a SIEM, which also watches over the collector's silence.
# shellcheck disable=SC2119,SC2317 # cases are called by name, names are optional
set -u
srcdir=$(realpath "${srcdir:-.}")
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
# shellcheck source=tests/siem/lib.sh
. "$srcdir/tests/siem/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY JOURNAL_STREAM

FLEET=$TEMPORARY/fleet
EVENTS=$TEMPORARY/siem/events
ALARMS=$TEMPORARY/alarms

make_site() {
	set_up "$TEMPORARY/site" '[sink siem]' 'type = relp' "address = 127.0.0.1:$RELAY_PORT" \
		'peer-name = relay.example.org' "ca-file = $PKI/ca.pem" "cert-file = $PKI/collector.pem" \
		"key-file = $PKI/collector.key" 'timeout = 10s' '[alerts]' 'heartbeat = 10s'
	cat >"$TEMPORARY/site/models/simulated.ini" <<-END
		[model]
		title = Simulated pump
		[link]
		login = none
		[files]
		leave-out = WIFI_LOG
		firmware = HEAD_*
		drug-library = STORED~1
		config = CONFIG.XML
		other = **
	END
	pumpwatch --quiet enroll SAMPLE-1 --model simulated --no-test \
		--link "ftp://$(fleet_address "$FLEET" 1):$(fleet_port "$FLEET" 1)/" || return
	for kind in firmware drug-library config; do
		pumpwatch baseline learn SAMPLE-1 --kind "$kind" --release 1 -o "$TEMPORARY/$kind" &&
			pumpwatch baseline add "$TEMPORARY/$kind" || return
	done >/dev/null
}

# The watch over silence goes into the SIEM's configuration.
add_watch() {
	local call='call pumpwatch-silence'
	cp "$srcdir/conf/siem/rsyslog/pumpwatch-silence.conf" "$TEMPORARY/watch.conf"
	put "$TEMPORARY/watch.conf" \
		'/usr/local/libexec/pumpwatch-silence --confirm --state /var/lib/pumpwatch-silence/state --expect sample-site/collector.example.org' \
		"$srcdir/conf/siem/rsyslog/pumpwatch-silence --confirm --state $TEMPORARY/state --socket $TEMPORARY/log --margin 1" \
		/var/log/pumpwatch-silence.log "$TEMPORARY/watch.log" 'interval="60"' 'interval="1"'
	put "$TEMPORARY/siem.conf" $'\taction(type="mmpstrucdata"' $'\t'"$call"$'\n\taction(type="mmpstrucdata"'
	{
		cat "$TEMPORARY/watch.conf"
		echo 'module(load="imuxsock" SysSock.Use="off")'
		echo "input(type=\"imuxsock\" Socket=\"$TEMPORARY/log\" CreatePath=\"off\")"
		echo "if \$programname == \"pumpwatch-silence\" then action(type=\"omfile\" file=\"$ALARMS\")"
		cat "$TEMPORARY/siem.conf"
	} >"$TEMPORARY/whole.conf"
	mv "$TEMPORARY/whole.conf" "$TEMPORARY/siem.conf"
}

# Usage: event MSGID FILTER : what the SIEM understood of the first event of that kind
event() { jq -rs "map(select(.msgid == \"$1\")) | first | .\"rfc5424-sd\".\"pumpwatch@32473\" | $2" "$EVENTS.json"; }

has_event() { grep -q " $1 " "$EVENTS"; }

altered_file_is_in_the_siem_with_its_fields() {
	exits 0 pumpwatch --quiet sweep
	await has_event SWEEP_SUMMARY
	lacks "$(cat "$EVENTS")" FILE_MODIFIED
	fleet_tell "$FLEET" "1 change HEAD_F~1"
	exits 4 pumpwatch --quiet sweep
	await has_event FILE_MODIFIED
	await grep -q FILE_MODIFIED "$EVENTS.json"
	same "$(event FILE_MODIFIED '[.site, .asset, .path, .kind, .release, .action, .sev] | join(" ")')" \
		"sample-site SAMPLE-1 HEAD_F~1 firmware 1 opened 2" "the event"
	same "$(event FILE_MODIFIED '[.sha256, .sha256Old, .eid | length] | join(" ")')" "64 64 36" "lengths"
	[ "$(event FILE_MODIFIED .sha256)" != "$(event FILE_MODIFIED .sha256Old)" ] || fail "one digest"
}

test_of_the_sink_is_acknowledged() {
	exits 0 pumpwatch sink test siem
	contains "$OUTPUT" "acknowledged"
	await has_event SINK_TEST
}

relay_that_comes_back_gets_what_waited() {
	kill_rsyslogd "$RELAY_PID"
	fleet_tell "$FLEET" "1 change CONFIG.XML"
	exits 4 pumpwatch --quiet sweep
	start_rsyslogd relay "$RELAY_PORT" || return
	"$PROGRAMS/pumpwatchd" --config "$CONFIG" >"$TEMPORARY/daemon" 2>&1 </dev/null &
	DAEMON=$!
	keep_pid "$DAEMON"
	await grep -q 'FILE_MODIFIED .*path="CONFIG.XML"' "$EVENTS"
	await has_event HEARTBEAT
}

nothing_is_missing() {
	local seqs
	seqs=$(sed -nE 's/.* seq="([0-9]+)".*/\1/p' "$EVENTS" | sort -nu)
	same "$(head -n 1 <<<"$seqs")" 1 "the first"
	same "$(tail -n 1 <<<"$seqs")" "$(wc -l <<<"$seqs")" "the last"
}

collector_that_is_killed_is_missed() {
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	# Twice ten seconds and a margin from its last heartbeat.
	local try
	for ((try = 0; try < 1200; try++)); do
		grep -q "no heartbeat since" "$ALARMS" && break
		sleep 0.05
	done
	contains "$(cat "$ALARMS")" "sample-site/$(hostname): no heartbeat since"
	lacks "$(cat "$ALARMS")" missing
	same "$(wc -l <"$ALARMS")" 1 "alarms"
}

: >"$ALARMS"
fleet_start "$FLEET" --pumps 1 || exit 1
make_relay || exit 1
make_siem
add_watch
make_site || exit 1
start_rsyslogd siem "$SIEM_PORT" || exit 1
start_rsyslogd relay "$RELAY_PORT" || exit 1
RELAY_PID=$RSYSLOGD_PID
run_case altered_file_is_in_the_siem_with_its_fields
run_case test_of_the_sink_is_acknowledged
run_case relay_that_comes_back_gets_what_waited
run_case nothing_is_missing
run_case collector_that_is_killed_is_missed
finish
