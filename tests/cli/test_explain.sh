#!/bin/bash
# What each word means, as a person looks it up; and the help, which says where to begin.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG

# It needs no configuration: there is none.
explain() { "$PROGRAMS/pumpwatch" --config "$TEMPORARY/none.conf" explain "$@"; }

one_code_says_what_happened_how_sure_and_what_to_do() {
	answers 0 explain FILE_MODIFIED
	contains "$ANSWER" "FILE_MODIFIED: a file has another content than approved (Events and alerts)"
	contains "$ANSWER" "What happened  A file of the device"
	contains "$ANSWER" "How sure       Read twice"
	contains "$ANSWER" "What to do     "
	contains "$ANSWER" "verify and quarantine by your policy"
}

case_and_punctuation_do_not_matter() {
	local words
	for words in wrong-device Wrong_Device "wrong device" WRONG-DEVICE; do
		answers 0 explain "$words"
		contains "$ANSWER" "wrong-device: another device answered"
	done
	answers 0 explain wrong device
	contains "$ANSWER" "wrong-device: another device answered"
}

an_exit_code_is_taken_apart() {
	answers 0 explain 8
	contains "$ANSWER" "exit-8: something could not be checked"
	answers 0 explain 5
	contains "$ANSWER" "exit-1: files were added"
	contains "$ANSWER" "exit-4: files were changed"
	lacks "$ANSWER" exit-8
	answers 0 explain exit-13
	contains "$ANSWER" "exit-8: "
	answers 0 explain 78
	contains "$ANSWER" "exit-78: the configuration has a fault"
	answers 64 explain 16
	answers 64 explain 79
}

what_is_nearly_right_is_suggested() {
	answers 64 explain file-modifed
	contains "$ERRORS" 'did you mean "FILE_MODIFIED"?'
	answers 64 explain forgd
	contains "$ERRORS" 'did you mean "forged"?'
	answers 64 explain nonsense
	contains "$ERRORS" '"pumpwatch explain" lists what is'
	answers 64 explain "$(printf 'a\033[31m')"
	if is_raw "$ERRORS"; then fail "raw bytes: $(cat -v <<<"$ERRORS")"; fi
	answers 64 explain --all forged
}

the_list_has_every_code_and_fits_a_terminal() {
	local code
	answers 0 script -qec "stty cols 80; $(printf %q "$PROGRAMS/pumpwatch") explain" /dev/null
	contains "$ANSWER" "Results of a visit"
	same "$(tr -d '\r' <<<"$ANSWER" | awk 'length > 80' | wc -l)" 0 "the number of lines that are too long"
	answers 0 explain --json
	while read -r code; do
		answers 0 explain "$code"
		contains "$ANSWER" "$code: "
	done < <(explain --json | jq -r '.[].code' | shuf -n 12)
}

json_has_the_same_words() {
	answers 0 explain --json forged
	same "$(jq -r '.[0] | "\(.topic)|\(.code)|\(.words)"' <<<"$ANSWER")" \
		"Findings|forged|was forged to look like the approved file"
	same "$(jq -c '.[0] | keys' <<<"$ANSWER")" '["code","meaning","next","sure","topic","words"]'
	answers 0 explain --json acknowledged
	same "$(jq -r '.[0].topic' <<<"$ANSWER")" "The life of an alert"
}

the_document_is_what_the_program_says() {
	explain --all >"$TEMPORARY/messages.md" || fail "there is no document"
	cmp "$TEMPORARY/messages.md" "$srcdir/docs/messages.md" ||
		fail "docs/messages.md is old: \"pumpwatch explain --all >docs/messages.md\" writes it"
}

the_help_is_grouped_by_what_a_person_wants() {
	local group
	answers 0 "$PROGRAMS/pumpwatch" --help
	for group in Enroll Watch Answer Approve "Look after"; do
		grep -qx "$group" <<<"$ANSWER" || fail "there is no group \"$group\""
	done
	lacks "$ANSWER" $'\nMore\n'
	# Where the configuration stands is the builder's choice.
	same "$(LC_ALL=C.UTF-8 awk 'length > 80 && !/pumpwatch\.conf\)/' <<<"$ANSWER")" "" "what is wider than 80 columns"
}

run_case one_code_says_what_happened_how_sure_and_what_to_do
run_case case_and_punctuation_do_not_matter
run_case an_exit_code_is_taken_apart
run_case what_is_nearly_right_is_suggested
run_case the_list_has_every_code_and_fits_a_terminal
run_case json_has_the_same_words
run_case the_document_is_what_the_program_says
run_case the_help_is_grouped_by_what_a_person_wants
finish
