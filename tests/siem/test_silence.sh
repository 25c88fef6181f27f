#!/bin/bash
# conf/siem/rsyslog in real life: rsyslogd runs the shipped watch, and alarms by its own socket.
# shellcheck disable=SC2317 # cases are called by name
set -u
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/siem/lib.sh
. "${srcdir:-.}/tests/siem/lib.sh"

PORT=$(free_port)
ALARMS=$TEMPORARY/alarms
STATE=$TEMPORARY/state
NAME=sample-site/collector.example.org

# The receiver and the watch as they are shipped, with a margin and reminders to wait for.
make_receiver() {
	cp "$srcdir/conf/siem/rsyslog/pumpwatch-silence.conf" "$TEMPORARY/silence.conf"
	put "$TEMPORARY/silence.conf" \
		/usr/local/libexec/pumpwatch-silence "$srcdir/conf/siem/rsyslog/pumpwatch-silence" \
		'--confirm --state /var/lib/pumpwatch-silence/state' \
		"--confirm --state $STATE --socket $TEMPORARY/log --margin 1 --interval 1" \
		/var/log/pumpwatch-silence.log "$TEMPORARY/watch.log" 'interval="60"' 'interval="1"' \
		'resumeInterval="5"' 'resumeInterval="1"'
	cp "$srcdir/conf/rsyslog/pumpwatch-receiver.conf" "$TEMPORARY/receiver.conf"
	put "$TEMPORARY/receiver.conf" /tmp/pumpwatch "$TEMPORARY/received" '"1601"' "\"$(free_port)\"" \
		'"2514"' "\"$PORT\"" $'json" template="pumpwatch-parsed"\n\t\tfileCreateMode="0600")' \
		$'json" template="pumpwatch-parsed"\n\t\tfileCreateMode="0600")\n\tcall pumpwatch-silence'
	{
		cat "$TEMPORARY/silence.conf"
		echo 'module(load="imuxsock" SysSock.Use="off")'
		echo "input(type=\"imuxsock\" Socket=\"$TEMPORARY/log\" CreatePath=\"off\")"
		echo "if \$programname == \"pumpwatch-silence\" then action(type=\"omfile\" file=\"$ALARMS\")"
		cat "$TEMPORARY/receiver.conf"
	} >"$TEMPORARY/whole.conf"
	mv "$TEMPORARY/whole.conf" "$TEMPORARY/receiver.conf"
}

send() { exits 0 python3 "$srcdir/tests/siem/relp_client.py" "$@"; }

# Usage: heartbeat SEQ [OPTION...] : the next is an hour away
heartbeat() {
	send --start "$1" --msgid HEARTBEAT --fields "interval=\"${INTERVAL:-3600}\" serials=\"${SERIALS:-model generic firmware 7}\"" \
		"${@:2}" "$PORT" 1
}

alarmed() { grep -q "pumpwatch-silence\[[0-9]*\]: $NAME: $1" "$ALARMS"; }

alarms() { grep -c "$NAME" "$ALARMS"; }

