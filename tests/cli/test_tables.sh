#!/bin/bash
# What people see on a terminal: tables at several widths, colours, the bar of a sweep, and Ctrl-C.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY NO_COLOR COLUMNS
export TERM=xterm

PUMPS_COUNT=6
fleet=$TEMPORARY/fleet
fleet_start "$fleet" --pumps "$PUMPS_COUNT" || exit 1
set_up "$TEMPORARY/site" '[sink second-copy]' 'type = spool' 'path = second-copy-of-all-events.log' '[window nightly]' 'when = daily 01:00-05:00'
enroll PUMP-0001 --department "ICU" --name "東京 病院 ポンプ" || exit 1
enroll PUMP-0002 --department "集中治療室 北棟 三階 東側" --name $'Cafe\314\201 pump' || exit 1
enroll PUMP-0003 --department "Intensive care, north wing, second floor, beds 12 to 24" || exit 1
enroll PUMP-0004 --department "Ward 4" || exit 1
pumpwatch --quiet enroll PUMP-NEW-0005 --model hospira-lifecare-pca --link ftp://192.0.2.9/ --no-test
approve PUMP-0001 2026-10 || exit 1
pumpwatch --quiet sweep PUMP-0001 PUMP-0002 PUMP-0003 PUMP-0004
echo other >"$TEMPORARY/PUMP-0002/drug-library/library.bin"
echo new >"$TEMPORARY/PUMP-0003/firmware/"$'a-new-file-\033[31m-with-a-name-that-does-not-fit-a-line-of-a-terminal.bin'
rm -r "$TEMPORARY/PUMP-0004"
pumpwatch --quiet sweep PUMP-0001 PUMP-0002 PUMP-0003 PUMP-0004 >/dev/null

# Usage: on_terminal WIDTH [OPTION...] ARGUMENTS... ; what reached it is left in $SEEN, the code in $CODE
on_terminal() {
	local options=() width=$1
	shift
	while [ "$1" = --after ]; do options+=("$1" "$2" "$3"); shift 3; done
	SEEN=$(python3 "$srcdir/tests/cli/on_terminal.py" "$width" "${options[@]}" "$PROGRAMS/pumpwatch" --config "$CONFIG" "$@" \
		2>"$TEMPORARY/terminal")
	CODE=$?
	[ ! -s "$TEMPORARY/terminal" ] || fail "$(cat "$TEMPORARY/terminal")"
}

# Usage: fits WIDTH [HEADING...]
fits() {
	OUTPUT=$(python3 "$srcdir/tests/cli/columns.py" "$@" <<<"$SEEN") && return
	fail "not a table of $1 columns:"
	show <<<"$OUTPUT"
}

# ---- tables ----

no_line_is_wider_than_the_terminal() {
	local width arguments
	while IFS='|' read -r width arguments; do
		# shellcheck disable=SC2086
		on_terminal "$width" --quiet $arguments
		same "$CODE" 0 "the exit code of $arguments"
		fits "$width"
	done <<-END
		40|devices
		40|alerts
		60|baseline list
		80|devices --sort result
		80|alerts
		80|sinks
		80|models
		80|baseline list
		80|audit list
		80|show PUMP-0002
		80|show PUMP-NEW-0005
		132|devices
		132|alerts
	END
	on_terminal 80 alert show 1
	same "$CODE" 0 "the exit code of alert show"
	[ "$(grep -c '^  on device' <<<"$SEEN")" = 3 ] || fail "the digests do not stand one below the other"
}

columns_line_up_with_wide_characters() {
	on_terminal 100 devices
	fits 100 ASSET NAME DEPARTMENT MODEL "HOW IT STANDS" VERIFIED
	on_terminal 80 devices
	fits 80 ASSET DEPARTMENT "HOW IT STANDS" VERIFIED
	on_terminal 90 alerts
	fits 90 DEVICE WHAT "FILE OR REASON" STATE SINCE
}

