#!/bin/bash
# shellcheck disable=SC2317 # cases are called by name
# conf/rsyslog in real life: the relay and the receiver, run by rsyslogd as they are shipped.
set -u
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/siem/lib.sh
. "${srcdir:-.}/tests/siem/lib.sh"

EVENTS=$TEMPORARY/siem/events

client() {
	python3 "$srcdir/tests/siem/relp_client.py" \
		--tls "$PKI/ca.pem" "$PKI/$1.pem" "$PKI/$1.key" "$2" "${@:3}"
}

relay_is_valid() { exits 0 rsyslogd -N1 -f "$TEMPORARY/relay.conf" && lacks "$OUTPUT" error; }

# The two behind marks, each in the place of the one that is not.
its_other_ways_onward_are_valid_too() {
	local way
	for way in omfwd omfile; do
		awk -v way="$way" '
			/^\taction\(/ { skip = 1 }
			/^\t#action\(/ { take = index($0, way) > 0 }
			!skip { if (take) sub(/^\t#/, "\t"); print }
			/\)$/ { skip = take = 0 }' "$TEMPORARY/relay.conf" >"$TEMPORARY/other.conf"
		grep -q "^	action(type=\"$way\"" "$TEMPORARY/other.conf" || fail "no $way"
		exits 0 rsyslogd -N1 -f "$TEMPORARY/other.conf" && lacks "$OUTPUT" error
	done
}

receiver_is_valid() {
	cp "$srcdir/conf/rsyslog/pumpwatch-receiver.conf" "$TEMPORARY/as-it-is.conf"
	mkdir "$TEMPORARY/folder" # which who tries it makes
	put "$TEMPORARY/as-it-is.conf" /tmp/pumpwatch "$TEMPORARY/folder" &&
		exits 0 rsyslogd -N1 -f "$TEMPORARY/as-it-is.conf" && lacks "$OUTPUT" error
}

relay_passes_events_on_as_they_came() {
	start_rsyslogd siem "$SIEM_PORT" && SIEM_PID=$RSYSLOGD_PID || return
	start_rsyslogd relay "$RELAY_PORT" && RELAY_PID=$RSYSLOGD_PID || return
	client collector relay.example.org --size 4000 "$RELAY_PORT" 3 >/dev/null || fail "not acknowledged"
	await has_lines "$EVENTS" 3 || return
	same "$(awk '{ print length }' "$EVENTS" | sort -u)" 4000 "the length"
	contains "$(head -n 1 "$EVENTS")" 'FILE_MODIFIED [timeQuality tzKnown="1" isSynced="1"][pumpwatch@32473 v="1"'
	contains "$(head -n 1 "$EVENTS")" 'path="/firmware/a\]b\"1"]'
}

receiver_writes_what_it_understood() {
	await has_lines "$EVENTS.json" 3 || return
	same "$(head -n 1 "$EVENTS.json" | jq -r '.msgid + " " + ."rfc5424-sd"["pumpwatch@32473"].path + " " + .host')" \
		'FILE_MODIFIED /firmware/a]b"1 collector.example.org' "what it read"
}

relay_hears_nobody_whom_it_does_not_name() {
	exits 1 client stranger relay.example.org "$RELAY_PORT" 1
	exits 1 python3 "$srcdir/tests/siem/relp_client.py" "$RELAY_PORT" 1
	exits 1 client collector siem.example.org "$RELAY_PORT" 1
	contains "$OUTPUT" "certificate verify failed"
}

# What was on its way to the SIEM in a connection that broke is another matter: docs/siem.md.
relay_killed_while_its_siem_is_away_loses_nothing() {
	local count=1000
	kill_rsyslogd "$RELAY_PID"
	kill_rsyslogd "$SIEM_PID"
	start_rsyslogd relay "$RELAY_PORT" && RELAY_PID=$RSYSLOGD_PID || return
	client collector relay.example.org --start 4 "$RELAY_PORT" "$count" >"$TEMPORARY/acknowledged" ||
		fail "not all were acknowledged"
	same "$(wc -l <"$TEMPORARY/acknowledged")" "$count" "acknowledged"
	kill_rsyslogd "$RELAY_PID"
	start_rsyslogd siem "$SIEM_PORT" || return
	start_rsyslogd relay "$RELAY_PORT" || return
	await has_lines "$EVENTS" $((count + 3))
	same "$(seqs | uniq | wc -l)" $((count + 3)) "events that arrived"
	same "$(seqs | tail -n 1)" $((count + 3)) "the last of them"
}

seqs() { sed -nE 's/.* seq="([0-9]+)".*/\1/p' "$EVENTS" | sort -n; }

make_relay stranger || exit 1
make_siem
run_case relay_is_valid
run_case its_other_ways_onward_are_valid_too
run_case receiver_is_valid
run_case relay_passes_events_on_as_they_came
run_case receiver_writes_what_it_understood
run_case relay_hears_nobody_whom_it_does_not_name
run_case relay_killed_while_its_siem_is_away_loses_nothing
finish
