#!/bin/bash
# The service bench: PASS, FAIL and INCOMPLETE over a copied folder, FTP and SFTP; the sheet in its
# three forms; nothing is written to the store, and a device that a sweep visits is left alone.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY
PATH=$PATH:/usr/sbin:/sbin

set_up "$TEMPORARY/site"
ask_approvals 2
make_key ann
make_key bob
allow ann bob
enroll PUMP-1 --serial S0001 --department ICU || exit 1

# Usage: put_in_force ASSET RELEASE [OPTION...] ; what it holds now, approved by two people
put_in_force() {
	local asset=$1 release=$2 kind manifest
	shift 2
	for kind in firmware drug-library config; do
		manifest=$TEMPORARY/$kind-$release.manifest
		pumpwatch --quiet baseline learn "$asset" --kind "$kind" --release "$release" --scope "${SCOPE:-model}" \
			--key "$KEYS/learner.pub" -o "$manifest" &&
			sign ann "$manifest" "$manifest.ann" && sign bob "$manifest" "$manifest.bob" &&
			pumpwatch --quiet baseline add "$manifest" "$manifest.ann" "$manifest.bob" "$@" || return
	done
}
make_key learner
put_in_force PUMP-1 2026-09 || exit 1

copy=$TEMPORARY/copy
new_copy() { rm -rf "$copy" && make_device "$copy"; }

# Usage: bench STATUS [OPTION...] ; of a copied folder; the sheet as JSON is left in $ANSWER
bench() {
	local status=$1
	shift
	answers "$status" pumpwatch --json bench --model generic --link "$copy" "$@"
}

# Usage: is FILTER VALUE ; of the sheet in $ANSWER
is() { same "$(jq -r "$1" <<<"$ANSWER")" "$2" "$1"; }

# ---- the three results ----

a_copied_folder_passes() {
	local before
	new_copy
	before=$(remembered)
	exits 0 pumpwatch --by "Ann Sample" bench --model Generic --link "$copy" --work-order WO-4711 --note "after repair"
	same "${OUTPUT:81:4}" PASS # below the rule
	contains "$OUTPUT" "All 4 files are those of the release in force."
	contains "$OUTPUT" "Work order      WO-4711"
	contains "$OUTPUT" "Note            after repair"
	contains "$OUTPUT" "Checked by      Ann Sample"
	contains "$OUTPUT" "release 2026-09 for model generic"
	contains "$OUTPUT" "ann@sample-site, bob@sample-site"
	contains "$OUTPUT" "$(sha256sum "$copy/config/unit.cfg" | cut -d' ' -f1)"
	contains "$OUTPUT" "$(md5sum "$copy/config/unit.cfg" | cut -d' ' -f1)"
	contains "$OUTPUT" "Signature ____"
	lacks "$OUTPUT" EVALUATION
	same "$(awk 'length > 80' <<<"$OUTPUT")" "" "what is wider than 80 columns"
	same "$(remembered)" "$before" "the store"
}

a_relative_folder_with_odd_characters_is_a_link() {
	local odd="$TEMPORARY/a copy #1 100%?"
	cp -r "$copy" "$odd"
	(cd "$TEMPORARY" && exits 0 pumpwatch --json bench --model generic --link "./a copy #1 100%?") || fail "it was not checked"
	exits 64 pumpwatch bench --model generic --link "$TEMPORARY/nowhere"
	contains "$OUTPUT" "there is no folder"
	contains "$OUTPUT" "ftp://192.0.2.10/"
}

what_differs_fails_with_both_digests() {
	new_copy
	echo more >>"$copy/drug-library/library.bin"
	echo odd >"$copy/firmware/odd.bin"
	rm "$copy/config/unit.cfg"
	bench 7
	is .result FAIL
	is .reason "3 files differ from the approved release: 1 modified, 1 added, 1 missing."
	is '[.files[] | select(.result != "approved") | .result] | sort | join(" ")' "added missing modified"
	is '.files[] | select(.result == "modified") | .sha256' "$(sha256sum <"$copy/drug-library/library.bin" | cut -d' ' -f1)"
	is '.files[] | select(.result == "modified") | .sha256_approved' \
		"$(sha256sum <"$TEMPORARY/PUMP-1/drug-library/library.bin" | cut -d' ' -f1)"
	is '.files[] | select(.result == "missing") | .md5_approved' \
		"$(md5sum <"$TEMPORARY/PUMP-1/config/unit.cfg" | cut -d' ' -f1)"
	rm "$copy/firmware/odd.bin"
	cp "$TEMPORARY/PUMP-1/config/unit.cfg" "$copy/config"
	bench 4
}