words_of_the_ward_stand_on_a_terminal_and_codes_in_a_pipe() {
	on_terminal 100 devices --sort result
	contains "$SEEN" "files changed"
	contains "$SEEN" "did not answer"
	contains "$SEEN" "not visited"
	contains "$SEEN" "5 devices: 1 not visited, 2 files changed, 1 did not answer, 1 as approved."
	contains "$(sed -n 2p <<<"$SEEN")" "files changed"
	contains "$(sed 1,3d <<<"$SEEN" | head -n 1)" "did not answer"
	answers 0 pumpwatch devices
	contains "$ANSWER" "drifted"
	contains "$ANSWER" "Intensive care, north wing, second floor, beds 12 to 24"
	lacks "$ANSWER" "…"
	lacks "$ANSWER" "ago"
	answers 0 pumpwatch alerts
	contains "$ANSWER" FILE_MODIFIED
	contains "$ANSWER" "-with-a-name-that-does-not-fit-a-line-of-a-terminal.bin"
	on_terminal 80 alerts
	[[ $SEEN = *"just now"* || $SEEN = *" min"* ]] || fail "the alerts have no age"
	lacks "$SEEN" FILE_MODIFIED
	on_terminal 80 show PUMP-0002
	contains "$SEEN" "What to do"
	contains "$SEEN" "Next visit"
}

colours_are_there_and_go_when_asked() {
	on_terminal 80 devices
	contains "$SEEN" $'\033[1;31mfiles changed\033[0m'
	contains "$SEEN" $'\033[32mas approved\033[0m'
	NO_COLOR=1 on_terminal 80 devices
	lacks "$SEEN" $'\033'
	TERM=dumb on_terminal 80 devices
	lacks "$SEEN" $'\033'
	CLICOLOR_FORCE=1 answers 0 pumpwatch devices
	lacks "$ANSWER" $'\033'
}

what_a_device_calls_its_files_is_no_command_to_the_terminal() {
	on_terminal 132 alerts
	lacks "$SEEN" $'-\033[31m-'
	NO_COLOR=1 on_terminal 200 show PUMP-0003
	contains "$SEEN" "a-new-file-%1B[31m-with"
	lacks "$SEEN" $'\033'
}

the_locale_does_not_matter() {
	LC_ALL=C on_terminal 100 devices
	fits 100 ASSET NAME DEPARTMENT MODEL "HOW IT STANDS" VERIFIED
}

# ---- filters ----

# Usage: listed ARGUMENTS... ; the assets, in order
listed() { pumpwatch --json devices "$@" | jq -r '[.[].asset | sub("PUMP-(NEW-)?000"; "")] | join(" ")'; }

devices_are_chosen_and_ordered() {
	same "$(listed)" "1 2 3 4 5"
	same "$(listed --department icu)" 1
	same "$(listed --department ICU,"Ward 4")" "1 4"
	same "$(listed --department ICU --department "Ward 4")" "1 4"
	same "$(listed --department "Intensive care, north wing, second floor, beds 12 to 24")" 3
	same "$(listed --model Hospira_LifeCare-PCA)" 5
	same "$(listed --result drifted,unreachable)" "2 3 4"
	same "$(listed --result "files changed")" "2 3"
	same "$(listed --result not-visited)" 5
	same "$(listed --search cafe)" 2
	same "$(listed --age 7d)" 5
	same "$(listed --sort result)" "2 3 4 5 1"
	same "$(listed --sort asset --reverse)" "5 4 3 2 1"
	same "$(listed --sort verified | cut -c1)" 5
	same "$(listed --state stored)" ""
	answers 0 pumpwatch devices --state stored
	contains "$ERRORS" "No device matches; 5 are enrolled. Leave an option out"
}

alerts_are_chosen_and_ordered() {
	chosen() { pumpwatch --json alerts "$@" | jq -r '[.[].type] | join(" ")'; }
	same "$(chosen --sort severity)" "FILE_MODIFIED FILE_ADDED DEVICE_UNREACHABLE"
	same "$(chosen --sort severity --reverse)" "DEVICE_UNREACHABLE FILE_ADDED FILE_MODIFIED"
	same "$(chosen --severity error --sort severity)" "FILE_MODIFIED FILE_ADDED"
	same "$(chosen --type device_unreachable)" DEVICE_UNREACHABLE
	same "$(chosen --department "ward 4")" DEVICE_UNREACHABLE
	same "$(chosen --device PUMP-0002)" FILE_MODIFIED
	same "$(chosen --age 1d)" ""
	pumpwatch --quiet ack 1 --note sample
	same "$(pumpwatch --json alerts --state acknowledged | jq -r '[.[].number] | join(" ")')" 1
	answers 0 pumpwatch alerts --age 1d
	contains "$ANSWER" "No alert matches; 3 are open."
}

