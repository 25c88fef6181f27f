#!/bin/bash
# The command line as its users meet it: words, exit codes, JSON, and what it refuses.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset NO_COLOR PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY

set_up "$TEMPORARY/site"
programs=$(realpath "$PROGRAMS")
verbs=$("$PROGRAMS/pumpwatch" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p')

# ---- help ----

every_verb_has_help_with_an_example() {
	local verb help
	contains "$verbs" "baseline accept-until"
	while read -r verb; do
		# shellcheck disable=SC2086 # a verb may be two words
		exits 0 pumpwatch $verb --help || continue
		help=$OUTPUT
		contains "$help" "Usage: pumpwatch $verb"
		contains "$help" "Example:"
		contains "$help" "  pumpwatch $verb"
	done <<<"$verbs"
	exits 0 "$PROGRAMS/pumpwatch" help sweep
	contains "$OUTPUT" "Usage: pumpwatch sweep"
	exits 0 "$PROGRAMS/pumpwatch" --help
	exits 0 "$PROGRAMS/pumpwatch" --version
	contains "$OUTPUT" "pumpwatch "
	exits 64 "$PROGRAMS/pumpwatch"
	contains "$OUTPUT" "Usage: pumpwatch"
}

# Each option that a help text names is taken: tried last and without a value, so that nothing runs.
options_in_help_exist() {
	local verb option
	while read -r verb; do
		# shellcheck disable=SC2086
		for option in $(pumpwatch $verb --help | grep -oE -e '(^|[[ ])--?[a-z][a-z-]*' | tr -d '[ ' | sort -u); do
			case $verb:$option in
			*:-a | *:-k | *:-r | *:-l) continue ;; # hashdeep's, in an example
			esac
			OUTPUT=$(pumpwatch $verb $option 2>&1 </dev/null)
			lacks "$OUTPUT" "is no option of"
			lacks "$OUTPUT" "takes no arguments"
		done
	done <<<"$verbs"
}

unknown_options_are_refused_by_name() {
	local verb
	for verb in enroll devices sweep alerts ack stop "baseline learn" "baseline import" "baseline add" "baseline list" \
		"baseline export" "baseline withdraw"; do
		# shellcheck disable=SC2086
		exits 64 pumpwatch $verb --bogus
		contains "$OUTPUT" "--bogus"
		contains "$OUTPUT" "is no option of \"$verb\""
	done
}

manual_has_every_verb() {
	local verb manual
	manual=$(sed 's/\\//g' "$srcdir/docs/pumpwatch.1")
	while read -r verb; do contains "$manual" "Cm $verb"; done <<<"$verbs"
}

# ---- usage ----

