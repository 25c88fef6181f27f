#!/bin/bash
# Spreadsheets as a technician meets them: enroll --csv and devices --csv, with what asset systems
# export, what is wrong with it, and what happens when it is interrupted.
# shellcheck disable=SC2317,SC2016 # cases are called by name; braces are a template's
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset NO_COLOR PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY

MESSY=$srcdir/tests/data/fleet-messy.csv
TEMPLATE='ftp://{address}/'

# A set-up of its own for a case, and its list in $LIST.
fresh() {
	set_up "$TEMPORARY/$CASE" "$@"
	LIST=$TEMPORARY/$CASE/list.csv
}

# Usage: list LINE... ; writes $LIST
list() { printf '%s\r\n' "$@" >"$LIST"; }

count_devices() { pumpwatch --json devices | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'; }

# Usage: field ASSET FIELD
field() { pumpwatch --json show "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"; }

# Usage: counts JSON WHAT
counts() { python3 -c 'import json, sys; print(json.load(sys.stdin)["counts"][sys.argv[1]])' "$2" <<<"$1"; }

a_messy_list_is_refused_as_a_whole_and_its_bad_rows_named() {
	fresh
	exits 65 pumpwatch enroll --csv "$MESSY" --link "$TEMPLATE"
	contains "$OUTPUT" 'line 21, column "MAC Address": "02:00:00:00:00:O5": a MAC is'
	contains "$OUTPUT" '(bad-mac)'
	contains "$OUTPUT" 'line 39, column "Model": there is no profile for "Hospira Plum A+4": did you mean "hospira-plum-a-plus'
	contains "$OUTPUT" '(unknown-model)'
	contains "$OUTPUT" 'line 57, column "Serial No.": "1.23457E+11" is a number that a spreadsheet program has rounded'
	contains "$OUTPUT" "3 of 50 rows are bad, and nothing was changed"
	lacks "$OUTPUT" "SAMPLE-0001"
	same "$(count_devices)" 0
}

corrected_it_goes_in_and_a_second_time_changes_nothing() {
	fresh
	LC_ALL=C sed -e 's/:O5/:0E/' -e 's/Plum A+4/Plum A+3/' -e 's/1\.23457E+11/S007041/' "$MESSY" >"$LIST"
	exits 0 pumpwatch enroll --csv "$LIST" --link "$TEMPLATE"
	contains "$OUTPUT" "50 devices enrolled"
	contains "$OUTPUT" "No link was tried"
	same "$(count_devices)" 50
	same "$(field SAMPLE-0002 department)" "Ward-4 (Süd)"
	same "$(field SAMPLE-0004 name)" "Infusion pump, second line of the note"
	same "$(field SAMPLE-0009 serial)" 0000009 "the serial of a cell =\"0000009\""
	same "$(field SAMPLE-0003 state)" maintenance
	exits 0 pumpwatch enroll --csv "$LIST" --link "$TEMPLATE"
	contains "$OUTPUT" "0 devices enrolled, 0 changed, 50 the same"
	exits 0 pumpwatch audit verify
}

a_dry_run_shows_all_and_changes_nothing() {
	local before
	fresh
	exits 65 pumpwatch enroll --csv "$MESSY" --link "$TEMPLATE" --dry-run
	contains "$OUTPUT" "NEW        5  SAMPLE-0001  medfusion-4000, ftp://192.0.2.11/, Ward-3"
	contains "$OUTPUT" "BAD       21  SAMPLE-0014  bad-mac"
	exits 65 pumpwatch enroll --csv "$MESSY" --link "$TEMPLATE" --dry-run --skip-bad
	contains "$OUTPUT" "Dry run: nothing was changed. It would enroll 47 devices"
	[ ! -e "$STATE/pumpwatch.db" ] || fail "a dry run made a store"
	exits 65 pumpwatch enroll --csv "$MESSY" --link "$TEMPLATE" --skip-bad
	contains "$OUTPUT" "47 devices enrolled, 0 changed, 0 the same; 3 bad rows were left out"
	before=$(sha256sum <"$STATE/pumpwatch.db")
	exits 65 pumpwatch enroll --csv "$MESSY" --link 'ftp://{address}:2121/' --dry-run --skip-bad
	contains "$OUTPUT" "change 47"
	same "$(sha256sum <"$STATE/pumpwatch.db")" "$before" "the store"
}

changes_are_shown_field_by_field_and_recorded() {
	fresh
	list "Asset;Model;IP;Dept" "SAMPLE-1;generic;192.0.2.1;ICU" "SAMPLE-2;generic;192.0.2.2;ICU"
	exits 0 pumpwatch enroll --csv "$LIST" --link "$TEMPLATE"
	list "Asset;IP;Dept" "SAMPLE-1;192.0.2.2;ER" "SAMPLE-2;192.0.2.1;N/A"
	exits 0 pumpwatch enroll --csv "$LIST" --link "$TEMPLATE"
	contains "$OUTPUT" "department ICU -> ER, link ftp://192.0.2.1/ -> ftp://192.0.2.2/"
	contains "$OUTPUT" "0 devices enrolled, 2 changed"
	same "$(field SAMPLE-2 link)" "ftp://192.0.2.1/" "the address, swapped,"
	same "$(field SAMPLE-2 department)" ICU "a department behind a filler"
	exits 0 pumpwatch audit list SAMPLE-1
	contains "$OUTPUT" "line 2, department ICU -> ER"
	list "Asset;Dept;Model" "SAMPLE-1;(clear);(clear)"
	exits 65 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" "(never-cleared)"
	list "Asset;Dept" "SAMPLE-1;(clear)"
	exits 0 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" "department ER -> (none)"
	contains "$OUTPUT" "1 enrolled device is not in the file, and left as it is"
}

twins_are_refused_with_the_other_line_or_device() {
	fresh
	list "Asset,Model,Serial,MAC,Link" "SAMPLE-1,generic,S1,02:00:00:00:00:01,ftp://192.0.2.1/"
	exits 0 pumpwatch enroll --csv "$LIST"
	list "Asset,Model,Serial,MAC,Link" "SAMPLE-2,generic,S1,02:00:00:00:00:02,ftp://192.0.2.2/" \
		"SAMPLE-3,generic,S3,02-00-00-00-00-01,ftp://192.0.2.3/" "SAMPLE-4,generic,S4,,ftp://192.0.2.5:21" \
		"SAMPLE-5,generic,S5,,ftp://192.0.2.5/" "SAMPLE-5,generic,S6,,ftp://192.0.2.6/" \
		"SAMPLE-7,medfusion-4000,S1,,ftp://192.0.2.1/"
	exits 65 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" 'line 2, column "Serial": the serial S1 is that of SAMPLE-1, which is enrolled and not in this file'
	contains "$OUTPUT" 'line 3, column "MAC": the MAC 02:00:00:00:00:01 is that of SAMPLE-1'
	contains "$OUTPUT" 'line 5, column "Link": the link ftp://192.0.2.5/ stands on line 4 (SAMPLE-4), too'
	contains "$OUTPUT" 'line 6, column "Asset": SAMPLE-5 stands on line 5, too: take one of the two out (duplicate-asset)'
	contains "$OUTPUT" 'line 7, column "Link": the link ftp://192.0.2.1/ is that of SAMPLE-1'
	lacks "$OUTPUT" 'line 7, column "Serial"'
}

what_cannot_go_in_without_a_bad_row_is_left_out_too() {
	fresh
	list "Asset,Model,Link" "SAMPLE-1,generic,ftp://192.0.2.1/" "SAMPLE-2,generic,ftp://192.0.2.2/"
	exits 0 pumpwatch enroll --csv "$LIST"
	list "Asset,Link,State" "SAMPLE-1,ftp://192.0.2.2/,active" "SAMPLE-2,ftp://192.0.2.1/,lost"
	exits 65 pumpwatch enroll --csv "$LIST" --skip-bad
	contains "$OUTPUT" "still that of SAMPLE-2, whose row on line 3 is left out"
	contains "$OUTPUT" "2 bad rows were left out"
	same "$(field SAMPLE-1 link)" "ftp://192.0.2.1/"
}

retired_devices_stay_retired() {
	fresh
	enroll SAMPLE-1
	pumpwatch --quiet retire SAMPLE-1
	list "Asset,Department" "SAMPLE-1,ICU"
	exits 0 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" "1 is retired here and stays so"
	same "$(field SAMPLE-1 department)" None
	list "Asset,Department,Status" "SAMPLE-1,ICU,In Service"
	exits 65 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" "(was-retired)"
	list "Asset,Model,Status" "SAMPLE-9,Sample bed,Disposed"
	exits 0 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" "passed over"
}

an_export_imports_back_the_same() {
	local first second
	fresh
	list 'Asset,Model,Serial,Name,Department,Link,State' \
		"SAMPLE-1,generic,00123,'=1+1,\"Süd, \"\"A\"\"\",ftp://192.0.2.1/,active" \
		"SAMPLE-2,generic,'N/A,@home,'s-Hertogenbosch,sftp://[2001:db8::2]:2222/pump,stored" \
		"SAMPLE-3,generic,'1E+5,-,+1,file:///sample;x,retired"
	exits 0 pumpwatch enroll --csv "$LIST"
	first=$TEMPORARY/$CASE/first.csv second=$TEMPORARY/$CASE/second.csv
	exits 0 pumpwatch devices --csv -o "$first"
	contains "$(cat "$first")" "'=1+1"
	contains "$(cat "$first")" "''s-Hertogenbosch"
	contains "$(cat "$first")" ",'1E+5,"
	grep -Eq '(^|,)"?[=+@-]' "$first" && fail "a cell of the export runs as a formula"
	set_up "$TEMPORARY/$CASE-again"
	contains "$(pumpwatch enroll --csv - <"$first" 2>&1)" "3 devices enrolled"
	contains "$(pumpwatch enroll --csv - <"$first" 2>&1)" "3 the same"
	exits 0 pumpwatch devices --csv -o "$second"
	cmp "$first" "$second" || fail "the second export is not the first"
}

columns_of_the_configuration_and_the_command_line() {
	fresh "[columns]" "asset = Inventar-Nr." "address = Netz" "link = ftp://{address}/"
	list "Inventar-Nr.;Gerät;Netz;Bereich" "SAMPLE-1;Medfusion 4000;192.0.2.1;ICU"
	exits 65 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" "no column is known to hold the model, which 1 new device needs: say --model MODEL"
	exits 65 pumpwatch enroll --csv "$LIST" --map "model=Geraet"
	contains "$OUTPUT" 'has no column "Geraet" for model. Its columns are "Inventar-Nr.", "Gerät", "Netz", "Bereich"'
	exits 0 pumpwatch enroll --csv "$LIST" --map "model=Gerät, department=#4"
	same "$(field SAMPLE-1 model)" medfusion-4000
	same "$(field SAMPLE-1 department)" ICU
	list "Tag" "SAMPLE-2"
	exits 0 pumpwatch enroll --csv "$LIST" --model generic --link 'file:///sample/{asset}'
	same "$(field SAMPLE-2 link)" "file:///sample/SAMPLE-2"
	sed -i 's/^link = .*/link = ftp:\/\/{adress}\//' "$CONFIG"
	exits 78 pumpwatch devices
	contains "$OUTPUT" "in braces stand {address}, {asset} or {serial}"
}

mistakes_at_the_keyboard_get_a_sentence() {
	fresh
	printf 'PK\003\004xx' >"$LIST"
	exits 65 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" 'this is a workbook (.xlsx or .ods), not CSV'
	exits 65 pumpwatch enroll --csv "$TEMPORARY/absent%41.csv"
	contains "$OUTPUT" "absent%41.csv: there is no such file"
	exits 64 pumpwatch enroll --csv
	contains "$OUTPUT" "wants a value"
	exits 64 pumpwatch enroll --csv "$LIST" SAMPLE-1
	contains "$OUTPUT" "with --csv the assets stand in the file"
	exits 64 pumpwatch enroll --csv "$LIST" --model medfusion-400
	contains "$OUTPUT" 'did you mean "medfusion-4000"'
	exits 64 pumpwatch enroll --csv "$LIST" --map tag=Tag
	contains "$OUTPUT" '"tag" is no field: the fields are asset, serial'
	exits 64 pumpwatch enroll --csv "$LIST" --link 'ftp://{ip}/'
	contains "$OUTPUT" "in braces stand {address}"
	exits 64 pumpwatch enroll --csv "$LIST" --credential 'pass word'
	contains "$OUTPUT" "not the password"
	list "Bed,Place" "1,2"
	exits 65 pumpwatch enroll --csv "$LIST"
	contains "$OUTPUT" 'no line has a column that is known to hold the asset tag: say which one does with --map asset=COLUMN. The columns of line 1 are "Bed", "Place"'
	list "Asset,IP" "SAMPLE-1,192.0.2.1"
	exits 65 pumpwatch enroll --csv "$LIST" --model generic
	contains "$OUTPUT" "say how they are reached, such as --link 'ftp://{address}/'"
	exits 64 pumpwatch devices -o "$LIST"
	contains "$OUTPUT" "say --csv, too"
}

json_tells_every_row() {
	local json
	fresh
	json=$(pumpwatch --json enroll --csv "$MESSY" --link "$TEMPLATE" --skip-bad 2>/dev/null)
	same "$(counts "$json" new)" 47
	same "$(counts "$json" bad)" 3
	same "$(python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["done"], [f["code"] for r in d["rows"] for f in r["faults"]])' <<<"$json")" \
		"True ['bad-mac', 'unknown-model', 'rounded-number']"
}

# A list that takes a while under sanitizers. Usage: long_list ROWS
long_list() {
	python3 - "$1" >"$LIST" <<-'END'
		import sys
		print("Asset,Model,Serial,IP")
		for i in range(int(sys.argv[1])):
		    print(f"SAMPLE-{i:05d},generic,S{i:05d},198.18.{i // 250}.{i % 250}")
	END
}

is_at_work() { [ -s "$STATE/pumpwatch.db-wal" ] && [ "$(stat -c %s "$STATE/pumpwatch.db-wal")" -gt 100000 ]; }

# Usage: interrupted_by SIGNAL ; whatever the moment, all or nothing is there
interrupted_by() {
	local pid status try
	fresh
	exits 0 pumpwatch enroll SAMPLE-X --model generic --link ftp://192.0.2.250/ --no-test
	long_list 6000
	"$PROGRAMS/pumpwatch" --config "$CONFIG" enroll --csv "$LIST" --link "$TEMPLATE" >"$TEMPORARY/out" 2>&1 &
	pid=$!
	keep_pid "$pid"
	for ((try = 0; try < 2000; try++)); do
		is_at_work || is_gone "$pid" && break
		sleep 0.01
	done
	kill -"$1" "$pid" 2>/dev/null
	{ wait "$pid"; status=$?; } 2>/dev/null
	OUTPUT="$(count_devices) $status $(cat "$TEMPORARY/out")"
	pumpwatch audit verify >/dev/null || fail "the records do not hold"
}

killed_in_the_middle_it_leaves_all_or_nothing() {
	interrupted_by KILL
	case $OUTPUT in
	"1 137 "* | "6001 "*) ;;
	*) fail "neither all nor nothing: $OUTPUT" ;;
	esac
	exits 0 pumpwatch --quiet enroll --csv "$LIST" --link "$TEMPLATE"
	same "$(count_devices)" 6001
}

interrupted_it_says_that_nothing_was_changed() {
	interrupted_by INT
	case $OUTPUT in
	"1 69 "*"interrupted: nothing was changed"* | "6001 0 "*) ;;
	*) fail "neither all nor nothing: $OUTPUT" ;;
	esac
}

for case in a_messy_list_is_refused_as_a_whole_and_its_bad_rows_named \
	corrected_it_goes_in_and_a_second_time_changes_nothing a_dry_run_shows_all_and_changes_nothing \
	changes_are_shown_field_by_field_and_recorded twins_are_refused_with_the_other_line_or_device \
	what_cannot_go_in_without_a_bad_row_is_left_out_too retired_devices_stay_retired \
	an_export_imports_back_the_same columns_of_the_configuration_and_the_command_line \
	mistakes_at_the_keyboard_get_a_sentence json_tells_every_row killed_in_the_middle_it_leaves_all_or_nothing \
	interrupted_it_says_that_nothing_was_changed; do
	run_case "$case"
done
finish
