#!/bin/bash
# A technician's morning on a terminal of 80 columns: fifty pumps from a messy spreadsheet, three bad
# rows, a sweep with a bar, an alert, and the page. Each case goes on where the one before ended.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
srcdir=$(realpath "$srcdir")
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
# shellcheck source=tests/terminal/lib.sh
. "$srcdir/tests/terminal/lib.sh"
unset NO_COLOR CREDENTIALS_DIRECTORY COLUMNS LINES TMUX
export LC_ALL=C.UTF-8 TZ=UTC

fleet=$TEMPORARY/fleet port=$(free_port)
# Pump 1 is SAMPLE-0001 at 127.0.0.11, and so on.
fleet_start "$fleet" --pumps 50 --address 127.0.0.11 --each-address --port "$port" \
	CONFIG.XML=1764 HEAD_F~1=20000 || exit 1
set_up "$TEMPORARY/site" '[sweep]' 'attempts = 1'
# Profiles whose files the simulated pumps have, of the same names as those that are shipped.
for model in "$TEMPORARY"/site/models/*.ini; do
	sed -i -e '/^\[link\]/,$d' -e 's/^example = yes/example = no/' "$model"
	printf '[link]\nlogin = none\nactive = yes\nrate = 1 MiB\n[files]\nfirmware = HEAD_F~1\nconfig = CONFIG.XML\n' >>"$model"
done
sed -e 's/192\.0\.2\./127.0.0./' "$srcdir/tests/data/fleet-messy.csv" >"$TEMPORARY/site/pumps.csv"
export PUMPWATCH_CONFIG=$CONFIG PATH="$PROGRAMS:$PATH"
terminal_start "$TEMPORARY/site" || { echo "tmux did not start"; exit 1; }

link="'ftp://{address}:$port/'"

three_bad_rows_are_named() {
	local row
	runs "pumpwatch enroll --csv pumps.csv --link $link --dry-run" 65
	# On the last screen, without scrolling.
	for row in "(bad-mac)" "(unknown-model)" "(rounded-number)"; do contains "$SEEN" "$row"; done
	contains "$SEEN" "3 of 50 rows are bad"
	contains "$SHOWN" "SAMPLE-0014"
	same "$(pumpwatch devices 2>/dev/null | grep -c SAMPLE-)" 0 "the number of devices after a dry run"
}

each_reason_is_explained() {
	runs "pumpwatch explain rounded-number"
	contains "$SEEN" "a spreadsheet has rounded the number"
	contains "$SEEN" "What to do"
}

once_they_are_mended_all_are_enrolled() {
	# As the technician does in the spreadsheet.
	LC_ALL=C sed -i -e 's/02:00:00:00:00:O5/02:00:00:00:00:0E/' -e 's/Plum A+4/Plum A+/' -e 's/1\.23457E+11/S007041/' \
		"$TEMPORARY/site/pumps.csv"
	runs "pumpwatch enroll --csv pumps.csv --link $link"
	contains "$SEEN" "50 devices enrolled"
	runs "pumpwatch enroll --csv pumps.csv --link $link"
	contains "$SEEN" "50 the same"
	runs "pumpwatch devices --department ICU"
	contains "$SHOWN" "SAMPLE-0006"
	lacks "$SHOWN" "SAMPLE-0001"
}

what_is_right_is_learnt() {
	local n model=0
	for n in 1 2 4 5 6; do
		for kind in firmware config; do
			runs "pumpwatch baseline learn SAMPLE-000$n --kind $kind --release 1 -o m"
			runs "pumpwatch baseline add m"
			contains "$SEEN" "in force"
			model=$((model + 1))
		done
	done
	runs "pumpwatch baseline list"
	same "$(grep -c current <<<"$SHOWN")" "$model" "the number of baselines in force"
}

a_sweep_shows_a_bar_and_control_c_ends_it() {
	fleet_tell "$fleet" "all slow 15000"
	types "pumpwatch sweep"
	awaits '^\[#*\.*\] [1-9][0-9]* of [0-9]+ devices'
	fits
	on_terminal send-keys -t ward C-c
	ends 8
	contains "$SEEN" "Stopped before its end: interrupted."
	contains "$SEEN" "skipped"
	lacks "$SEEN" "#]" # the bar is gone
}

taken_up_again_it_verifies_all() {
	fleet_tell "$fleet" "all slow 0"
	# Eight are in repair, which is no failure.
	runs "pumpwatch sweep" 0
	contains "$SEEN" "50 devices: 42 verified, 8 skipped."
	lacks "$SHOWN" drifted
	lacks "$SHOWN" unreachable
	runs "pumpwatch status"
	contains "$SHOWN" "Overdue"
	runs "pumpwatch alerts"
	contains "$SEEN" "No alert is open."
}

a_pump_that_was_tampered_with_is_found() {
	fleet_tell "$fleet" "7 change HEAD_F~1"
	runs "pumpwatch sweep" 4
	contains "$SHOWN" "SAMPLE-0007"
	contains "$SHOWN" drifted
	contains "$SHOWN" "HEAD_F~1"
	runs "pumpwatch status"
	contains "$SHOWN" drifted
}

its_alert_says_what_to_do_and_is_acknowledged() {
	runs "pumpwatch alerts"
	contains "$SEEN" SAMPLE-0007
	contains "$SEEN" "HEAD_F~1"
	runs "pumpwatch alert show 1"
	contains "$SHOWN" FILE_MODIFIED
	contains "$(tr -s ' \n' ' ' <<<"$SHOWN")" "quarantine it by your policy"
	runs "pumpwatch ack 1 --note 'sample: work order 4711, taken to the bench'"
	contains "$SEEN" "Alert 1 is acknowledged."
	runs "pumpwatch alerts"
	contains "$SEEN" acknowledged
	runs "pumpwatch show SAMPLE-0007"
	contains "$SHOWN" drifted
}

the_page_tells_of_it() {
	local page=$TEMPORARY/site/morning.html
	runs "pumpwatch report -o morning.html"
	contains "$SEEN" "morning.html"
	contains "$(cat "$page")" SAMPLE-0007
	contains "$(cat "$page")" FILE_MODIFIED
	contains "$(cat "$page")" "work order 4711"
	contains "$(cat "$page")" "</html>"
}

nothing_that_is_not_permitted_was_sent() {
	same "$(fleet_forbidden "$fleet")" "" "what was sent and is not permitted"
	same "$(fleet_most "$fleet")" 1 "the connections at once"
}

run_case three_bad_rows_are_named
run_case each_reason_is_explained
run_case once_they_are_mended_all_are_enrolled
run_case what_is_right_is_learnt
run_case a_sweep_shows_a_bar_and_control_c_ends_it
run_case taken_up_again_it_verifies_all
run_case a_pump_that_was_tampered_with_is_found
run_case its_alert_says_what_to_do_and_is_acknowledged
run_case the_page_tells_of_it
run_case nothing_that_is_not_permitted_was_sent
finish