wrong_usage_is_64_and_says_why() {
	local words
	while IFS='|' read -r arguments words; do
		# shellcheck disable=SC2086 # the words of a command
		exits 64 pumpwatch $arguments
		contains "$OUTPUT" "$words"
		contains "$OUTPUT" "pumpwatch: "
	done <<-'END'
		--bogus|there is no option "--bogus"
		--by|--by wants a value
		bogus|there is no verb "bogus"
		sweeep|did you mean "sweep"?
		swe|did you mean "sweep"?
		baseline shw x|there is no verb "baseline shw": did you mean "baseline show"?
		model shwo x|did you mean "model show"?
		withdraw x|did you mean "baseline withdraw"?
		baseline|"baseline" wants one more word: learn, import, sign, add
		model|"model" wants one more word: show, check
		alert 12|"alert" wants one more word: 
		models x|"models" takes no arguments, but "x" was given
		model show medfusion400|there is no profile "medfusion400": did you mean "medfusion-4000"?
		model show|"model show" wants one model
		enroll|"enroll" wants one asset
		enroll A-1|--model and --link must be given
		enroll A-1 --model|--model wants a value
		enroll A-1 --model generc --link file:///tmp|did you mean "generic"?
		enroll A-1 --model generic --link file:///tmp --pin-seen --no-test|--pin-seen needs the test
		edit A-1|"edit" wants an asset and one FIELD=VALUE or more
		devices x|"devices" takes options only: what is "x"?
		alerts -o x|-o is no option of "alerts"
		devices -o x|-o writes CSV: say --csv, too
		enroll --dry-run|name it with --csv FILE
		devices --state gone|a state is active, stored, maintenance or retired, not "gone"
		devices --result fine|a result is verified, behind
		devices --by me|--by stands before the verb
		baseline learn A-1 --kind firmware|--kind and --release must be given
		baseline learn A-1 --kind drugs --release 1|a kind is firmware, drug-library, config or other, not "drugs"
		baseline learn A-1 --kind firmware --release 1 --scope all|a scope is model or device, not "all"
		baseline import x --kind firmware --release 1|--model must be given
		baseline import x --model generic --kind firmware --release 1 --format csv|a format is hashdeep, md5sum
		baseline list --model generc|did you mean "generic"?
		baseline list x|"baseline list" takes options only
		baseline withdraw abc|wants an id and a --reason
		baseline diff a|"baseline diff" wants two baselines
		sweep --all A-1|one of the three
		sweep --window night|the configuration has no [window night]
		alert show x|an alert is named by its number, not "x"
		alert show 0|an alert is named by its number
		ack 1|"ack" wants the number of an alert and a --note
		status now|"status" takes no arguments
		stop|"stop" wants a --reason of one line
		resume now|"resume" takes no arguments
		devices --reason x|--reason is for verbs that act, which "devices" is not
		--reason x sweep|--reason is for verbs that act, which "sweep" is not
		stop --reason|a reason is one line of text
		edit A-1 name=x --reason=|a reason is one line of text
		ack 1 --note x --reason y|--note is the reason of an "ack"
	END
	exits 64 pumpwatch --reason "" stop
	exits 64 pumpwatch stop --reason $'two\nlines'
	contains "$OUTPUT" "a reason is one line of text, of at most 1000 bytes"
	exits 64 pumpwatch stop --reason "$(printf 'c1 \302\205 control')"
	exits 64 pumpwatch stop --reason "$(printf 'bidi \342\200\256')"
	exits 64 pumpwatch stop --reason "$(printf '%01001d' 0)"
	[ ! -e "$STATE/stop" ] || fail "a stop is in force"
	exits 64 pumpwatch --by "" models
	exits 64 pumpwatch --by $'two\nlines' models
	contains "$OUTPUT" "--by wants a name of one line"
}

arguments_reach_the_terminal_escaped() {
	local words arguments
	for words in "$(printf 'a\033[31mb')" "$(printf 'a\342\200\256b')" "$(printf 'a\377b')" "$(printf 'a\nb')"; do
		for arguments in "" show sweep "model show" "alert show" "baseline show" "model check" "devices --model" \
			"devices --state" "stop" "baseline import --model generic --kind firmware --release 1" "ack --note"; do
			# shellcheck disable=SC2086
			OUTPUT=$(pumpwatch $arguments "$words" 2>&1 </dev/null)
			if is_raw "$OUTPUT"; then fail "raw bytes after \"$arguments\": $(cat -v <<<"$OUTPUT")"; fi
			case $arguments in stop | ack*) ;; *) contains "$OUTPUT" "a%" ;; esac
		done
	done
}

# ---- before anything is there ----

an_empty_store_is_no_fault_but_said() {
	set_up "$TEMPORARY/empty"
	exits 69 pumpwatch devices
	contains "$OUTPUT" "there is no store"
	contains "$OUTPUT" "enroll a device"
	exits 8 pumpwatch sweep
	contains "$OUTPUT" 'no device was visited: "pumpwatch devices" lists what is enrolled'
	exits 0 pumpwatch devices
	contains "$OUTPUT" "No device matches."
	exits 0 pumpwatch alerts
	contains "$OUTPUT" "No alert is open."
	exits 0 pumpwatch baseline list
	contains "$OUTPUT" "No baseline is there."
	exits 64 pumpwatch show A-1
	contains "$OUTPUT" 'no device "A-1" is enrolled: see "pumpwatch devices"'
	exits 64 pumpwatch alert show 1
	contains "$OUTPUT" "there is no alert 1"
	exits 64 pumpwatch baseline show abcd
	contains "$OUTPUT" 'there is no baseline "abcd"'
	set_up "$TEMPORARY/site"
}

# ---- the configuration and the profiles ----

