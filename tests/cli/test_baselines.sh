#!/bin/bash
# Baselines by hand: learnt, compared with a vendor's list, in force, older, stale, withdrawn;
# and the exit mask of a sweep that holds devices against them.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY

set_up "$TEMPORARY/site"
device=$TEMPORARY/PUMP-1
enroll PUMP-1 || exit 1

# The ids of the baselines with a state.
ids() { pumpwatch --json baseline list | jq -r --arg state "$1" '.[] | select(.state == $state) | .id'; }
result() { pumpwatch --json show "$1" | jq -r .result; }

a_device_without_baselines_is_untrusted() {
	exits 8 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "untrusted: no baseline is in force for firmware, drug-library, config"
	contains "$OUTPUT" "pumpwatch baseline learn --help"
	contains "$OUTPUT" "Evaluation mode"
}

a_candidate_says_what_to_do_with_it() {
	exits 0 pumpwatch baseline learn PUMP-1 --kind firmware --release 7.0 -o "$TEMPORARY/firmware"
	contains "$OUTPUT" "2 files."
	contains "$OUTPUT" "Look it through, then: pumpwatch baseline add $TEMPORARY/firmware"
	same "$(pumpwatch --json baseline list)" "[]" "what learning put in force"
	exits 0 pumpwatch baseline add "$TEMPORARY/firmware"
	contains "$OUTPUT" "is in force: firmware 7.0 for model generic, 2 files."
	exits 65 pumpwatch baseline add "$TEMPORARY/firmware"
	contains "$OUTPUT" "is in the store already: it is current"
	approve PUMP-1 2026-10 drug-library config
	exits 0 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "1 device: 1 verified."
}

hashdeep_reads_an_exported_baseline() {
	exits 0 pumpwatch baseline export "$(ids current | head -n 1)" -o "$TEMPORARY/exported"
	(cd "$device" && hashdeep -a -k "$TEMPORARY/exported" -l -r "$(sed -n '$s/.*,\(.*\)\/.*/\1/p' "$TEMPORARY/exported")") \
		>"$TEMPORARY/audit" 2>&1 || fail "$(cat "$TEMPORARY/audit")"
}

the_mask_adds_up() {
	local code
	mkdir "$TEMPORARY/saved" && cp -R "$device/." "$TEMPORARY/saved"
	restore() { rm -rf "$device" && cp -R "$TEMPORARY/saved" "$device"; }
	while IFS='|' read -r code command words; do
		(cd "$device" && eval "$command")
		exits "$code" pumpwatch sweep PUMP-1
		contains "$OUTPUT" "$words"
		restore
	done <<-'END'
		0|true|verified
		1|echo x >firmware/new.bin|added      firmware/new.bin (firmware, release 7.0)
		2|rm config/unit.cfg|missing    config/unit.cfg (config, release 2026-10)
		4|echo x >firmware/main.bin|modified   firmware/main.bin
		7|echo x >firmware/main.bin; rm config/unit.cfg; echo x >config/new|added      config/new
	END
	rm -rf "$device"
	exits 8 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "unreachable"
	restore
	exits 0 pumpwatch --quiet sweep PUMP-1
	same "$OUTPUT" "" "what --quiet said of a verified device"
}