what_cannot_be_checked_is_incomplete() {
	new_copy
	answers 8 pumpwatch --json bench --model hospira-symbiq --link "$copy"
	is .result INCOMPLETE
	rm -rf "${copy:?}"/*
	bench 2
	is .result FAIL
	answers 8 pumpwatch --json bench --model generic --link "ftp://127.0.0.1:$(free_port)/"
	is .result INCOMPLETE
	contains "$(jq -r .reason <<<"$ANSWER")" "The pump could not be checked: the address answers, but the port is closed"
	exits 8 pumpwatch bench --model generic --link "ftp://127.0.0.1:$(free_port)/"
	contains "$OUTPUT" "INCOMPLETE"
	contains "$OUTPUT" "No file was read."
}

an_older_release_passes_only_when_it_is_meant() {
	new_copy
	echo "library 2026-10" >"$TEMPORARY/PUMP-1/drug-library/library.bin"
	echo "new" >>"$TEMPORARY/PUMP-1/drug-library/library.bin"
	put_in_force PUMP-1 2026-10 --older-until 2099-12-31 || fail "it is not in force"
	bench 8
	is .result INCOMPLETE
	contains "$(jq -r .reason <<<"$ANSWER")" "is of the older release 2026-09, which is accepted, but not the one in force"
	bench 0 --release 2026-09
	is .result PASS
	contains "$(jq -r .reason <<<"$ANSWER")" "which was asked for and is accepted until 2099-12-31"
	bench 64 --release 2026-99
	contains "$ERRORS" 'no release "2026-99" of generic is in force or accepted'
	cp "$TEMPORARY/PUMP-1/drug-library/library.bin" "$copy/drug-library"
	bench 0
	bench 8 --release 2026-09
	contains "$(jq -r .reason <<<"$ANSWER")" "The release 2026-09 was asked for, and nothing on the pump is of it."
	cp -r "$TEMPORARY/PUMP-1"/* "$copy"
	bench 0
}

evaluation_is_said_at_the_top() {
	sed -i 's/^approvals = 2/approvals = 0/' "$CONFIG"
	exits 0 pumpwatch bench --model generic --link "$copy"
	contains "$(head -8 <<<"$OUTPUT")" "EVALUATION"
	sed -i 's/^approvals = 0/approvals = 2/' "$CONFIG"
	allow ann
	bench 8
	is .result INCOMPLETE
	contains "$(jq -r .reason <<<"$ANSWER")" "No approved release that can be believed is in force for: firmware, drug-library, config"
	allow ann bob
}

# ---- the sheet ----

one_check_gives_all_three_forms() {
	local sheet=$TEMPORARY/sheet before html
	before=$(remembered)
	echo '<script>alert(1)</script>' >"$copy/config/<b onclick=x>&.cfg"
	exits 1 pumpwatch bench --model generic --link "$copy" -o "$sheet.html" -o "$sheet.json" -o "$sheet.txt" \
		--note '<img src=x onerror=y>' --work-order $'4711\e[2J'
	contains "$OUTPUT" "FAIL: 1 file differs from the approved release: 1 added."
	same "$(remembered)" "$before" "the store"
	contains "$(cat "$sheet.txt")" "$(sha256sum <"$sheet.json" | cut -d' ' -f1)"
	contains "$(cat "$sheet.html")" "$(sha256sum <"$sheet.json" | cut -d' ' -f1)"
	html=$(cat "$sheet.html")
	xmllint --html --noout "$sheet.html" 2>"$TEMPORARY/lint"
	same "$(grep -v 'Tag \(main\|section\) invalid' "$TEMPORARY/lint" | grep -c 'error :')" 0 "the faults of the HTML"
	contains "$html" '<html lang="en">'
	contains "$html" '&lt;b onclick=x&gt;&amp;.cfg'
	contains "$html" '4711%1B[2J'
	contains "$html" '&lt;img src=x onerror=y&gt;'
	lacks "$html" '<img'
	lacks "$html" '<script'
	lacks "$html" 'http'"s:"
	same "$(grep -cE '(src|href|url)[=(]' <<<"$(sed 's/&lt;img src=x/&/; s/src=x onerror//' "$sheet.html")")" 0 "references"
	if is_raw "$(cat "$sheet.txt" "$sheet.html")"; then fail "a control byte stands in a sheet"; fi
	rm "$copy/config/<b onclick=x>&.cfg"
	exits 0 pumpwatch bench --model generic --link "$copy" --format html
	contains "$OUTPUT" "<title>PASS: generic, check"
}

mistakes_are_named() {
	exits 64 pumpwatch bench --link "$copy"; contains "$OUTPUT" '"bench" wants --model'
	exits 64 pumpwatch bench; contains "$OUTPUT" '"bench" wants --model and --link'
	exits 64 pumpwatch bench --model genric --link "$copy"; contains "$OUTPUT" 'did you mean "generic"?'
	exits 64 pumpwatch bench --model generic --link "$copy" -o sheet.pdf; contains "$OUTPUT" "ends in .txt, .html or .json"
	exits 64 pumpwatch bench --model generic --link "$copy" --format pdf; contains "$OUTPUT" "text, html or json"
	exits 64 pumpwatch bench PUMP-1; contains "$OUTPUT" "--asset PUMP-1?"
	exits 64 pumpwatch bench --asset PUMP-1 --model hospira-symbiq; contains "$OUTPUT" "PUMP-1 is enrolled as generic"
	exits 64 pumpwatch bench --asset PUMP-1 --serial S0002; contains "$OUTPUT" "enrolled with the serial S0001"
	exits 64 pumpwatch bench --asset PUMP-9 --model generic --serial S0001 --link "$copy"
	contains "$OUTPUT" "the serial S0001 is enrolled as PUMP-1"
	# What was read is not lost with the file that could not be written.
	exits 69 pumpwatch bench --model generic --link "$copy" -o "$TEMPORARY/none/sheet.html"
	contains "$OUTPUT" "PASS  "
	contains "$OUTPUT" "$TEMPORARY/none/sheet.html"
}

# ---- enrolled devices ----

an_enrolled_asset_gives_what_is_not_said() {
	answers 0 pumpwatch --json bench --asset PUMP-1
	is '.pump | "\(.asset) \(.enrolled) \(.serial) \(.model)"' "PUMP-1 true S0001 generic"
	is .pump.link "file://$TEMPORARY/PUMP-1"
	bench 0 --serial S0001
	is .pump.asset PUMP-1
	is .pump.link "file://$copy"
}

a_device_that_is_visited_just_now_is_left_alone() {
	local until=$((($(date +%s) + 600) * 1000000))
	sqlite3 "$STATE/pumpwatch.db" "INSERT INTO lease SELECT number, 'another run', $until FROM device WHERE asset = 'PUMP-1'"
	exits 69 pumpwatch bench --asset PUMP-1
	contains "$OUTPUT" "PUMP-1 is being visited by another run just now"
	exits 69 pumpwatch bench --model generic --link "file://$TEMPORARY/PUMP-1"
	bench 0
	sqlite3 "$STATE/pumpwatch.db" "UPDATE lease SET until = 1"
	answers 0 pumpwatch --json bench --asset PUMP-1
	sqlite3 "$STATE/pumpwatch.db" "DELETE FROM lease"
}

a_device_with_releases_of_its_own_is_held_to_them() {
	enroll PUMP-2 --serial S0002
	echo "unit = 2" >"$TEMPORARY/PUMP-2/config/unit.cfg"
	SCOPE=device put_in_force PUMP-2 own || fail "it is not in force"
	new_copy
	cp -r "$TEMPORARY/PUMP-2"/* "$copy"
	bench 4
	bench 0 --asset PUMP-2
	is '[.releases[] | select(.scope == "device")] | length' 3
}

# ---- over the network ----

over_ftp_it_says_what_the_link_is_worth_and_ends_by_control_c() {
	local fleet=$TEMPORARY/fleet url
	fleet_start "$fleet" --pumps 1 || return
	url=ftp://127.0.0.1:$(fleet_port "$fleet" 1)/
	answers 8 pumpwatch --json bench --model medfusion-4000 --link "$url"
	is .result INCOMPLETE
	contains "$(jq -r .reason <<<"$ANSWER")" "No approved release is in force for:"
	is .pump.grade "plain, not identified"
	contains "$(jq -r .pump.grade_means <<<"$ANSWER")" "Neither authenticated nor encrypted"
	fleet_tell "$fleet" "1 refuse"
	exits 8 pumpwatch bench --model medfusion-4000 --link "$url"
	contains "$OUTPUT" "The pump could not be checked"
	fleet_tell "$fleet" "1 heal"
	fleet_tell "$fleet" "1 hang connect"
	"$PROGRAMS/pumpwatch" --config "$CONFIG" bench --model medfusion-4000 --link "$url" -o "$TEMPORARY/int.json" \
		>"$TEMPORARY/int" 2>&1 </dev/null &
	local pid=$!
	keep_pid "$pid"
	await connected "$fleet"
	kill -INT "$pid"
	wait "$pid"
	same $? 8 "the exit code after Ctrl-C"
	ANSWER=$(cat "$TEMPORARY/int.json")
	is '"\(.result) \(.check.interrupted) \(.files | length)"' "INCOMPLETE true 0"
	contains "$(cat "$TEMPORARY/int")" "INCOMPLETE: The check was interrupted before its end."
}

over_sftp_a_key_must_be_known() {
	prepare_ssh
	start_sshd "$ssh/host"
	new_copy
	cp -r "$TEMPORARY/PUMP-1"/* "$copy"
	local arguments=(--json bench --model generic --link "sftp://127.0.0.1:$port$copy" --credential ward)
	answers 8 pumpwatch "${arguments[@]}"
	is '"\(.result) \(.check.outcome)"' "INCOMPLETE identity-unknown"
	is .pump.pin_shown "$pin"
	is .pump.key_shown ED25519
	answers 0 pumpwatch "${arguments[@]}" --pin "$pin"
	is .pump.grade "authenticated, encrypted, identified"
	answers 0 pumpwatch "${arguments[@]}" --pin-seen
	is .pump.grade "encrypted, not identified"
	answers 8 pumpwatch "${arguments[@]}" --pin "$(ssh-keygen -l -f "$ssh/other.pub" | awk '{ print $2 }')"
	is .result FAIL
	contains "$(jq -r .reason <<<"$ANSWER")" "This may be another pump"
	end_pid "$sshd"
}

it_gives_way_to_a_sweep_that_comes_meanwhile() {
	local fleet=$TEMPORARY/way pid link until=$((($(date +%s) + 600) * 1000000))
	fleet_start "$fleet" --pumps 1 || return
	fleet_tell "$fleet" "1 hang connect"
	link=ftp://127.0.0.1:$(fleet_port "$fleet" 1)/
	pumpwatch --quiet enroll PUMP-3 --model medfusion-4000 --link "$link" --no-test
	"$PROGRAMS/pumpwatch" --config "$CONFIG" bench --model medfusion-4000 --link "$link" >"$TEMPORARY/way.out" 2>&1 </dev/null &
	pid=$!
	keep_pid "$pid"
	await connected "$fleet"
	sqlite3 -cmd '.timeout 5000' "$STATE/pumpwatch.db" \
		"INSERT INTO lease SELECT number, 'another run', $until FROM device WHERE asset = 'PUMP-3'"
	wait "$pid"
	same $? 69 "the exit code"
	contains "$(cat "$TEMPORARY/way.out")" "PUMP-3 is being visited by another run just now"
	sqlite3 -cmd '.timeout 5000' "$STATE/pumpwatch.db" "DELETE FROM lease"
	fleet_stop
}

run_case a_copied_folder_passes
run_case a_relative_folder_with_odd_characters_is_a_link
run_case what_differs_fails_with_both_digests
run_case what_cannot_be_checked_is_incomplete
run_case an_older_release_passes_only_when_it_is_meant
run_case evaluation_is_said_at_the_top
run_case one_check_gives_all_three_forms
run_case mistakes_are_named
run_case an_enrolled_asset_gives_what_is_not_said
run_case a_device_that_is_visited_just_now_is_left_alone
run_case a_device_with_releases_of_its_own_is_held_to_them
run_case over_ftp_it_says_what_the_link_is_worth_and_ends_by_control_c
run_case over_sftp_a_key_must_be_known
run_case it_gives_way_to_a_sweep_that_comes_meanwhile
finish