watch_is_at() { [ "$(jq ".collectors[\"$NAME\"].highest" "$STATE")" = "$1" ]; }

configuration_is_valid() { exits 0 rsyslogd -N1 -f "$TEMPORARY/receiver.conf" && lacks "$OUTPUT" error; }

collector_that_never_came_is_missed() {
	await alarmed "no heartbeat ever" # at the first mark: it is named in the configuration
}

events_in_order_raise_nothing() {
	heartbeat 100
	send --start 101 "$PORT" 50
	await watch_is_at 150
	await alarmed "is heard again"
	same "$(alarms)" 2 alarms || show <"$ALARMS"
}

duplicates_raise_nothing() {
	send --start 120 "$PORT" 31
	heartbeat 100
	heartbeat 151
	await watch_is_at 151
	same "$(alarms)" 2 alarms || show <"$ALARMS"
}

gap_is_an_alarm() {
	send --start 160 "$PORT" 5
	await alarmed "events 152 to 159 are missing (8)"
}

gap_that_is_filled_in_time_is_none() {
	local before
	before=$(alarms)
	send --start 166 "$PORT" 5
	send --start 165 "$PORT" 1
	await watch_is_at 170
	sleep 1.5 # its margin, after which it would alarm
	same "$(alarms)" "$before" alarms
}

killed_watch_knows_what_it_saw() {
	local before
	before=$(alarms)
	kill -KILL "$(pgrep -f "pumpwatch-silence --confirm --state $STATE")" || fail "it does not run"
	send --start 165 "$PORT" 8
	await watch_is_at 172
	sleep 1.5
	same "$(alarms)" "$before" alarms
}

serial_that_goes_back_is_an_alarm() {
	SERIALS="model generic config 3, model generic firmware 6" heartbeat 173
	await alarmed "the highest serial of model generic firmware went back from 7 to 6"
}

store_that_goes_back_is_an_alarm() {
	send --life 3 --start 60 "$PORT" 1
	await alarmed "the events went back from 173 to 60"
	send --life 3 --start 61 "$PORT" 20
	await watch_is_at 80
}

silence_is_an_alarm_once_and_is_over_when_it_is_heard() {
	local before
	before=$(alarms)
	INTERVAL=1 heartbeat 81 --life 3
	await alarmed "no heartbeat since"
	INTERVAL=3600 heartbeat 82 --life 3
	await alarmed "is heard again"
	sleep 1.5
	same "$(alarms)" $((before + 2)) alarms
}

# Neither what is none of ours nor what is broken ends it.
strange_lines_are_left_alone() {
	local lines=$TEMPORARY/lines
	{
		printf '<1>1 x y pumpwatch 1 FILE_ADDED [pumpwatch@1 seq="\n\xff\xfe\n[]\n<134>1 - - pumpwatch - A [pumpwatch@1 seq="-1"] x\n'
		printf '<134>1 t h pumpwatch 1 HEARTBEAT [pumpwatch@1 seq="99999999999999999999"] x\n'
		head -c 300000 /dev/zero | tr '\0' a
		printf '\n<134>1 t h\x01 pumpwatch 1 HEARTBEAT [pumpwatch@1 site="\\]\\"" seq="7" interval="0"] x\n'
	} >"$lines"
	OUTPUT=$("$srcdir/conf/siem/rsyslog/pumpwatch-silence" --confirm --state "$TEMPORARY/other" \
		--socket "$TEMPORARY/log" <"$lines") || fail "it failed"
	same "$(grep -c OK <<<"$OUTPUT")" 8 "answers, one to each line and one at the start"
	contains "$(cat "$TEMPORARY/other")" '"highest": 7'
}

# Forgetting is better than not watching, but it is told.
damaged_state_is_told_and_begun_anew() {
	local state
	for state in '' '{' '[]' '{"collectors": {"a/b": {"highest": 1}}}' \
		"$(jq -c '.collectors[].heard = "x"' "$STATE")" "$(jq -c '.collectors[].holes = [[1]]' "$STATE")"; do
		echo "$state" >"$TEMPORARY/damaged"
		OUTPUT=$("$srcdir/conf/siem/rsyslog/pumpwatch-silence" --state "$TEMPORARY/damaged" \
			--socket "$TEMPORARY/log" 2>&1 </dev/null) || fail "it failed on $state"
		contains "$OUTPUT" "what was known is forgotten"
	done
	OUTPUT=$("$srcdir/conf/siem/rsyslog/pumpwatch-silence" --state "$STATE" --socket "$TEMPORARY/log" 2>&1 </dev/null)
	lacks "$OUTPUT" forgotten
}

mkdir -p "$TEMPORARY/received" && : >"$ALARMS" || exit 1
make_receiver
run_case configuration_is_valid
start_rsyslogd receiver "$PORT" || exit 1
run_case collector_that_never_came_is_missed
run_case events_in_order_raise_nothing
run_case duplicates_raise_nothing
run_case gap_is_an_alarm
run_case gap_that_is_filled_in_time_is_none
run_case killed_watch_knows_what_it_saw
run_case serial_that_goes_back_is_an_alarm
run_case store_that_goes_back_is_an_alarm
run_case silence_is_an_alarm_once_and_is_over_when_it_is_heard
run_case strange_lines_are_left_alone
run_case damaged_state_is_told_and_begun_anew
finish