a_bad_configuration_is_78_with_its_line() {
	exits 78 "$PROGRAMS/pumpwatch" --config "$TEMPORARY/none.conf" devices
	contains "$OUTPUT" "$TEMPORARY/none.conf: there is no such file"
	sed 's/^pullers.*/pulers = 1/' "$CONFIG" >"$TEMPORARY/site/bad.conf"
	exits 78 "$PROGRAMS/pumpwatch" --config "$TEMPORARY/site/bad.conf" devices
	contains "$OUTPUT" "$TEMPORARY/site/bad.conf:9: "
	contains "$OUTPUT" pulers
	exits 78 "$PROGRAMS/pumpwatchd" --config "$TEMPORARY/site/bad.conf" --check
	contains "$OUTPUT" "$TEMPORARY/site/bad.conf:9: "
	OUTPUT=$(cd "$TEMPORARY/site" && PUMPWATCH_CONFIG=bad.conf "$programs/pumpwatch" devices 2>&1)
	same $? 78 "the exit code"
	contains "$OUTPUT" "/site/bad.conf:9: "
}

a_bad_profile_is_named_with_its_line() {
	cp "$srcdir/conf/models.d/generic.ini" "$TEMPORARY/own.ini"
	exits 0 pumpwatch model check "$TEMPORARY/own.ini"
	contains "$OUTPUT" "The profile is fine"
	echo "firmwear = x/**" >>"$TEMPORARY/own.ini"
	exits 78 pumpwatch model check "$TEMPORARY/own.ini"
	contains "$OUTPUT" "$TEMPORARY/own.ini:$(wc -l <"$TEMPORARY/own.ini"): "
	cp "$TEMPORARY/own.ini" "$TEMPORARY/site/models/own.ini"
	exits 78 pumpwatch devices
	contains "$OUTPUT" "models/own.ini:"
	rm "$TEMPORARY/site/models/own.ini"
	exits 65 pumpwatch model check "$TEMPORARY/none.ini"
	contains "$OUTPUT" "there is no such file"
}

# ---- enrolling ----

a_device_is_enrolled_edited_and_retired() {
	make_device "$TEMPORARY/PUMP-1"
	exits 0 pumpwatch enroll PUMP-1 --model Generic --link "file://$TEMPORARY/PUMP-1" --serial S1 --department ICU
	contains "$OUTPUT" "PUMP-1 is enrolled."
	contains "$OUTPUT" "To be pulled   4 files"
	exits 0 pumpwatch edit PUMP-1 name="By the window" state=maintenance
	contains "$OUTPUT" "PUMP-1 is changed: name=By the window, state=maintenance"
	exits 0 pumpwatch show PUMP-1
	contains "$OUTPUT" "By the window"
	contains "$OUTPUT" "maintenance"
	exits 0 pumpwatch --quiet retire PUMP-1
	same "$OUTPUT" "" "what --quiet printed"
	answers 0 pumpwatch --json devices --state retired
	same "$(jq -r '.[].asset' <<<"$ANSWER")" PUMP-1
	exits 0 pumpwatch edit PUMP-1 state=active name=
	answers 0 pumpwatch --json show PUMP-1
	same "$(jq -r .name <<<"$ANSWER")" null
}

what_is_refused_changes_nothing() {
	local before words code
	before=$(remembered)
	while IFS='|' read -r code arguments words; do
		# shellcheck disable=SC2086
		exits "$code" pumpwatch $arguments
		contains "$OUTPUT" "$words"
	done <<-END
		64|enroll PUMP-1 --model generic --link file:///tmp|PUMP-1 is enrolled already
		65|enroll PUMP-2 --model generic --link file://$TEMPORARY/PUMP-1|is that of PUMP-1 already
		65|enroll PUMP-2 --model generic --link ftp://192.0.2.1/ --serial S1 --no-test|PUMP-1
		69|enroll PUMP-2 --model generic --link file://$TEMPORARY/none|Nothing was enrolled
		65|enroll PUMP-2 --model generic --link ftp://user:secret@192.0.2.1/|credential
		65|enroll PUMP-2 --model generic --link gopher://192.0.2.1/|a link begins with ftp://
		65|enroll PUMP/2 --model generic --link file:///tmp --no-test|an asset tag is
		64|edit pump-1 state=active|did you mean "PUMP-1"?
		64|edit PUMP-10 state=active|did you mean "PUMP-1"?
		64|edit PUMP-1 state|write FIELD=VALUE
		65|edit PUMP-1 state=gone|state=gone: 
		65|edit PUMP-1 colour=red|colour=red: there is no such field
		64|edit PUMP-1 model=generc|did you mean "generic"?
		64|sweep pump-1|did you mean "PUMP-1"?
		64|alerts --device PUMP|did you mean "PUMP-1"?
		65|baseline learn PUMP-1 --kind other --release 1 -o $TEMPORARY/no.manifest|the device has no file of the kind "other"
		65|baseline add $srcdir/conf/models.d/generic.ini|generic.ini: line 1: 
		65|baseline add $TEMPORARY/none|there is no such file
		65|baseline import $srcdir/conf/models.d/generic.ini --model generic --kind firmware --release 1|generic.ini
	END
	same "$(remembered)" "$before" "the store"
	[ ! -e "$TEMPORARY/no.manifest" ] || fail "a manifest was written"
}

