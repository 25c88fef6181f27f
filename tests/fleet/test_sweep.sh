#!/bin/bash
# shellcheck disable=SC2317 # cases are called by name
# A fleet of simulated pumps, each with its own fault, swept by the real programs: every fault
# has its own outcome, none is taken for another, and the pumps' records show what was sent.
srcdir=${srcdir:-.} builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"

COUNT=18
export PUMPWATCH_CONFIG=$TEMPORARY/pumpwatch.conf
pumpwatch=$builddir/pumpwatch
FLEET=$TEMPORARY/fleet

make_setup() {
	mkdir -p "$TEMPORARY/models.d" "$TEMPORARY/state" "$TEMPORARY/credentials"
	cat >"$PUMPWATCH_CONFIG" <<-END
		[pumpwatch]
		site = sample-site
		approvals = 0
		state = state
		models = models.d
		credentials = credentials
		puller = $(realpath "$builddir")/pumpwatch-puller
		[pull]
		pullers = 1
		visits = 24
		[sweep]
		breaker = 0
		[sink spool]
		type = spool
		path = events
	END
	# The published pump with short patience, and a serial in its greeting.
	cat >"$TEMPORARY/models.d/simulated.ini" <<-END
		[model]
		title = Simulated pump
		[link]
		login = none
		connect-timeout = 2s
		idle-timeout = 3s
		total-time = 8s
		file-size = 2MB
		[identity]
		source = greeting
		pattern = serial %s ready
		[files]
		leave-out = WIFI_LOG
		firmware = HEAD_*
		drug-library = STORED~1
		config = CONFIG.XML
		other = **
	END
}

enroll_all() {
	local pump
	for ((pump = 1; pump <= COUNT; pump++)); do
		"$pumpwatch" --quiet enroll "PUMP-$pump" --model simulated --no-test \
			--serial "$(fleet_serial "$FLEET" "$pump")" \
			--link "ftp://$(fleet_address "$FLEET" "$pump"):$(fleet_port "$FLEET" "$pump")/" || fail "PUMP-$pump"
	done
}

add_baselines() {
	local kind
	for kind in firmware drug-library config; do
		exits 0 "$pumpwatch" baseline learn PUMP-1 --kind "$kind" --release 1 -o "$TEMPORARY/$kind"
		exits 0 "$pumpwatch" baseline add "$TEMPORARY/$kind"
	done
}

# Usage: sweep ; leaves the objects of the visits in $TEMPORARY/visits and the status in SWEPT
sweep() {
	"$pumpwatch" --json sweep >"$TEMPORARY/visits" 2>"$TEMPORARY/errors"
	SWEPT=$?
	[ -s "$TEMPORARY/errors" ] && show <"$TEMPORARY/errors"
	return 0
}

# Usage: seen PUMP ; "result outcome finding:path:outcome,…"
seen() {
	jq -r --arg asset "PUMP-$1" 'select(.asset == $asset) | .result + " " + .outcome + " " +
		([.findings[] | .finding + ":" + .path + (if .outcome == "ok" then "" else ":" + .outcome end)] | join(","))' \
		"$TEMPORARY/visits"
}

clean_pumps_are_verified() {
	sweep
	same "$SWEPT" 0 "the exit code"
	same "$(jq -r 'select(.asset) | .result' "$TEMPORARY/visits" | sort | uniq -c | tr -s ' ')" " $COUNT verified"
}

