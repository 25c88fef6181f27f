#!/bin/bash
# Each mistake that a person makes at a keyboard gets one sentence that says what to type instead.
# shellcheck disable=SC2317 # cases are called by name
set -u
. "${srcdir:-.}/tests/lib.sh"
. "${srcdir:-.}/tests/cli/lib.sh"

set_up "$TEMPORARY/site" "[window nightly]" "when = daily 01:00-05:00"
enroll PUMP-0001 --department ICU --serial S1
enroll PUMP-0002 --department "Ward 2"
approve PUMP-0001 2026-10
for asset in PUMP-0001 PUMP-0002; do echo changed >"$TEMPORARY/$asset/firmware/main.bin"; done
pumpwatch --quiet sweep >/dev/null
files=$TEMPORARY/files
mkdir "$files"
echo "-----BEGIN OPENSSH PRIVATE KEY-----" >"$files/key"
echo "ssh-ed25519 AAAA sample" >"$files/key.pub"
echo "-----BEGIN SSH SIGNATURE-----" >"$files/first.sig"
printf 'PK\003\004sample' >"$files/fleet.xlsx"
echo "Asset Tag,Model" >"$files/fleet.csv"

# Rows of arguments|what stands in the sentence|exit code, 64 where none is said. An argument with
# blanks stands in quotes.
mistakes() {
	cat <<-'END'
		enrol PUMP-9|there is no verb "enrol": did you mean "enroll"?
		swep|did you mean "sweep"?
		ENROLL PUMP-9|did you mean "enroll"?
		Devices|did you mean "devices"?
		device|did you mean "devices"?
		stauts|did you mean "status"?
		alrets|did you mean "alerts"?
		list devices|did you mean "devices"?
		list alerts|did you mean "alerts"?
		ls baselines|did you mean "baseline list"?
		list audit|the words are the other way round: did you mean "audit list"?
		show alert 3|the words are the other way round: did you mean "alert show 3"?
		show model generic|did you mean "model show generic"?
		alert 3|did you mean "alert show 3"?
		baseline lst|did you mean "baseline list"?
		baselines|did you mean "baseline list"?
		baseline|"baseline" wants one more word: learn, import
		acknowledge 1|did you mean "ack"?
		add PUMP-9|did you mean "enroll"?
		delete PUMP-0001|did you mean "retire"?
		verify|did you mean "audit verify"?
		approve x|did you mean "baseline approve"?
		PUMP-0001|is it a device? Then say "pumpwatch show PUMP-0001"
		pumpwatch devices|leave the second one out
		help shw|did you mean "show"?
		--halp|did you mean "--help"?
		--josn devices|did you mean "--json"?
		--by|--by wants a value
		--config x.conf|a verb is missing
		--config /nowhere/x.conf devices|there is no such file: name your configuration with --config FILE|78
		devices --config x.conf|--config stands before the verb
		devices --departement ICU|did you mean "--department"?
		devices -model generic|did you mean "--model"?
		devices –model generic|begins with a long dash: type two hyphens, as in --model
		devices --json=yes|did you mean "--json"?
		devices --department|--department wants a value
		devices --department ICY|did you mean "ICU"?
		devices --department Ward2|did you mean "Ward 2"?
		devices --department Dialysis|there are "ICU", "Ward 2"
		devices --model genric|did you mean "generic"?
		devices --model medfusion|did you mean "medfusion-4000"?
		devices --state stoerd|did you mean "stored"?
		devices --state gone|a state is active, stored, maintenance or retired, not "gone"
		devices --result drfted|did you mean "drifted"?
		devices --age 7|a number with a unit, as in 7d (days)
		devices --age week|a number with a unit, as in 7d (days)
		devices --sort departement|did you mean "department"?
		devices ICU|"pumpwatch show ASSET" shows one
		devices -o x.csv|-o writes CSV: say --csv, too
		alerts 3|"pumpwatch alert show NUMBER" shows one
		alerts --severity eror|did you mean "error"?
		alerts --severity 9|a severity is emergency, alert, critical
		alerts --type FILE_MODIFED|did you mean "FILE_MODIFIED"?
		alerts --type forged|did you mean "FILE_FORGED"?
		alerts --state new|an alert's state is open, acknowledged or resolved, not "new"
		alerts --state opne|did you mean "open"?
		alerts --device PUMP-00001|did you mean "PUMP-0001"?
		alerts --sort numbr|did you mean "number"?
		alert show|as in "pumpwatch alert show 12"
		alert show three|an alert is named by its number, not "three"
		alert show 999|"pumpwatch alerts --all" lists them
		ack 1|as in: pumpwatch ack 12 --note "work order 4711"
		ack PUMP-0001 --note x|an alert is named by its number
		show|as in "pumpwatch show PUMP-0001"
		show pump-0001|did you mean "PUMP-0001"?
		show PUMP-001|did you mean "PUMP-0001"?
		show --asset PUMP-0001|--asset is no option of "show"
		sweep all|say "pumpwatch sweep --all"
		sweep --window nigthly|did you mean "nightly"?
		sweep --windows nightly|did you mean "--window"?
		sweep PUMP-0020|did you mean "PUMP-0002"?
		sweep --all PUMP-0001|one of the three
		test PUMP-003|did you mean "PUMP-0001"?
		retire PUMP-0101|did you mean "PUMP-0001"?
		edit PUMP-0001|as in "pumpwatch edit PUMP-0001 state=maintenance"
		edit PUMP-0001 departmnt=ICU|there is no field "departmnt": did you mean "department"?
		edit PUMP-0001 department ICU|as in "department=ICU"
		edit PUMP-0001 department = ICU|as in "department=ICU"
		edit department=ICU PUMP-0001|did you mean "pumpwatch edit PUMP-0001 department=ICU"?
		edit PUMP-0001 state=actve|did you mean state=active?|65
		edit PUMP-0001 model=genric|did you mean "generic"?
		edit PUMP-0001 mac=00:11|six pairs of hexadecimal digits|65
		edit PUMP-0001 link=192.0.2.1|a link begins with ftp://|65
		enroll|as in "pumpwatch enroll PUMP-0001 --model MODEL --link LINK"
		enroll PUMP-9 --modell generic --link ftp://192.0.2.1/|did you mean "--model"?
		enroll PUMP-9 --model genric --link ftp://192.0.2.1/|did you mean "generic"?
		enroll PUMP-9 --model generic --link ftp:/192.0.2.1|a link begins with ftp://|65
		enroll PUMP-9 --model generic --link telnet://192.0.2.1|a link begins with ftp://|65
		enroll PUMP-9 --model generic --link ftp://joe:secret@192.0.2.1/|name a credential instead|65
		enroll "PUMP 9" --model generic --link ftp://192.0.2.1/|without spaces|65
		enroll PUMP-0001 --model generic --link ftp://192.0.2.1/ --no-test|is enrolled already
		enroll --csv FILES/fleet.xlsx|save it as "CSV UTF-8"|65
		enroll --csv FILES/none.csv|there is no such file|65
		enroll --csv FILES|is a folder: name a file in it|65
		baseline learn PUMP-0001|--kind and --release must be given
		baseline learn PUMP-0001 --kind firmwear --release 1|did you mean "firmware"?
		baseline learn PUMP-0001 --kind library --release 1|did you mean "drug-library"?
		baseline learn PUMP-0001 --kind firmware --release 1 --scope modle|did you mean "model"?
		baseline import FILES/fleet.csv --model generic --kind firmware --release 1 --format md5|did you mean "md5sum"?
		baseline add FILES/key|is a private key: give it to nobody|65
		baseline add FILES/key.pub|is a public key; a manifest is meant|65
		baseline add FILES/first.sig|the manifest comes first|65
		baseline add FILES/fleet.xlsx|is a workbook|65
		baseline add FILES/fleet.csv|"pumpwatch baseline import" makes a manifest|65
		baseline add FILES|is a folder: name a file in it|65
		baseline add FILES/none.manifest|there is no such file|65
		baseline add FILES/fleet.csv --older-until 31.12.2026|a date such as 2026-12-31
		baseline accept-until zzzz 2026-12-31|"pumpwatch baseline list" lists them
		baseline show zzzz|"pumpwatch baseline list" lists
		baseline withdraw zzzz|wants an id and a --reason
		baseline list --model genric|did you mean "generic"?
		sink test fiel|did you mean "file"?
		audit|"audit" wants one more word
		audit list --most many|a whole number, not "many"
		stop maintenance|"stop" wants a --reason
		report page.html|to name the file: -o page.html
		explain FILE_MODIFED|did you mean "FILE_MODIFIED"?
		model show medfusion4001|did you mean "medfusion-4000"?
		model check none.ini|there is no such file|65
	END
}