a_credential_that_others_can_read_is_refused() {
	echo "user = sample" >"$TEMPORARY/site/credentials/ward"
	chmod 644 "$TEMPORARY/site/credentials/ward"
	enroll PUMP-C --credential ward
	exits 78 pumpwatch test PUMP-C
	contains "$OUTPUT" "credentials/ward"
	contains "$OUTPUT" "chmod"
	exits 8 pumpwatch sweep PUMP-C
	contains "$OUTPUT" chmod
	pumpwatch --quiet retire PUMP-C
}

# ---- the whole of it ----

every_verb_answers_in_one_document() {
	local list=$TEMPORARY/list.hashdeep firmware
	jq_takes() {
		answers "$@"
		jq -es 'length == 1' >/dev/null 2>&1 <<<"$ANSWER" || fail "not one document of: ${*:2}: $ANSWER"
		lacks "$ANSWER" $'\033'
	}
	jq_takes 0 pumpwatch --json models
	jq_takes 0 pumpwatch --json model show generic
	jq_takes 0 pumpwatch --json model check "$srcdir/conf/models.d/generic.ini"
	make_device "$TEMPORARY/PUMP-J"
	jq_takes 0 pumpwatch --json enroll PUMP-J --model generic --link "file://$TEMPORARY/PUMP-J"
	same "$(jq '.test.observations | length' <<<"$ANSWER")" 4
	jq_takes 0 pumpwatch --json edit PUMP-J department=ICU
	jq_takes 0 pumpwatch --json devices
	jq_takes 0 pumpwatch --json test PUMP-J
	jq_takes 0 pumpwatch --json baseline learn PUMP-J --kind firmware --release 7.0
	jq -r .text <<<"$ANSWER" | head -c -1 >"$TEMPORARY/firmware.manifest"
	jq_takes 0 pumpwatch --json baseline add "$TEMPORARY/firmware.manifest"
	firmware=$(jq -r .id <<<"$ANSWER")
	jq_takes 0 pumpwatch --json baseline learn PUMP-J --kind config --release 1 -o "$TEMPORARY/config.manifest"
	grep -v '^##' "$TEMPORARY/config.manifest" >"$list"
	jq_takes 0 pumpwatch --json baseline import "$list" --model generic --kind config --release 1
	jq_takes 0 pumpwatch --json baseline import "$list" --model generic --kind config --release 1 -o "$TEMPORARY/imported"
	jq_takes 0 pumpwatch --json baseline list
	jq_takes 0 pumpwatch --json baseline show "${firmware:0:6}"
	jq_takes 0 pumpwatch --json baseline export "$firmware"
	same "$(jq -r .text <<<"$ANSWER")" "$(cat "$TEMPORARY/firmware.manifest")" "the exported text"
	jq_takes 0 pumpwatch --json baseline diff "$firmware" "$TEMPORARY/config.manifest"
	same "$(jq length <<<"$ANSWER")" 3
	echo changed >>"$TEMPORARY/PUMP-J/firmware/main.bin"
	answers 12 pumpwatch --json sweep PUMP-J
	same "$(jq -sc 'map(keys | contains(["summary"]))' <<<"$ANSWER")" "[false,true]" "which line is the summary"
	same "$(jq -r 'select(.asset) | .findings[0] | .finding + " " + .path' <<<"$ANSWER")" "modified firmware/main.bin"
	same "$(wc -l <<<"$ANSWER")" 2 "the number of lines"
	jq_takes 0 pumpwatch --json show PUMP-J
	jq_takes 0 pumpwatch --json alerts --all
	jq_takes 0 pumpwatch --json alert show 1
	jq_takes 0 pumpwatch --json ack 1 --note seen
	jq_takes 0 pumpwatch --json status
	jq_takes 0 pumpwatch --json baseline withdraw "$firmware" --reason recalled
	same "$(jq -r .state <<<"$ANSWER")" withdrawn
	jq_takes 0 pumpwatch status --json
	jq_takes 0 pumpwatch --json stop --reason "sample"
	jq_takes 0 pumpwatch --json resume
	same "$(jq -r .lifted <<<"$ANSWER")" sample
	jq_takes 0 pumpwatch --json resume
	jq_takes 0 pumpwatch --json edit PUMP-J state=stored
	enroll PUMP-R
	jq_takes 0 pumpwatch --json retire PUMP-R
}