every_fault_has_its_own_outcome() {
	fleet_tell "$FLEET" "2 change HEAD_F~1"
	fleet_tell "$FLEET" "3 unstable CONFIG.XML"
	fleet_tell "$FLEET" "4 truncate HEAD_F~1 100000"
	fleet_tell "$FLEET" "5 reset HEAD_F~1 1000"
	fleet_tell "$FLEET" "6 refuse"
	fleet_tell "$FLEET" "7 hang connect"
	fleet_tell "$FLEET" "8 add EVIL.BIN 100"
	fleet_tell "$FLEET" "9 remove HEAD_C~1"
	fleet_tell "$FLEET" "10 deny CONFIG.XML"
	fleet_tell "$FLEET" "11 serial ANOTHER1"
	fleet_tell "$FLEET" "12 listing garbage"
	fleet_tell "$FLEET" "13 slow 2000"
	fleet_tell "$FLEET" "14 lie"
	fleet_tell "$FLEET" "15 listing dos"
	fleet_tell "$FLEET" "16 hang HEAD_F~1 1000"
	fleet_tell "$FLEET" "17 listing endless"
	fleet_tell "$FLEET" "18 add HUGE.BIN 3000000"
	sweep
	same "$(seen 1)" "verified ok " "a clean pump"
	same "$(seen 2)" "drifted ok modified:HEAD_F~1" "a changed file"
	same "$(seen 3)" "partial ok unreadable:CONFIG.XML:unstable" "a file that changes at each reading"
	same "$(seen 4)" "partial ok unreadable:HEAD_F~1:truncated" "a truncated file"
	contains "$(seen 5)" "unreadable:HEAD_F~1:connection-lost"
	lacks "$(seen 5)" "drifted"
	same "$(seen 6)" "unreachable connection-refused " "a closed port"
	same "$(seen 7)" "unreachable timed-out " "a silent pump"
	same "$(seen 8)" "drifted ok added:EVIL.BIN" "an added file"
	same "$(seen 9)" "drifted ok missing:HEAD_C~1" "a missing file"
	contains "$(seen 10)" "partial ok unreadable:CONFIG.XML:"
	same "$(seen 11)" "wrong-device serial-changed " "another serial"
	contains "$(seen 12)" "partial listing-not-understood"
	contains "$(seen 13)" "too-slow"
	lacks "$(seen 13)" "verified"
	same "$(seen 14)" "verified ok " "a lying PASV reply"
	same "$(seen 15)" "verified ok " "a listing in DOS shape"
	lacks "$(seen 16)" "verified"
	lacks "$(seen 16)" "drifted"
	contains "$(seen 17)" "partial "
	contains "$(seen 18)" "unreadable:HUGE.BIN:too-large"
	same "$SWEPT" 15 "the exit mask"
}

only_what_was_seen_opens_alerts() {
	local alerts
	alerts=$("$pumpwatch" --json alerts | jq -r '.[] | .asset + " " + .type' | sort)
	same "$(grep -c 'FILE_MODIFIED$' <<<"$alerts")" 1 "modified files"
	same "$(grep -c 'FILE_MISSING$' <<<"$alerts")" 1 "missing files"
	contains "$alerts" "PUMP-11 DEVICE_CHANGED"
	contains "$alerts" "PUMP-6 DEVICE_UNREACHABLE"
	contains "$alerts" "PUMP-7 DEVICE_UNREACHABLE"
	contains "$alerts" "PUMP-3 FILE_UNREADABLE"
	lacks "$alerts" "PUMP-1 "
	lacks "$alerts" "PUMP-14 "
}

healed_pumps_resolve_their_alerts() {
	fleet_tell "$FLEET" "all heal"
	fleet_tell "$FLEET" "all accept"
	fleet_tell "$FLEET" "all slow 0"
	sweep
	same "$(jq -r 'select(.asset) | .result' "$TEMPORARY/visits" | sort | uniq -c | tr -s ' ')" " $COUNT verified"
	same "$("$pumpwatch" --json alerts | jq -r ".[] | .asset + .type + .path")" "" "open alerts"
	same "$SWEPT" 0 "the exit code"
}

events_are_gapless_and_in_order() {
	same "$(sed -nE 's/.* seq="([0-9]+)".*/\1/p' "$TEMPORARY/events")" "$(seq "$(wc -l <"$TEMPORARY/events")")"
}

a_pump_is_only_ever_read() {
	same "$(fleet_forbidden "$FLEET")" "" "what must not be sent"
	contains "$(fleet_verbs "$FLEET")" "RETR"
	lacks "$(fleet_verbs "$FLEET")" "USER"
}

a_pump_never_has_two_connections() {
	same "$(fleet_most "$FLEET")" 1 "the most connections at once"
}

make_setup
fleet_start "$FLEET" --pumps $COUNT --serial 'SIM%s' --greeting 'Sample pump serial %s ready'
run_case enroll_all
run_case add_baselines
run_case clean_pumps_are_verified
run_case every_fault_has_its_own_outcome
run_case only_what_was_seen_opens_alerts
run_case healed_pumps_resolve_their_alerts
run_case events_are_gapless_and_in_order
run_case a_pump_is_only_ever_read
run_case a_pump_never_has_two_connections
fleet_stop
finish
