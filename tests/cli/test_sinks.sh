#!/bin/bash
# pumpwatch sinks, and sink test against the real rsyslogd.
# shellcheck disable=SC2119,SC2317 # cases are called by name, options are optional
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/siem/lib.sh
. "$srcdir/tests/siem/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY JOURNAL_STREAM

relp=$(free_port) tcp=$(free_port) nobody=$(free_port)
set_up "$TEMPORARY/site" '[sink siem]' 'type = relp-plain' "address = 127.0.0.1:$relp" 'severity = 3' \
	'[sink stream]' 'type = tcp' "address = 127.0.0.1:$tcp" 'events = FILE_FORGED FLEET_DRIFT' 'format = cef' \
	'[sink down]' 'type = relp-plain' "address = 127.0.0.1:$nobody" 'timeout = 1s' \
	'[sink local]' 'type = syslog' "path = $TEMPORARY/log.socket"
enroll PUMP-1 || exit 1
cat >"$TEMPORARY/receiver.conf" <<-END
	module(load="imrelp")
	module(load="imtcp")
	input(type="imrelp" port="$relp" address="127.0.0.1")
	input(type="imtcp" port="$tcp" address="127.0.0.1")
	template(name="line" type="string" string="%rawmsg%\n")
	action(type="omfile" file="$TEMPORARY/received" template="line")
END
start_rsyslogd receiver "$relp" || exit 1
await listens "$tcp"

acts() { pumpwatch --json audit list "$1" | jq -r '.[] | [.verb, .detail] | join("|")'; }

each_sink_is_listed_with_what_it_takes_and_proves() {
	answers 0 pumpwatch sinks
	grep -Eq "^siem +relp-plain +127\.0\.0\.1:$relp +rfc5424 +severity 3 +0 +acknowledged +-$" <<<"$ANSWER" || fail "$ANSWER"
	grep -Eq "^stream +tcp +127\.0\.0\.1:$tcp +cef +FILE_FORGED FLEET_DRIFT +0 +handed over +-$" <<<"$ANSWER" || fail "$ANSWER"
	grep -Eq "^file +spool +$TEMPORARY/site/events.log +rfc5424 +all +0 +acknowledged +-$" <<<"$ANSWER" || fail "$ANSWER"
	answers 0 pumpwatch --json sinks
	same "$(jq -c '.[1] | [.name, .type, .place, .format, .severity, .events, .proof, .waiting, .away_since, .why]' <<<"$ANSWER")" \
		"[\"siem\",\"relp-plain\",\"127.0.0.1:$relp\",\"rfc5424\",3,null,\"acknowledged\",0,null,null]"
	same "$(jq -c '.[2].events' <<<"$ANSWER")" '["FILE_FORGED","FLEET_DRIFT"]'
	exits 64 pumpwatch sinks now
}

a_receiver_that_acknowledges_is_told() {
	answers 0 pumpwatch sink test siem
	contains "$ANSWER" "siem: acknowledged by 127.0.0.1:$relp in "
	local eid
	eid=$(sed -n 's/.* Its eid is \(.*\)\./\1/p' <<<"$ANSWER")
	await grep -q " SINK_TEST .*eid=\"$eid\"" "$TEMPORARY/received"
	same "$(acts siem)" "sink test|acknowledged, eid $eid"
	answers 0 pumpwatch --json sink test siem --reason "work order 4711"
	same "$(jq -c '[.sink, .type, .taken, .acknowledged, .error]' <<<"$ANSWER")" '["siem","relp-plain",true,true,null]'
	[ "$(jq -r .eid <<<"$ANSWER")" != "$eid" ] || fail "the same eid again"
}

one_that_cannot_is_told_how_to_look() {
	answers 0 pumpwatch sink test stream
	contains "$ANSWER" "stream: handed over to 127.0.0.1:$tcp in "
	local eid
	eid=$(sed -n 's/.*look for eid \([^ ]*\) at the receiver\./\1/p' <<<"$ANSWER")
	await grep -q "CEF:0|.*$eid" "$TEMPORARY/received"
	answers 0 pumpwatch --json sink test stream
	same "$(jq -c '[.taken, .acknowledged]' <<<"$ANSWER")" '[true,false]'
}

a_spool_is_on_the_disk() {
	answers 0 pumpwatch sink test file
	contains "$ANSWER" "file: written to $TEMPORARY/site/events.log and flushed to the disk in "
	grep -q ' SINK_TEST ' "$TEMPORARY/site/events.log" || fail "no test event in the spool"
}

one_that_is_down_fails_with_the_reason_and_the_next_step() {
	exits 69 pumpwatch sink test down
	contains "$OUTPUT" "sink down did not take the test: 127.0.0.1:$nobody: "
	contains "$OUTPUT" "[sink down] says in $CONFIG"
	answers 69 pumpwatch --json sink test down
	same "$(jq -c '[.taken, .acknowledged]' <<<"$ANSWER")" '[false,false]'
	contains "$(jq -r .error <<<"$ANSWER")" "127.0.0.1:$nobody"
	exits 69 pumpwatch sink test local
	contains "$(acts down)" "sink test|not taken, eid "
}

an_unknown_sink_is_refused_with_what_is_like_it() {
	exits 64 pumpwatch sink test siam
	contains "$OUTPUT" 'did you mean "siem"?'
	exits 64 pumpwatch sink test elsewhere-1
	contains "$OUTPUT" '"pumpwatch sinks" lists them'
	exits 64 pumpwatch sink test
	exits 64 pumpwatch sink test siem file
}

it_works_while_another_process_delivers() {
	"$PROGRAMS/pumpwatchd" --config "$CONFIG" >"$TEMPORARY/log" 2>&1 </dev/null &
	keep_pid $!
	await grep -q 'sink down is away: ' "$TEMPORARY/log"
	exits 0 pumpwatch sink test siem
	exits 0 pumpwatch sink test file
	await down_is_known
	contains "$(pumpwatch sinks)" "down is away: 127.0.0.1:$nobody: "
	contains "$(pumpwatch status)" "AWAY since "
	answers 0 pumpwatch --json sinks
	same "$(jq -c '.[3] | [.name, .waiting > 0, .waiting_bytes > 0, (.why | length) > 0]' <<<"$ANSWER")" '["down",true,true,true]'
	end_pid "${PIDS[-1]}"
}
down_is_known() { pumpwatch --json sinks | jq -e '.[3].away_since != null'; }

a_test_that_cannot_be_recorded_is_made_all_the_same() {
	mv "$STATE/pumpwatch.db" "$STATE/aside"
	echo "not a store" >"$STATE/pumpwatch.db"
	answers 0 pumpwatch sink test siem
	contains "$ANSWER" "acknowledged"
	contains "$ERRORS" "the test could not be recorded: "
	mv "$STATE/aside" "$STATE/pumpwatch.db"
}

run_case each_sink_is_listed_with_what_it_takes_and_proves
run_case a_receiver_that_acknowledges_is_told
run_case one_that_cannot_is_told_how_to_look
run_case a_spool_is_on_the_disk
run_case one_that_is_down_fails_with_the_reason_and_the_next_step
run_case an_unknown_sink_is_refused_with_what_is_like_it
run_case it_works_while_another_process_delivers
run_case a_test_that_cannot_be_recorded_is_made_all_the_same
finish