# Usage: mistake ARGUMENTS WORDS CODE
mistake() {
	local given=() lines
	eval "given=(${1//FILES/$files})"
	answers "${3:-64}" pumpwatch "${given[@]}"
	contains "$ERRORS" "$2"
	same "$ANSWER" "" "standard output after \"$1\""
	lines=$(grep -vc '^See "pumpwatch .*--help"\.$' <<<"$ERRORS")
	same "$lines" 1 "the number of lines that \"$1\" got"
	[[ $ERRORS = "pumpwatch: "* ]] || fail "no \"pumpwatch: \" before: $ERRORS"
}

each_gets_one_sentence_that_says_what_to_type() {
	local arguments words code before rows=0
	before=$(remembered)
	while IFS='|' read -r arguments words code; do
		mistake "$arguments" "$words" "$code"
		rows=$((rows + 1))
	done < <(mistakes)
	[ "$rows" -ge 100 ] || fail "only $rows mistakes were made"
	same "$(remembered)" "$before" "what the store remembers"
}

help_is_found_in_odd_places() {
	local arguments
	for arguments in "--help show" "show --help" "show PUMP-0001 --help" "help show" "show -h"; do
		# shellcheck disable=SC2086
		answers 0 pumpwatch $arguments
		contains "$ANSWER" "Usage: pumpwatch show ASSET"
	done
	for arguments in --help -h -help help; do
		answers 0 pumpwatch "$arguments"
		contains "$ANSWER" "Usage: pumpwatch"
	done
}

a_word_that_is_like_nothing_gets_no_guess() {
	answers 64 pumpwatch xyzzy
	lacks "$ERRORS" "did you mean"
	answers 64 pumpwatch devices --model xyzzy
	lacks "$ERRORS" "did you mean"
}

run_case each_gets_one_sentence_that_says_what_to_type
run_case help_is_found_in_odd_places
run_case a_word_that_is_like_nothing_gets_no_guess
finish
