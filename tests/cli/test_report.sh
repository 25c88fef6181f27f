#!/bin/bash
# The page, its facts and the metrics, from a store that a sweep has filled.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=$(realpath "${srcdir:-.}")
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG
export TZ=UTC

PAGE=$TEMPORARY/page.html

# What a reader sees of the page, without markup.
words_of() { sed -e '1,/<\/head>/d' -e 's/<[^>]*>/ /g' -e 's/  */ /g' "$1"; }

an_empty_fleet_has_a_page() {
	exits 69 pumpwatch report -o "$PAGE"
	contains "$OUTPUT" "there is no store"
	enroll PUMP-0
	exits 0 pumpwatch --quiet retire PUMP-0
	exits 0 pumpwatch report -o "$PAGE"
	contains "$OUTPUT" "The page is in $PAGE."
	contains "$(words_of "$PAGE")" "No device is enrolled yet"
	contains "$(words_of "$PAGE")" "Evaluation."
	same "$(head -n 1 "$PAGE")" "<!DOCTYPE html>"
	same "$(tail -n 1 "$PAGE")" "</html>"
}

a_fleet_in_trouble_says_so_first() {
	local name='<script>alert(1)<'"/script>" page
	enroll PUMP-1 --department "Ward & <3>" --name "$name"
	enroll PUMP-2 --department Ward-2
	enroll PUMP-3
	approve PUMP-1 7.0
	exits 0 pumpwatch --quiet sweep
	echo changed >>"$TEMPORARY/PUMP-1/firmware/main.bin"
	echo added >"$TEMPORARY/PUMP-2/firmware/\"><img src=x>"
	rm -r "$TEMPORARY/PUMP-3"
	exits 13 pumpwatch --quiet sweep
	exits 0 pumpwatch --quiet ack 1 --note "work order <4711>"
	exits 0 pumpwatch --quiet report -o "$PAGE"
	same "$OUTPUT" ""
	page=$(words_of "$PAGE")
	contains "$page" "Files differ from what was approved on 2 of 3 devices in use."
	contains "$page" "1 could not be checked at the last visit."
	contains "$page" "Ward &amp; &lt;3&gt;"
	contains "$page" "work order &lt;4711&gt;"
	contains "$page" "$(sha256sum "$TEMPORARY/PUMP-1/firmware/main.bin" | cut -d' ' -f1)"
	contains "$page" "$(md5sum "$TEMPORARY/PUMP-1/firmware/main.bin" | cut -d' ' -f1)"
	contains "$page" "firmware/&quot;&gt;&lt;img src=x&gt;"
	lacks "$(cat "$PAGE")" "<script"
	lacks "$(cat "$PAGE")" "<img"
}

the_page_is_on_standard_output_but_not_on_a_terminal() {
	answers 0 pumpwatch report
	same "${ANSWER:0:15}" "<!DOCTYPE html>"
	exits 64 script -qec "$PROGRAMS/pumpwatch --config $CONFIG report" /dev/null
	contains "$(tr -s ' \r\n' ' ' <<<"$OUTPUT")" "pumpwatch report -o fleet.html" # wrapped between words
	exits 64 pumpwatch report fleet.html
	contains "$OUTPUT" "-o fleet.html"
}

the_facts_are_there_as_json() {
	answers 0 pumpwatch --json report
	same "$(jq -r '[.results.drifted, .results.unreachable, .states.active, (.alerts | length > 2), (.days | length),
		.evaluation] | map(tostring) | join(" ")' <<<"$ANSWER")" "2 1 3 true 90 true"
	same "$(jq -r '.days[89].results.drifted' <<<"$ANSWER")" 2 "drifted devices of today"
	same "$(jq -r .chain_head <<<"$ANSWER")" "$(pumpwatch --json audit verify | jq -r .head)"
	answers 0 pumpwatch --json report -o "$PAGE"
	same "$(jq -r .bytes <<<"$ANSWER")" "$(stat -c %s "$PAGE")"
}

metrics_end_as_they_must() {
	answers 0 pumpwatch report --metrics
	same "$(tail -n 1 <<<"$ANSWER")" "# EOF"
}

a_stop_is_the_first_thing_said() {
	exits 0 pumpwatch --quiet stop --reason "network maintenance"
	exits 0 pumpwatch --quiet report -o "$PAGE"
	contains "$(words_of "$PAGE")" "Visits are stopped: nothing is checked until the stop is lifted."
	contains "$(words_of "$PAGE")" "network maintenance"
	exits 0 pumpwatch --quiet resume
}

a_page_that_cannot_be_written_leaves_the_old_one() {
	local before
	before=$(sha256sum <"$PAGE")
	exits 69 pumpwatch report -o "$TEMPORARY/nowhere/page.html"
	contains "$OUTPUT" "nowhere/page.html"
	exits 69 pumpwatch report -o /dev/full/page.html
	same "$(sha256sum <"$PAGE")" "$before" "the page"
	same "$(find "$TEMPORARY" -maxdepth 1 -name 'page.html*' | wc -l)" 1 "files of the page"
}

set_up "$TEMPORARY/site"
run_case an_empty_fleet_has_a_page
run_case a_fleet_in_trouble_says_so_first
run_case the_page_is_on_standard_output_but_not_on_a_terminal
run_case the_facts_are_there_as_json
run_case metrics_end_as_they_must
run_case a_stop_is_the_first_thing_said
run_case a_page_that_cannot_be_written_leaves_the_old_one
finish