a_new_release_asks_how_long_the_older_one_is_accepted() {
	local before
	enroll PUMP-2
	echo "firmware 7.1" >"$TEMPORARY/PUMP-2/firmware/main.bin"
	exits 0 pumpwatch baseline learn PUMP-2 --kind firmware --release 7.1 -o "$TEMPORARY/firmware-7.1"
	contains "$(cat "$TEMPORARY/firmware-7.1")" "## serial: 2"
	before=$(remembered)
	exits 64 pumpwatch baseline add "$TEMPORARY/firmware-7.1" --older-until soon
	contains "$OUTPUT" "a date such as 2026-12-31, never, or now"
	same "$(remembered)" "$before" "the store"
	exits 0 pumpwatch baseline add "$TEMPORARY/firmware-7.1"
	contains "$OUTPUT" "is approved, and not in force yet: the release 7.0 is"
	contains "$OUTPUT" "--older-until"
	same "$(ids approved | wc -l)" 1 "how many are approved"
	before=$(remembered)
	exits 65 pumpwatch baseline add "$TEMPORARY/firmware-7.1" --older-until never
	contains "$OUTPUT" "in the store already, as a candidate: go on with \"pumpwatch baseline approve\""
	exits 64 pumpwatch baseline approve "$TEMPORARY/firmware-7.1"
	same "$(remembered)" "$before" "the store"
	exits 0 pumpwatch baseline approve "$TEMPORARY/firmware-7.1" --older-until never
	contains "$OUTPUT" "is in force: firmware 7.1 for model generic, 2 files."
	exits 0 pumpwatch sweep PUMP-1 PUMP-2
	contains "$OUTPUT" "PUMP-1           behind"
	contains "$OUTPUT" "PUMP-2           verified"
	exits 0 pumpwatch baseline list
	contains "$OUTPUT" "model generic"
	[[ $OUTPUT =~ older\ +never ]] || fail "$OUTPUT"
}

an_older_release_past_its_date_is_stale() {
	local older
	older=$(ids older)
	exits 64 pumpwatch baseline accept-until "$older" soon
	exits 64 pumpwatch baseline accept-until "$(ids current | head -n 1)" never
	contains "$OUTPUT" "only an older release has a time"
	exits 0 pumpwatch baseline accept-until "${older:0:10}" 2026-01-01
	contains "$OUTPUT" "${older:0:12} is accepted until 2026-01-01T00:00:00Z."
	exits 4 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "stale      all files (firmware, release 7.0)"
	answers 0 pumpwatch --json alerts --device PUMP-1
	contains "$ANSWER" FILE_STALE
	exits 0 pumpwatch baseline accept-until "$older" now
	exits 0 pumpwatch baseline accept-until "$older" never
	exits 0 pumpwatch sweep PUMP-1
	answers 0 pumpwatch --json alerts --device PUMP-1
	same "$ANSWER" "[]" "the alerts"
}

a_withdrawn_baseline_leaves_devices_untrusted() {
	local current
	current=$(pumpwatch --json baseline list | jq -r '.[] | select(.state == "current" and .kind == "config") | .id')
	exits 0 pumpwatch --by "A. Sample" baseline withdraw "$current" --reason "recalled by the maker"
	contains "$OUTPUT" "is withdrawn"
	exits 8 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "untrusted: no baseline is in force for config;"
	echo x >"$device/drug-library/library.bin"
	exits 12 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "modified   drug-library/library.bin"
	contains "$OUTPUT" "not checked, for want of a baseline: config"
	echo "library 2026-10" >"$device/drug-library/library.bin"
	exits 0 pumpwatch baseline show "$current"
	contains "$OUTPUT" "recalled by the maker"
	exits 65 pumpwatch baseline withdraw "$current" --reason again
}

