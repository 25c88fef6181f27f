#!/bin/bash
# What conf/siem holds for receivers that cannot be run here, against events that pumpwatch makes.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=$(realpath "${srcdir:-.}")
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG

EVENTS=$TEMPORARY/events
PIECES=$srcdir/conf/siem

# A changed file, one whose name would be fields, the summary, and a heartbeat, in three formats.
make_events() {
	mkdir -p "$EVENTS"
	set_up "$TEMPORARY/site" "[sink rfc5424]" "type = spool" "path = $EVENTS/rfc5424" \
		"[sink ecs]" "type = spool" "path = $EVENTS/ecs" "format = ecs" \
		"[sink leef]" "type = spool" "path = $EVENTS/leef" "format = leef"
	enroll PUMP-1 || return
	approve PUMP-1 7.0 >/dev/null || return
	echo changed >>"$TEMPORARY/PUMP-1/firmware/main.bin"
	echo added >"$TEMPORARY/PUMP-1/firmware/x forged=\"1\" ] forged=\"2\" ,\"forged\":\"3\""
	pumpwatch --quiet sweep >/dev/null
	"$PROGRAMS/pumpwatchd" --config "$CONFIG" >"$TEMPORARY/daemon" 2>&1 </dev/null &
	keep_pid $!
	await grep -q "HEARTBEAT" "$EVENTS/rfc5424"
	await grep -q "HEARTBEAT" "$EVENTS/ecs"
	await grep -q "HEARTBEAT" "$EVENTS/leef"
	end_pid $!
}

pieces() { exits 0 python3 "$srcdir/tests/siem/pieces.py" "$1" "$PIECES" "$EVENTS"; }

events_of_all_three_formats_are_there() {
	same "$(wc -l <"$EVENTS/rfc5424")" 4 "events"
	same "$(grep -c forged "$EVENTS/rfc5424")" 1 "events with the name that would be fields"
	same "$(wc -l <"$EVENTS/ecs")" 4 "events"
}
splunks_expressions_find_the_fields_and_no_others() { pieces splunk; }
elastics_pieces_name_fields_that_events_have() { pieces elastic; }
wazuhs_rules_name_fields_that_events_have() { pieces wazuh; }
qradars_properties_are_keys_that_events_have() { pieces qradar; }

xml_is_well_formed() {
	local file
	for file in "$PIECES"/wazuh/*.xml; do
		{ echo "<all>"; cat "$file"; echo "</all>"; } >"$TEMPORARY/all.xml"
		exits 0 xmllint --noout "$TEMPORARY/all.xml"
	done
}

make_events || { cat "$TEMPORARY/daemon"; exit 1; }
run_case events_of_all_three_formats_are_there
run_case splunks_expressions_find_the_fields_and_no_others
run_case elastics_pieces_name_fields_that_events_have
run_case wazuhs_rules_name_fields_that_events_have
run_case qradars_properties_are_keys_that_events_have
run_case xml_is_well_formed
finish
