#!/bin/bash
# Sweeps by hand: interrupted, by window, over SFTP with a key seen at first contact; and the
# completion of the shell.
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

fleet=$TEMPORARY/fleet
fleet_start "$fleet" --pumps 2 || exit 1
set_up "$TEMPORARY/site" '[sweep]' 'timezone = UTC' '[window ward]' 'when = daily 01:00-02:00' 'department = Ward 1'
enroll PUMP-1 || exit 1
enroll PUMP-2 --department "ward 1" || exit 1
approve PUMP-1 1 || exit 1
pumpwatch --quiet enroll PUMP-N --no-test --model medfusion-4000 \
	--link "ftp://127.0.0.1:$(fleet_port "$fleet" 1)/" --serial "$(fleet_serial "$fleet" 1)"

# ---- interrupted ----

summaries() { grep -sc SWEEP_SUMMARY "$TEMPORARY/site/events.log" || echo 0; }
visits() { sqlite3 -readonly -cmd '.timeout 5000' "$STATE/pumpwatch.db" 'SELECT count(*) FROM visit'; }
visits_reach() { [ "$(visits)" -ge "$1" ]; }

# Usage: interrupt SIGNAL [OPTION...] ; what was printed is left in $OUTPUT
interrupt() {
	local signal=$1 pid status before
	shift
	before=$(visits)
	: >"$TEMPORARY/sweep"
	"$PROGRAMS/pumpwatch" --config "$CONFIG" "$@" sweep >"$TEMPORARY/sweep" 2>&1 </dev/null &
	pid=$!
	keep_pid "$pid"
	await visits_reach $((before + 2))
	kill "-$signal" "$pid"
	wait "$pid"
	status=$?
	OUTPUT=$(cat "$TEMPORARY/sweep")
	same "$status" 8 "the exit code after $signal"
}

control_c_ends_a_sweep_cleanly() {
	local before
	fleet_tell "$fleet" "1 hang connect"
	before=$(summaries)
	interrupt INT
	contains "$OUTPUT" "PUMP-1           verified"
	contains "$OUTPUT" "3 devices: 2 verified, 1 skipped."
	contains "$OUTPUT" "Stopped before its end: interrupted."
	same "$(summaries)" $((before + 1)) "the number of summaries"
	answers 0 pumpwatch --json status
	same "$(jq -r .running_sweep <<<"$ANSWER")" null "the sweep that runs"
	same "$(sqlite3 -readonly "$STATE/pumpwatch.db" 'SELECT count(*) FROM lease')" 0 "the number of leases left"
}

so_does_sigterm_and_says_it_in_json() {
	interrupt TERM --json
	same "$(jq -r 'select(.summary) | .summary | "\(.stopped) \(.why_stopped)"' <<<"$OUTPUT")" "true interrupted"
	fleet_tell "$fleet" "1 heal"
}

# ---- chosen ----

a_window_by_hand_takes_its_devices() {
	exits 0 pumpwatch sweep --window ward
	contains "$OUTPUT" "PUMP-2           verified"
	contains "$OUTPUT" "1 device: 1 verified."
	lacks "$OUTPUT" PUMP-1
	pumpwatch --quiet edit PUMP-2 department=
	exits 8 pumpwatch sweep --window ward
	contains "$OUTPUT" "no device was visited"
}

a_device_that_is_not_active_is_skipped_and_said() {
	pumpwatch --quiet edit PUMP-2 state=stored
	exits 8 pumpwatch sweep PUMP-1 PUMP-2
	contains "$OUTPUT" "PUMP-2           skipped: it is stored"
	contains "$OUTPUT" "2 devices: 1 verified, 1 skipped."
	# Not named it is no failure of the sweep; but where nothing else is left, nothing was checked.
	pumpwatch --quiet edit PUMP-2 state=maintenance "department=Ward 1"
	pumpwatch --quiet edit PUMP-1 "department=Ward 1"
	exits 0 pumpwatch sweep --window ward
	contains "$OUTPUT" "PUMP-2           skipped: it is in maintenance"
	contains "$OUTPUT" "2 devices: 1 verified, 1 skipped."
	pumpwatch --quiet edit PUMP-1 department=
	exits 8 pumpwatch sweep --window ward
	contains "$OUTPUT" "no device was visited"
}

an_unreachable_pump_says_what_to_do() {
	fleet_tell "$fleet" "1 refuse"
	exits 8 pumpwatch sweep PUMP-N
	contains "$OUTPUT" "PUMP-N           unreachable: "
	contains "$OUTPUT" "; "
	exits 8 pumpwatch test PUMP-N
	contains "$OUTPUT" "What to do"
	exits 69 pumpwatch baseline learn PUMP-N --kind firmware --release 1 -o "$TEMPORARY/none"
	[ ! -e "$TEMPORARY/none" ] || fail "a manifest was written"
	fleet_tell "$fleet" "1 heal"
	exits 0 pumpwatch test PUMP-N
	contains "$OUTPUT" "Contact        fine"
}

