#!/bin/bash
# Alerts at the command line: groups folded and unfolded, acknowledged, resolved, and devices that
# are retired.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY

set_up "$TEMPORARY/site" '[alerts]' 'group = 3'
for asset in PUMP-1 PUMP-2 PUMP-3 PUMP-4; do enroll "$asset" || exit 1; done
approve PUMP-1 1 || exit 1

# Usage: alter ASSET... ; the same new content on each
alter() {
	local asset
	for asset; do echo "library altered" >"$TEMPORARY/$asset/drug-library/library.bin"; done
}

mend() {
	local asset
	for asset; do echo "library 2026-10" >"$TEMPORARY/$asset/drug-library/library.bin"; done
}

# Usage: told MSGID ACTION ; how many such events have gone out
told() { grep -s " $1 \\[" "$TEMPORARY/site/events.log" | grep -c "action=\"$2\""; }

group_number() { pumpwatch --json alerts | jq '.[] | select(.type == "FLEET_DRIFT") | .number'; }

fewer_than_the_threshold_are_told_one_by_one() {
	alter PUMP-1 PUMP-2
	pumpwatch --quiet sweep
	same "$(told FLEET_DRIFT opened)" 0
	same "$(told FILE_MODIFIED opened)" 2
	lacks "$(pumpwatch alerts)" "of a group"
	mend PUMP-1 PUMP-2
	pumpwatch --quiet sweep
	same "$(pumpwatch alerts)" "No alert is open."
}

a_group_is_one_row() {
	alter PUMP-1 PUMP-2 PUMP-3
	pumpwatch --quiet sweep
	same "$(told FLEET_DRIFT opened)" 1
	exits 0 pumpwatch alerts
	contains "$OUTPUT" "3 of generic"
	contains "$OUTPUT" "FLEET_DRIFT"
	lacks "$OUTPUT" "PUMP-1"
	contains "$OUTPUT" "3 alerts of devices stand under that of a group"
	exits 0 pumpwatch alerts --members
	contains "$OUTPUT" "PUMP-1"
	contains "$OUTPUT" "open, under $(group_number)"
	exits 0 pumpwatch alerts --device PUMP-2
	contains "$OUTPUT" "open, under $(group_number)"
	lacks "$OUTPUT" "of a group"
}

a_group_is_shown_with_its_devices() {
	local group member
	group=$(group_number)
	exits 0 pumpwatch alert show "$group"
	contains "$OUTPUT" "Model          generic"
	contains "$OUTPUT" "Members        FILE_MODIFIED"
	contains "$OUTPUT" "Devices        3"
	for asset in PUMP-1 PUMP-2 PUMP-3; do contains "$OUTPUT" "$asset (alert "; done
	answers 0 pumpwatch --json alert show "$group"
	same "$(jq -r '[.group, .members, .asset_count, .under, .reminders] | map(tostring) | join(" ")' <<<"$ANSWER")" \
		"generic FILE_MODIFIED 3 null 0"
	same "$(jq -r '[.assets[] | .asset + " " + .state] | join(",")' <<<"$ANSWER")" "PUMP-1 open,PUMP-2 open,PUMP-3 open"
	member=$(jq '.assets[0].number' <<<"$ANSWER")
	exits 0 pumpwatch alert show "$member"
	contains "$OUTPUT" "Under          alert $group"
	answers 0 pumpwatch --json alerts
	same "$(jq "[.[] | select(.under == $group)] | length" <<<"$ANSWER")" 3 "those under it"
	same "$(jq ".[] | select(.number == $group) | .asset_count" <<<"$ANSWER")" 3 "the count"
}

a_group_is_acknowledged_as_a_whole() {
	local group
	group=$(group_number)
	exits 0 pumpwatch --by "A. Sample" ack "$group" --note "work order 4711"
	contains "$OUTPUT" "is acknowledged, and 3 under it"
	same "$(pumpwatch --json alerts | jq -r '[.[].state] | unique | join(" ")')" acknowledged "the states"
	same "$(sqlite3 -readonly "$STATE/pumpwatch.db" "SELECT text FROM record WHERE subject = '$group'" |
		jq -r '[.by, .verb, .detail, .why] | join("|")')" "A. Sample|ack|and 3 under it|work order 4711" "the act"
	pumpwatch --quiet sweep
	same "$(told FLEET_DRIFT changed)" 0
}

another_device_opens_it_again() {
	alter PUMP-4
	pumpwatch --quiet sweep
	same "$(told FLEET_DRIFT opened)" 1
	same "$(told FLEET_DRIFT changed)" 1
	answers 0 pumpwatch --json alert show "$(group_number)"
	same "$(jq -r '.state + " " + (.asset_count | tostring)' <<<"$ANSWER")" "open 4"
	same "$(jq -r .detail <<<"$ANSWER")" "it had been acknowledged by A. Sample; 3 devices when it was last told"
	same "$(jq -r '[.assets[].state] | join(" ")' <<<"$ANSWER")" "acknowledged acknowledged acknowledged open"
}

a_retired_device_has_no_open_alert() {
	exits 0 pumpwatch --by "A. Sample" retire PUMP-4
	contains "$OUTPUT" "1 open alert was resolved."
	answers 0 pumpwatch --json alerts --all --device PUMP-4
	same "$(jq -r '.[0] | .state + ": " + .detail' <<<"$ANSWER")" "resolved: the device was retired by A. Sample"
	contains "$(tail -n 1 "$TEMPORARY/site/events.log")" "ALERT_RESOLVED"
	contains "$(tail -n 1 "$TEMPORARY/site/events.log")" 'asset="PUMP-4"'
	same "$(pumpwatch --json alert show "$(group_number)" | jq .asset_count)" 3 "those under the group"
}

the_last_device_resolves_it() {
	local group
	mend PUMP-1 PUMP-2 PUMP-3
	pumpwatch --quiet sweep
	same "$(pumpwatch alerts)" "No alert is open."
	exits 0 pumpwatch alerts --all
	contains "$OUTPUT" "alerts of devices stand under that of a group"
	same "$(pumpwatch --json alerts --all | jq -r '[.[] | select(.type == "FLEET_DRIFT") | .state] | join(" ")')" resolved
	group=$(pumpwatch --json alerts --all | jq '.[] | select(.type == "FLEET_DRIFT") | .number')
	exits 0 pumpwatch alert show "$group"
	contains "$OUTPUT" "Resolved: FLEET_DRIFT of "
	contains "$OUTPUT" ": its last device, PUMP-"
}

run_case fewer_than_the_threshold_are_told_one_by_one
run_case a_group_is_one_row
run_case a_group_is_shown_with_its_devices
run_case a_group_is_acknowledged_as_a_whole
run_case another_device_opens_it_again
run_case a_retired_device_has_no_open_alert
run_case the_last_device_resolves_it
finish