a_list_of_md5_alone_is_learnt_against_a_device() {
	local list=$TEMPORARY/vendor.md5
	(cd "$device" && md5sum firmware/* config/*) >"$list"
	exits 65 pumpwatch baseline import "$list" --model generic --kind config --release 2
	contains "$OUTPUT" "has no SHA-256: learn a device against this list instead (pumpwatch baseline learn ASSET --against $list)"
	exits 0 pumpwatch baseline learn PUMP-1 --kind config --release 2 --against "$list" -o "$TEMPORARY/config-2"
	contains "$(cat "$TEMPORARY/config-2")" "config/unit.cfg"
	exits 0 pumpwatch baseline add "$TEMPORARY/config-2"
	exits 0 pumpwatch sweep PUMP-1
}

differences_from_a_list_are_named() {
	local list=$TEMPORARY/vendor.md5
	echo x >"$device/config/new.cfg"
	exits 1 pumpwatch baseline learn PUMP-1 --kind config --release 3 --against "$list" -o "$TEMPORARY/config-3"
	contains "$OUTPUT" "config/new.cfg: is on the device, not in the list"
	rm "$device/config/new.cfg" "$TEMPORARY/config-3"
	echo "d41d8cd98f00b204e9800998ecf8427e  config/gone.cfg" >>"$list"
	exits 2 pumpwatch baseline learn PUMP-1 --kind config --release 3 --against "$list" -o "$TEMPORARY/config-3"
	contains "$OUTPUT" "config/gone.cfg: is in the list, not on the device"
	rm "$TEMPORARY/config-3"
	echo x >"$device/config/unit.cfg"
	exits 65 pumpwatch baseline learn PUMP-1 --kind config --release 3 --against "$list" -o "$TEMPORARY/config-3"
	contains "$OUTPUT" "config/unit.cfg: differs from the list"
	contains "$OUTPUT" "nothing was written"
	[ ! -e "$TEMPORARY/config-3" ] || fail "a manifest was written"
	echo "unit = 1" >"$device/config/unit.cfg"
	echo "not a digest  config/unit.cfg" >>"$list"
	exits 65 pumpwatch baseline learn PUMP-1 --kind config --release 3 --against "$list"
	contains "$OUTPUT" "vendor.md5: line 5: "
}

a_list_with_everything_is_imported() {
	local list=$TEMPORARY/vendor.hashdeep
	(cd "$device" && hashdeep -l firmware/main.bin firmware/loader.bin) >"$list"
	exits 0 pumpwatch baseline import "$list" --model Generic --kind firmware --release 7.0-maker -o "$TEMPORARY/imported"
	contains "$(cat "$TEMPORARY/imported")" "## release: 7.0-maker"
	contains "$(cat "$TEMPORARY/imported")" "## serial: 3"
	same "$(pumpwatch --json baseline diff "$TEMPORARY/imported" "$TEMPORARY/firmware")" "[]" "the difference"
	exits 0 pumpwatch baseline diff "$TEMPORARY/imported" "$TEMPORARY/firmware"
	contains "$OUTPUT" "The files are the same."
	exits 0 pumpwatch baseline diff "$TEMPORARY/firmware" "$TEMPORARY/firmware-7.1"
	same "$OUTPUT" "changed  firmware/main.bin"
}

a_manifest_of_another_kind_of_place_is_refused() {
	local before
	before=$(remembered)
	while IFS='|' read -r change words; do
		sed "$change" "$TEMPORARY/firmware-7.1" >"$TEMPORARY/bad"
		exits 65 pumpwatch baseline add "$TEMPORARY/bad" --older-until never
		contains "$OUTPUT" "$TEMPORARY/bad: "
		contains "$OUTPUT" "$words"
	done <<-'END'
		s/^## site: .*/## site: other/|of the site "other", this one is "sample-site"
		s/^## scope: .*/## scope: model unknown/|which has no profile
		s/^## serial: .*/## serial: 1/|serial
		s/^## previous: .*/## previous: none/;s/^## serial: .*/## serial: 9/|previous
		s/^## kind: .*/## kind: drugs/|line 6: 
		s/^[0-9].*main.bin$/12,00,00,firmware\/main.bin/|line 13: 
		s/firmware.main.bin/..\/main.bin/|line 
	END
	same "$(remembered)" "$before" "the store"
}

a_device_may_have_a_baseline_of_its_own() {
	exits 0 pumpwatch baseline learn PUMP-2 --kind config --release own --scope device -o "$TEMPORARY/own"
	exits 0 pumpwatch baseline add "$TEMPORARY/own"
	contains "$OUTPUT" "for device PUMP-2"
	exits 0 pumpwatch sweep PUMP-2
	exits 0 pumpwatch baseline list
	contains "$OUTPUT" "device PUMP-2"
}

run_case a_device_without_baselines_is_untrusted
run_case a_candidate_says_what_to_do_with_it
run_case hashdeep_reads_an_exported_baseline
run_case the_mask_adds_up
run_case a_new_release_asks_how_long_the_older_one_is_accepted
run_case an_older_release_past_its_date_is_stale
run_case a_withdrawn_baseline_leaves_devices_untrusted
run_case a_list_of_md5_alone_is_learnt_against_a_device
run_case differences_from_a_list_are_named
run_case a_list_with_everything_is_imported
run_case a_manifest_of_another_kind_of_place_is_refused
run_case a_device_may_have_a_baseline_of_its_own
finish