times_in_json_are_utc() {
	local at now
	answers 0 env TZ=America/New_York "$PROGRAMS/pumpwatch" --config "$CONFIG" --json show PUMP-J
	at=$(jq -r .visited <<<"$ANSWER")
	now=$(date -u +%s)
	[[ $at =~ ^[0-9-]{10}T[0-9:]{8}Z$ ]] || fail "visited at \"$at\""
	[ $((now - $(date -u -d "$at" +%s))) -lt 600 ] || fail "$at is not now"
	same "$(jq -r '[.. | strings | select(test("^20..-..-..T"))] | map(select(endswith("Z") | not)) | length' <<<"$ANSWER")" 0
}

who_does_it_and_why_is_recorded() {
	# The last act: who, what, to what, why.
	last_act() {
		sqlite3 -readonly "$STATE/pumpwatch.db" "SELECT text FROM record WHERE subject IS NOT NULL
			ORDER BY number DESC LIMIT 1" | jq -r '[.by, .verb, .subject, .detail, .why] | join("|")'
	}
	pumpwatch --by "A. Sample" --quiet edit PUMP-1 department=ER
	same "$(last_act)" "A. Sample|edit|PUMP-1|department=ER|"
	pumpwatch --by B --reason "work order 4711, 100% done" --quiet edit PUMP-1 department=ICU
	same "$(last_act)" "B|edit|PUMP-1|department=ICU|work order 4711, 100%25 done"
	pumpwatch --by D --quiet --reason "first" ack 1
	same "$(last_act)" "D|ack|1||first"
	pumpwatch --by D --quiet ack 1 --note "again"
	same "$(last_act)" "D|ack|1||again"
	pumpwatch --by C --quiet retire PUMP-1 --reason=sold
	same "$(last_act)" "C|retire|PUMP-1|state=retired|sold"
	pumpwatch --by C --quiet edit PUMP-1 state=active name="--reason" -- --reason 2>/dev/null
	same "$(last_act)" "C|retire|PUMP-1|state=retired|sold"
	pumpwatch --by C --quiet edit PUMP-1 state=active
	pumpwatch --by E --quiet stop --reason "maintenance"
	same "$(last_act)" "E|stop|fleet||maintenance"
	pumpwatch --by E --quiet resume --reason "done"
	same "$(last_act)" "E|resume|fleet|maintenance|done"
}

names_from_devices_never_reach_the_terminal_raw() {
	local device=$TEMPORARY/PUMP-H folder=$TEMPORARY/PUMP-H/firmware bad arguments
	make_device "$device"
	for bad in $'esc\033[31m' $'bell\a' $'bidi\342\200\256x' $'line\342\200\250x' $'c1\302\233x' $'byte\377x' $'del\177' $'tab\tx'; do
		echo x >"$folder/$bad"
	done
	enroll PUMP-H
	pumpwatch --quiet baseline learn PUMP-H --kind firmware --release h -o "$TEMPORARY/hostile.manifest"
	pumpwatch --quiet baseline add "$TEMPORARY/hostile.manifest"
	rm "$folder"/esc*
	echo y >"$folder"/$'byte\377x'
	echo y >"$folder"/$'new\033]0;title\a'
	for arguments in "test PUMP-H" "sweep PUMP-H" "show PUMP-H" "alerts" "alert show 2" "alert show 3" "alert show 4" \
		"baseline list" "baseline diff $TEMPORARY/hostile.manifest $TEMPORARY/firmware.manifest" "status"; do
		for json in "" --json; do
			# shellcheck disable=SC2086
			OUTPUT=$(pumpwatch $json $arguments 2>&1 </dev/null)
			if is_raw "$OUTPUT"; then fail "raw bytes from \"$json $arguments\": $(cat -v <<<"$OUTPUT" | head -n 30)"; fi
		done
	done
	OUTPUT=$(pumpwatch alerts)
	contains "$OUTPUT" "esc%1B[31m"
	contains "$OUTPUT" "byte%FFx"
	contains "$OUTPUT" "new%1B]0;title%07"
	# A name with a line feed or a return is not one that a device may have at all.
	echo x >"$folder"/$'line\nfeed'
	exits 8 pumpwatch sweep PUMP-H
	contains "$OUTPUT" "line%0Afeed"
	if is_raw "$OUTPUT"; then fail "raw bytes: $(cat -v <<<"$OUTPUT")"; fi
	pumpwatch --quiet retire PUMP-H
}

