#!/bin/bash
# The progress of a rollout as status tells it: who is on which release, who is still behind.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY

set_up "$TEMPORARY/site"
for number in 01 02 03 04 05 06 07 08 09 10 11 12; do
	department=("--department" "Ward $((10#$number % 2))")
	[ "$number" = 12 ] && department=()
	enroll "PUMP-$number" "${department[@]}" || exit 1
done

update() {
	local number
	for number; do
		echo "firmware 7.1" >"$TEMPORARY/PUMP-$number/firmware/main.bin"
		echo "loader 7.1" >"$TEMPORARY/PUMP-$number/firmware/loader.bin"
	done
}
rollouts() { pumpwatch --json status --rollouts | jq -r "$1"; }

no_rollout_is_said() {
	approve PUMP-01 7.0 firmware drug-library config
	exits 0 pumpwatch sweep
	exits 0 pumpwatch status --rollouts
	same "$OUTPUT" "No rollout is under way: no older release is accepted beside one in force."
	exits 0 pumpwatch status
	[[ $OUTPUT != *Rollouts* ]] || fail "$OUTPUT"
	same "$(rollouts length)" 0 "the rollouts"
	exits 64 pumpwatch status rollouts
	exits 64 pumpwatch status --rollout-s
}

status_names_the_first_that_are_behind() {
	update 01
	approve PUMP-01 7.1 firmware -- --older-until 2099-01-01
	exits 0 pumpwatch sweep
	exits 0 pumpwatch status
	contains "$OUTPUT" "Rollouts         model generic, firmware 7.1: on 1 of 12 devices"
	contains "$OUTPUT" "  7.0            11 devices, accepted until 2099-01-01T00:00:00Z"
	contains "$OUTPUT" "  still behind   Ward 0: PUMP-02, PUMP-04, PUMP-06, PUMP-08, PUMP-10; Ward 1: PUMP-03, PUMP-05, PUMP-07 and 3 more: see \"pumpwatch status --rollouts\""
	same "$(pumpwatch --json status | jq -c '.rollouts == []')" false "whether the document lacks them"
}

all_that_are_behind_are_listed_by_department() {
	exits 0 pumpwatch edit PUMP-03 state=stored
	exits 0 pumpwatch retire PUMP-04
	exits 0 pumpwatch status --rollouts
	same "$OUTPUT" "model generic, firmware 7.1: on 1 of 11 devices
  7.0: 10 devices, accepted until 2099-01-01T00:00:00Z
    Ward 0: PUMP-02, PUMP-06, PUMP-08, PUMP-10
    Ward 1: PUMP-03 (stored), PUMP-05, PUMP-07, PUMP-09, PUMP-11
    no department: PUMP-12"
	same "$(rollouts '.[0] | "\(.scope) \(.name) \(.kind) \(.devices) \(.current.release) \(.current.serial) \(.current.devices)"')" \
		"model generic firmware 11 7.1 2 1"
	same "$(rollouts '.[0].older[0] | "\(.release) \(.serial) \(.devices) \(.accepted) \(.accept_until)"')" \
		"7.0 1 10 true 2099-01-01T00:00:00Z"
	same "$(rollouts '.[0].older[0].stragglers[] | select(.department == null) | .asset')" PUMP-12
	same "$(rollouts '.[0].unknown | length')" 0 "how many are not known"
}

a_device_half_way_is_on_no_known_release() {
	update 02 05
	echo "loader 7.0" >"$TEMPORARY/PUMP-02/firmware/loader.bin"
	exits 4 pumpwatch sweep # one is stored, which is no failure
	exits 0 pumpwatch status
	contains "$OUTPUT" "firmware 7.1: on 2 of 11 devices"
	contains "$OUTPUT" "  not known      1 device"
	exits 0 pumpwatch status --rollouts
	contains "$OUTPUT" "  not known: 1 device
    Ward 0: PUMP-02"
	same "$(rollouts '.[0].unknown[0].asset')" PUMP-02
	[[ $(pumpwatch show PUMP-02) != *"firmware 7"* ]] || fail "show knows a release of a mixed device"
	contains "$(pumpwatch show PUMP-05)" "firmware 7.1"
}

a_date_that_has_passed_is_said() {
	local older
	older=$(pumpwatch --json baseline list | jq -r '.[] | select(.state == "older") | .id')
	exits 0 pumpwatch baseline accept-until "$older" never
	contains "$(pumpwatch status)" "7.0            8 devices, accepted without end"
	same "$(rollouts '.[0].older[0].accept_until')" never
	exits 0 pumpwatch baseline accept-until "$older" 2026-01-01
	contains "$(pumpwatch status)" "7.0            8 devices, not accepted since 2026-01-01T00:00:00Z"
	same "$(rollouts '.[0].older[0].accepted')" false
}

a_rollout_ends_with_its_last_device() {
	update 02 06 07 08 09 10 11 12
	exits 0 pumpwatch sweep
	contains "$(pumpwatch status)" "firmware 7.1: on 10 of 11 devices"
	exits 0 pumpwatch edit PUMP-03 state=active
	update 03
	exits 0 pumpwatch sweep PUMP-03
	contains "$(pumpwatch status --rollouts)" "No rollout is under way"
	same "$(pumpwatch --quiet status --rollouts)" "" "what --quiet says of none"
}

run_case no_rollout_is_said
run_case status_names_the_first_that_are_behind
run_case all_that_are_behind_are_listed_by_department
run_case a_device_half_way_is_on_no_known_release
run_case a_date_that_has_passed_is_said
run_case a_rollout_ends_with_its_last_device
finish