# ---- the bar, and Ctrl-C ----

a_sweep_shows_a_bar_that_is_gone_at_its_end() {
	on_terminal 80 sweep PUMP-0001
	contains "$SEEN" "0 of 1 devices"
	contains "$SEEN" $'\r\033[K'
	lacks "$(tail -n 1 <<<"$SEEN")" "of 1 devices"
	on_terminal 80 --quiet sweep PUMP-0001
	same "$SEEN" "" "what --quiet showed"
	answers 0 pumpwatch sweep PUMP-0001
	same "$ERRORS" "" "standard error in a pipe"
	TERM=dumb on_terminal 80 sweep PUMP-0001
	lacks "$SEEN" $'\033'
	on_terminal 30 sweep PUMP-0001
	while IFS= read -r -d $'\r' line; do
		line=${line//$'\033[K'/}
		[[ $line != *"of 1 devices"* ]] || [ ${#line} -lt 30 ] || fail "too wide: $line"
	done <<<"$SEEN"
}

# A fleet of pumps that say nothing, so that a sweep of them lasts.
silent_fleet() {
	local pump
	for ((pump = 1; pump <= PUMPS_COUNT; pump++)); do
		pumpwatch --quiet enroll "FTP-$pump" --no-test --model medfusion-4000 \
			--link "ftp://127.0.0.1:$(fleet_port "$fleet" "$pump")/" --serial "$(fleet_serial "$fleet" "$pump")"
	done
	fleet_tell "$fleet" "2-$PUMPS_COUNT hang connect"
}

ctrl_c_stops_a_sweep_and_says_what_is_done() {
	silent_fleet
	on_terminal 80 --after "FTP-1 " ^C sweep FTP-1 FTP-2 FTP-3 FTP-4 FTP-5 FTP-6
	same "$CODE" 8 "the exit code"
	SEEN=$(tr -s ' \r\n' ' ' <<<"$SEEN") # wrapped between words
	contains "$SEEN" "once more ends the program at once"
	contains "$SEEN" "Stopped before its end: interrupted. 1 of 6 devices was visited; of the other 5 nothing new is known."
	answers 0 pumpwatch --json status
	same "$(jq -r .running_sweep <<<"$ANSWER")" null "the sweep that runs"
	same "$(sqlite3 -readonly "$STATE/pumpwatch.db" 'SELECT count(*) FROM lease')" 0 "the number of leases left"
}

leases() { sqlite3 -readonly -cmd '.timeout 5000' "$STATE/pumpwatch.db" 'SELECT count(*) FROM lease'; }
has_lease() { [ "$(leases)" = 1 ]; }

a_learning_is_stopped_and_writes_nothing() {
	local pid
	"$PROGRAMS/pumpwatch" --config "$CONFIG" baseline learn FTP-2 --kind firmware --release 1 -o "$TEMPORARY/never" \
		>"$TEMPORARY/learning" 2>&1 </dev/null &
	pid=$!
	keep_pid "$pid"
	await has_lease
	kill -TERM "$pid"
	wait "$pid"
	same $? 69 "the exit code"
	contains "$(cat "$TEMPORARY/learning")" "interrupted: no candidate was written"
	[ ! -e "$TEMPORARY/never" ] || fail "a candidate was written"
	same "$(leases)" 0 "the number of leases left"
}

run_case no_line_is_wider_than_the_terminal
run_case columns_line_up_with_wide_characters
run_case words_of_the_ward_stand_on_a_terminal_and_codes_in_a_pipe
run_case colours_are_there_and_go_when_asked
run_case what_a_device_calls_its_files_is_no_command_to_the_terminal
run_case the_locale_does_not_matter
run_case devices_are_chosen_and_ordered
run_case alerts_are_chosen_and_ordered
run_case a_sweep_shows_a_bar_that_is_gone_at_its_end
run_case ctrl_c_stops_a_sweep_and_says_what_is_done
run_case a_learning_is_stopped_and_writes_nothing
finish