colours_are_for_terminals_that_want_them() {
	enroll PUMP-T
	pumpwatch --quiet baseline withdraw "$(pumpwatch --json baseline list | jq -r 'map(select(.state == "current"))[0].id')" --reason sample
	# A command on a terminal of its own.
	on_terminal() { TERM=xterm script -qefc "$*" /dev/null </dev/null; }
	OUTPUT=$(on_terminal "$PROGRAMS/pumpwatch" --config "$CONFIG" sweep PUMP-T)
	contains "$OUTPUT" $'\033[33muntrusted'
	OUTPUT=$(NO_COLOR=1 on_terminal "$PROGRAMS/pumpwatch" --config "$CONFIG" sweep PUMP-T)
	contains "$OUTPUT" untrusted
	if grep -q $'\033\\[[0-9;]*m' <<<"$OUTPUT"; then fail "colours in spite of NO_COLOR"; fi
	OUTPUT=$(pumpwatch sweep PUMP-T 2>&1)
	lacks "$OUTPUT" $'\033'
}

an_answer_that_cannot_be_written_is_no_success() {
	local arguments status
	for arguments in --help --version "sweep --help" models "--json models" devices status "--json status" "sweep PUMP-T"; do
		# shellcheck disable=SC2086
		OUTPUT=$(pumpwatch $arguments 2>&1 >/dev/full </dev/null)
		status=$?
		same "$status" 69 "the exit code of $arguments into a full device"
		contains "$OUTPUT" "standard output could not be written"
	done
	pumpwatch --json models 2>"$TEMPORARY/errors" | true
	status=${PIPESTATUS[0]}
	[ "$status" = 69 ] || [ "$status" = 0 ] || fail "exit code $status on a broken pipe"
	same "$(cat "$TEMPORARY/errors")" "" "what was said on a broken pipe"
}

quiet_says_nothing_of_success() {
	exits 0 pumpwatch --quiet edit PUMP-1 department=ER
	same "$OUTPUT" ""
	exits 0 pumpwatch --quiet stop --reason sample
	same "$OUTPUT" ""
	exits 69 pumpwatch --quiet sweep
	contains "$OUTPUT" "a stop is in force (sample)"
	exits 0 pumpwatch status
	contains "$OUTPUT" "a stop is in force: sample"
	exits 0 pumpwatch resume --quiet
	same "$OUTPUT" ""
}

two_set_ups_stand_side_by_side() {
	local first=$CONFIG
	set_up "$TEMPORARY/other"
	make_device "$TEMPORARY/PUMP-O"
	enroll PUMP-O
	answers 0 pumpwatch --json devices
	same "$(jq -r '.[].asset' <<<"$ANSWER")" PUMP-O
	answers 0 env PUMPWATCH_CONFIG="$first" "$PROGRAMS/pumpwatch" --json devices
	lacks "$ANSWER" PUMP-O
	contains "$ANSWER" PUMP-1
	# A configuration named by a relative path means its own folder, too.
	(cd "$TEMPORARY/other" && PROGRAMS=$programs CONFIG=pumpwatch.conf answers 8 pumpwatch sweep PUMP-O)
	[ -s "$TEMPORARY/other/events.log" ] || fail "no event beside the configuration"
	CONFIG=$first STATE=$TEMPORARY/site/state
}

run_case every_verb_has_help_with_an_example
run_case options_in_help_exist
run_case unknown_options_are_refused_by_name
run_case manual_has_every_verb
run_case wrong_usage_is_64_and_says_why
run_case arguments_reach_the_terminal_escaped
run_case an_empty_store_is_no_fault_but_said
run_case a_bad_configuration_is_78_with_its_line
run_case a_bad_profile_is_named_with_its_line
run_case a_device_is_enrolled_edited_and_retired
run_case what_is_refused_changes_nothing
run_case a_credential_that_others_can_read_is_refused
run_case every_verb_answers_in_one_document
run_case times_in_json_are_utc
run_case who_does_it_and_why_is_recorded
run_case names_from_devices_never_reach_the_terminal_raw
run_case colours_are_for_terminals_that_want_them
run_case an_answer_that_cannot_be_written_is_no_success
run_case quiet_says_nothing_of_success
run_case two_set_ups_stand_side_by_side
finish
