#!/bin/bash
# shellcheck disable=SC2317 # cases are called by name
# Fifty simulated pumps, swept by the real programs: a switch that is down is one event and one when
# it is back, the same change on many pumps is one with all of them named, also when the process is
# killed on the way.
srcdir=${srcdir:-.} builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY

COUNT=50
FLEET=$TEMPORARY/fleet
EVENTS=$TEMPORARY/site/events.log

enroll_fleet() {
	local pump
	for ((pump = 1; pump <= COUNT; pump++)); do
		pumpwatch --quiet enroll "$(printf 'PUMP-%02d' "$pump")" --model sample --no-test \
			--link "ftp://$(fleet_address "$FLEET" "$pump"):$(fleet_port "$FLEET" "$pump")/" || return 1
	done
}

# Usage: sweep [ASSET...] ; its events but for the summary are left in $TOLD
sweep() {
	local before
	before=$(wc -l 2>/dev/null <"$EVENTS" || echo 0)
	pumpwatch --quiet sweep "$@" >/dev/null 2>&1
	TOLD=$(tail -n "+$((before + 1))" "$EVENTS" | grep -v SWEEP_SUMMARY)
}

# Usage: told MSGID [ACTION] ; how many such events are in $TOLD
told() { grep " $1 \[" <<<"$TOLD" | grep -c "action=\"${2:-}"; }

# Usage: named MSGID ; the devices that such events in $TOLD name, a line each
named() { grep " $1 \[" <<<"$TOLD" | grep -o ' assets="[^"]*"' | cut -d'"' -f2 | sed 's/, /\n/g'; }

pumps() { seq -f 'PUMP-%02g' "$1" "$2"; }

clean_pumps_are_verified() {
	local kind
	for kind in firmware drug-library; do
		exits 0 pumpwatch baseline learn PUMP-01 --kind "$kind" --release 1 -o "$TEMPORARY/$kind"
		exits 0 pumpwatch baseline add "$TEMPORARY/$kind"
	done
	sweep
	same "$TOLD" "" "what was told"
}

a_switch_that_is_down_is_one_event() {
	fleet_tell "$FLEET" "11-40 refuse"
	sweep
	same "$(wc -l <<<"$TOLD")" 1 "the number of events"
	same "$(told FLEET_UNREACHABLE opened)" 1
	same "$(named FLEET_UNREACHABLE)" "$(pumps 11 40)" "the pumps named"
	contains "$TOLD" 'group="127.0.0.0/24"'
	sweep PUMP-11 PUMP-12
	same "$TOLD" "" "what a second look told"
	contains "$(pumpwatch alerts)" "30 of 127.0.0.0/24"
}

and_one_when_it_is_back() {
	fleet_tell "$FLEET" "all accept"
	sweep --all
	same "$(wc -l <<<"$TOLD")" 1 "the number of events"
	contains "$TOLD" 'resolves="FLEET_UNREACHABLE"'
	same "$(pumpwatch alerts)" "No alert is open."
}

the_same_change_is_one_alert_with_all_named() {
	fleet_tell "$FLEET" "1-40 text drugs.lib altered"
	sweep
	same "$(told FLEET_DRIFT opened)" 1
	same "$(told FLEET_DRIFT changed)" 1
	same "$(told FILE_MODIFIED opened)" 40
	same "$(grep -c ' under="' <<<"$TOLD")" 36 "those under the group"
	same "$(grep changed <<<"$TOLD" | named_in_changed)" "$(pumps 1 40)" "the pumps named"
	sweep
	same "$TOLD" "" "what a second sweep told"
	fleet_tell "$FLEET" "all heal"
	sweep
	same "$(told ALERT_RESOLVED resolved)" 41
	same "$(pumpwatch alerts)" "No alert is open."
}

named_in_changed() { grep -o ' assets="[^"]*"' | cut -d'"' -f2 | sed 's/, /\n/g'; }

visits() { sqlite3 -readonly -cmd '.timeout 5000' "$STATE/pumpwatch.db" 'SELECT count(*) FROM visit'; }
visits_reach() { [ "$(visits)" -ge "$1" ]; }

# What was stored before the kill is told by the next sweep, and nothing is told twice.
a_kill_on_the_way_leaves_nothing_untold() {
	local pid before visited
	fleet_tell "$FLEET" "1-25 refuse"
	fleet_tell "$FLEET" "26-50 text drugs.lib altered"
	fleet_tell "$FLEET" "46-50 slow 10"
	before=$(wc -l <"$EVENTS")
	visited=$(visits)
	"$PROGRAMS/pumpwatch" --config "$CONFIG" --quiet sweep --all >/dev/null 2>&1 </dev/null &
	pid=$!
	keep_pid "$pid"
	await visits_reach $((visited + 45))
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	fleet_tell "$FLEET" "all accept"
	sweep PUMP-45 # which the dead one is done with
	TOLD=$(tail -n "+$((before + 1))" "$EVENTS" | grep -v SWEEP_SUMMARY)
	same "$(told FLEET_UNREACHABLE)" 1
	same "$(named FLEET_UNREACHABLE)" "$(pumps 1 25)" "the silent pumps named"
	same "$(told DEVICE_UNREACHABLE)" 0
	same "$(told FLEET_DRIFT opened)" 1
	same "$(told FLEET_DRIFT changed)" 1
	same "$(grep 'FLEET_DRIFT.*changed' <<<"$TOLD" | named_in_changed)" "$(pumps 26 45)" "the altered pumps named"
	same "$(sqlite3 -readonly "$STATE/pumpwatch.db" "SELECT count(*) FROM alert WHERE told_at = 0")" 0 "those untold"
}

fleet_start "$FLEET" --pumps "$COUNT" --listing unix --size therapy.bin=2000 drugs.lib=200 || exit 1
set_up "$TEMPORARY/site" '[sweep]' 'breaker = 0' 'attempts = 1'
sed -i 's/^visits = 8$/visits = 64\nvisits-per-subnet = 0/' "$CONFIG"
printf '%s\n' '[model]' 'title = Sample pump' '[link]' 'login = none' '[files]' 'firmware = *.bin' \
	'drug-library = *.lib' >"$TEMPORARY/site/models/sample.ini"
enroll_fleet || exit 1
run_case clean_pumps_are_verified
run_case a_switch_that_is_down_is_one_event
run_case and_one_when_it_is_back
run_case the_same_change_is_one_alert_with_all_named
run_case a_kill_on_the_way_leaves_nothing_untold
fleet_stop
finish