# ---- over SFTP ----

an_ssh_link_wants_a_key_that_is_known() {
	prepare_ssh
	start_sshd "$ssh/host"
	make_device "$TEMPORARY/SSH-1"
	local arguments=(enroll SSH-1 --model generic --link "sftp://127.0.0.1:$port$TEMPORARY/SSH-1" --credential ward)
	exits 69 pumpwatch "${arguments[@]}"
	contains "$OUTPUT" "It showed $pin (ED25519): compare it with the device, then give it with --pin; nothing was enrolled"
	exits 69 pumpwatch "${arguments[@]}" --pin "$(ssh-keygen -l -f "$ssh/other.pub" | awk '{ print $2 }')"
	contains "$OUTPUT" "Nothing was enrolled"
	exits 64 pumpwatch show SSH-1
	exits 0 pumpwatch "${arguments[@]}" --pin-seen
	contains "$OUTPUT" "Key seen       $pin"
	contains "$OUTPUT" "pinned now. Compare it"
	answers 0 pumpwatch --json show SSH-1
	same "$(jq -r .pin <<<"$ANSWER")" "$pin"
	exits 0 pumpwatch sweep SSH-1
	contains "$OUTPUT" verified
}

another_key_is_another_device() {
	end_pid "$sshd"
	start_sshd "$ssh/other"
	exits 8 pumpwatch sweep SSH-1
	contains "$OUTPUT" "SSH-1            wrong-device"
	answers 0 pumpwatch --json alerts --device SSH-1
	same "$(jq -r '.[0].type' <<<"$ANSWER")" DEVICE_CHANGED
	end_pid "$sshd"
}

# ---- completion ----

# Usage: completes WORD... ; the last is the one being typed; what is offered is left in $OFFERED
completes() {
	# shellcheck disable=SC2016 # for the other shell
	OFFERED=$(PATH=$(realpath "$PROGRAMS"):$PATH PUMPWATCH_CONFIG=$CONFIG bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$0/cli/completion/pumpwatch"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		_pumpwatch
		printf "%s\n" "${COMPREPLY[@]}"' "$srcdir" "$@" 2>&1 | sort | tr '\n' ' ')
}

the_shell_completes_verbs_options_and_names() {
	completes pumpwatch sw; same "$OFFERED" "sweep "
	completes pumpwatch --j; same "$OFFERED" "--json "
	completes pumpwatch baseline acc; same "$OFFERED" "accept-until "
	completes pumpwatch --config "$CONFIG" model ""; same "$OFFERED" "check show "
	completes pumpwatch enroll X --pin; same "$OFFERED" "--pin --pin-seen "
	completes pumpwatch enroll X --model med; same "$OFFERED" "medfusion-4000 "
	completes pumpwatch baseline learn X --kind f; same "$OFFERED" "firmware "
	completes pumpwatch show PUMP-; same "$OFFERED" "PUMP-1 PUMP-2 PUMP-N "
	completes pumpwatch sweep PUMP-1 SS; same "$OFFERED" "SSH-1 "
	completes pumpwatch alerts --device SS; same "$OFFERED" "SSH-1 "
	completes pumpwatch devices --result wro; same "$OFFERED" "wrong-device "
	completes pumpwatch baseline show ""; same "$(wc -w <<<"$OFFERED")" 3 "the number of baselines"
}

# Each option that the completion offers is one that the verb takes.
the_shell_offers_what_there_is() {
	local verb
	for verb in enroll devices sweep bench alerts ack stop "baseline learn" "baseline import" "baseline sign" "baseline add" \
		"baseline approve" "baseline list" "baseline show" "baseline export" "baseline withdraw"; do
		# shellcheck disable=SC2086
		completes pumpwatch $verb --
		# shellcheck disable=SC2086
		help=$(pumpwatch $verb --help | grep -v ' --against LIST)')
		for option in $OFFERED; do
			case $option in
			--help) ;;
			--output) contains "$help" "-o FILE" ;;
			*) contains "$help" "$option" ;;
			esac
		done
		while read -r option; do contains "$OFFERED" "$option "; done < <(grep -oE -e '--[a-z][a-z-]+' <<<"$help" | sort -u)
	done
}

run_case control_c_ends_a_sweep_cleanly
run_case so_does_sigterm_and_says_it_in_json
run_case a_window_by_hand_takes_its_devices
run_case a_device_that_is_not_active_is_skipped_and_said
run_case an_unreachable_pump_says_what_to_do
run_case an_ssh_link_wants_a_key_that_is_known
run_case another_key_is_another_device
run_case the_shell_completes_verbs_options_and_names
run_case the_shell_offers_what_there_is
finish
