#!/bin/bash
# enroll for one pump: what it asks for on a terminal, the key of the first contact, what it says a
# visit will be, and that nothing is enrolled where it did not come to its end.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY NO_COLOR
PATH=$PATH:/usr/sbin:/sbin

set_up "$TEMPORARY/site"
make_device "$TEMPORARY/files"
pumpwatch --quiet enroll PUMP-0 --model generic --link "file://$TEMPORARY" --no-test || exit 1

# Usage: talks STATUS [WORDS ANSWER]... -- ARGUMENTS... ; what the terminal showed is left in $OUTPUT
talks() {
	local expected=$1 status talk=()
	shift
	while [ "$1" != -- ]; do talk+=("$1"); shift; done
	shift
	OUTPUT=$(python3 "$srcdir/tests/cli/talk.py" "${talk[@]}" -- "$PROGRAMS/pumpwatch" --config "$CONFIG" "$@" 2>&1)
	status=$?
	[ "$status" = "$expected" ] && return 0
	fail "exit code $status instead of $expected of: $*"
	show <<<"$OUTPUT"
	return 1
}

is_not_enrolled() { exits 64 pumpwatch show "$1"; }

# Usage: shown FILTER ASSET ; of a device as JSON
shown() { pumpwatch --json show "$2" | jq -r "$1"; }

# ---- what was not said ----

a_missing_model_and_link_are_asked_for() {
	talks 0 "Number or name:" "genric" 'did you mean "generic"?' "99" "Number or name:" "generic" \
		"Link:" "no link" "Link:" "file://$TEMPORARY/files" -- enroll PUMP-1
	contains "$OUTPUT" "Which model is PUMP-1?"
	contains "$OUTPUT" "medfusion-4000"
	contains "$OUTPUT" "PUMP-1 is enrolled."
	same "$(shown '"\(.model) \(.link)"' PUMP-1)" "generic file://$TEMPORARY/files"
	talks 0 "Number or name:" "1" -- enroll PUMP-1B --link "file://$TEMPORARY/files/config" --no-test
	same "$(shown .model PUMP-1B)" generic
	pumpwatch --quiet retire PUMP-1
}

elsewhere_they_must_be_said() {
	exits 64 pumpwatch enroll PUMP-2
	contains "$OUTPUT" "--model and --link must be given"
	contains "$OUTPUT" "standard input is no terminal"
	is_not_enrolled PUMP-2
}

control_c_and_the_end_of_input_leave_nothing() {
	talks 69 "Number or name:" "^C" -- enroll PUMP-3
	contains "$OUTPUT" "nothing was enrolled"
	talks 69 "Number or name:" "^D" -- enroll PUMP-3
	contains "$OUTPUT" "nothing was enrolled"
	talks 69 "Link:" "^C" -- enroll PUMP-3 --model generic
	contains "$OUTPUT" "nothing was enrolled"
	is_not_enrolled PUMP-3
}

# ---- the key of the first contact ----

the_key_is_shown_and_asked_about_before_any_login() {
	prepare_ssh
	start_sshd "$ssh/host"
	make_device "$TEMPORARY/SSH-1"
	local arguments=(--model generic --link "sftp://127.0.0.1:$port$TEMPORARY/SSH-1" --credential ward)
	talks 69 "[yes/no]" "no" -- enroll SSH-1 "${arguments[@]}"
	contains "$OUTPUT" "It shows this SSH host key:"
	contains "$OUTPUT" "$pin (ED25519)"
	contains "$OUTPUT" "No password"
	contains "$OUTPUT" "nothing was enrolled: something else than SSH-1 may have answered"
	lacks "$(cat "$ssh/log")" "Accepted"
	talks 69 "[yes/no]" "^C" -- enroll SSH-1 "${arguments[@]}"
	contains "$OUTPUT" "nothing was enrolled"
	talks 69 "[yes/no]" "^D" -- enroll SSH-1 "${arguments[@]}"
	is_not_enrolled SSH-1
	talks 0 "[yes/no]" "perhaps" "Please answer yes or no." "yes" -- enroll SSH-1 "${arguments[@]}"
	contains "$OUTPUT" "SSH-1 is enrolled."
	contains "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "Authenticated and encrypted: the device proved by its key who it is"
	contains "$(cat "$ssh/log")" "Accepted publickey"
	same "$(shown .pin SSH-1)" "$pin"
	exits 8 pumpwatch sweep SSH-1
	contains "$OUTPUT" untrusted
	end_pid "$sshd"
}

a_certificate_shows_its_fingerprint_end_and_subject() {
	local tls=$TEMPORARY/tls shown
	port=$(free_port)
	mkdir -p "$tls" && make_device "$tls/files"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tls/key.pem" -out "$tls/cert.pem" -days 30 \
		-subj '/CN=sample pump' -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	cat "$tls/key.pem" "$tls/cert.pem" >"$tls/both.pem"
	shown=$(openssl x509 -in "$tls/cert.pem" -noout -fingerprint -sha256 | cut -d= -f2)
	python3 - "$port" "$tls" <<-'END' 2>"$tls/log" &
		import functools, http.server, ssl, sys
		handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[2] + "/files")
		server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(sys.argv[2] + "/both.pem")
		server.socket = context.wrap_socket(server.socket, server_side=True)
		server.serve_forever()
	END
	local server=$!
	keep_pid "$server"
	await port_answers "$port"
	printf '[model]\ntitle = Sample\n[files]\nfirmware = firmware/main.bin\n' >"$TEMPORARY/site/models/sample.ini"
	talks 0 "[yes/no]" "yes" -- enroll TLS-1 --model sample --link "https://127.0.0.1:$port/"
	contains "$OUTPUT" "sha256//"
	contains "$(tr -d ' \n' <<<"$OUTPUT")" "$shown"
	contains "$OUTPUT" "subject /CN=sample pump"
	contains "$OUTPUT" "TLS-1 is enrolled."
	contains "$(shown .pin TLS-1)" "sha256//"
	end_pid "$server"
}

# ---- what it says ----

what_the_pump_shows_is_taken() {
	local fleet=$TEMPORARY/fleet link
	fleet_start "$fleet" --pumps 2 --greeting 'sample pump SN=%s; ready' || return
	link=ftp://127.0.0.1:$(fleet_port "$fleet" 1)/
	sed '/^\[link\]/i [identity]\nsource = greeting\npattern = SN=%s;\n' "$TEMPORARY/site/models/medfusion-4000.ini" \
		>"$TEMPORARY/site/models/medfusion-sn.ini"
	exits 0 pumpwatch enroll PUMP-5 --model medfusion-sn --link "$link"
	contains "$OUTPUT" "PUMP-5 is enrolled, with the serial that it showed: $(fleet_serial "$fleet" 1)."
	contains "$OUTPUT" "Neither authenticated nor encrypted: the device told its serial"
	contains "$OUTPUT" "To be pulled   4 files, 502 KB"
	contains "$OUTPUT" "firmware     1 file, 492 KB; no release is in force yet"
	contains "$OUTPUT" "A visit takes  about "
	contains "$OUTPUT" "the profile allows 131 KB"
	contains "$OUTPUT" "Left out       1 file that always changes"
	contains "$OUTPUT" "Not covered    The image of the network module"
	contains "$OUTPUT" "pumpwatch baseline learn PUMP-5 --kind firmware --release RELEASE --key KEY"
	same "$(shown .serial PUMP-5)" "$(fleet_serial "$fleet" 1)"
	same "$(fleet_forbidden "$fleet")" "" "what must not be sent"
	# The second one has the serial of the first.
	fleet_tell "$fleet" "2 serial $(fleet_serial "$fleet" 1)"
	exits 65 pumpwatch enroll PUMP-6 --model medfusion-sn --link "ftp://127.0.0.1:$(fleet_port "$fleet" 2)/"
	contains "$OUTPUT" PUMP-5
	is_not_enrolled PUMP-6
	talks 69 -- enroll PUMP-6 --model medfusion-4000 --link "ftp://127.0.0.1:$(free_port)/"
	contains "$(tr -s ' \n' ' ' <<<"$OUTPUT")" "Nothing was enrolled (--no-test enrolls without a try)"
	fleet_stop
}

all_of_it_is_in_json() {
	answers 0 pumpwatch --json enroll PUMP-7 --model generic --link "file://$TEMPORARY/files"
	same "$(jq -r '.asset' <<<"$ANSWER")" PUMP-7
	same "$(jq -c '.test.kinds | map([.kind, .files, .in_force])' <<<"$ANSWER")" \
		'[["firmware",2,false],["drug-library",1,false],["config",1,false],["other",0,false]]'
	same "$(jq -r '.test.trial.outcome' <<<"$ANSWER")" ok
	same "$(jq -r '.test.estimated_seconds > 0' <<<"$ANSWER")" true
	same "$(jq -r '.test.next | length' <<<"$ANSWER")" 3
	contains "$(jq -r .test.grade_means <<<"$ANSWER")" "A folder of this computer"
	approve PUMP-7 1
	answers 0 pumpwatch --json test PUMP-7
	same "$(jq -r '.next[0]' <<<"$ANSWER")" "pumpwatch sweep PUMP-7"
	same "$(jq -r '.kinds[0] | "\(.in_force) \(.release)"' <<<"$ANSWER")" "true 1"
	exits 0 pumpwatch test PUMP-7
	contains "$OUTPUT" "compared with release 1, which is in force"
	contains "$OUTPUT" "firmware/main.bin"
}

a_file_that_cannot_be_read_shows_at_once() {
	local fleet=$TEMPORARY/deny
	fleet_start "$fleet" --pumps 1 || return
	fleet_tell "$fleet" "1 deny HEAD_F~1"
	exits 0 pumpwatch enroll PUMP-8 --model medfusion-4000 --link "ftp://127.0.0.1:$(fleet_port "$fleet" 1)/"
	contains "$OUTPUT" "Trial          one file was to be read and could not"
	exits 8 pumpwatch test PUMP-8
	fleet_stop
}

control_c_during_the_contact_leaves_nothing() {
	local fleet=$TEMPORARY/silent
	fleet_start "$fleet" --pumps 1 || return
	fleet_tell "$fleet" "1 hang connect"
	"$PROGRAMS/pumpwatch" --config "$CONFIG" enroll PUMP-9 --model medfusion-4000 \
		--link "ftp://127.0.0.1:$(fleet_port "$fleet" 1)/" >"$TEMPORARY/out" 2>&1 </dev/null &
	local pid=$!
	keep_pid "$pid"
	await connected "$fleet"
	kill -INT "$pid"
	wait "$pid"
	same $? 69 "the exit code after Ctrl-C"
	contains "$(cat "$TEMPORARY/out")" "interrupted: nothing was enrolled"
	is_not_enrolled PUMP-9
	fleet_stop
}

a_stop_is_for_whoever_visits() {
	local link
	link=ftp://127.0.0.1:$(free_port)/
	pumpwatch --quiet stop --reason "sample maintenance"
	exits 69 pumpwatch enroll PUMP-10 --model medfusion-4000 --link "$link"
	contains "$OUTPUT" "a stop is in force (sample maintenance)"
	exits 69 pumpwatch bench --model medfusion-4000 --link "$link"
	contains "$OUTPUT" "a stop is in force (sample maintenance)"
	exits 0 pumpwatch enroll PUMP-10 --model generic --link "file://$TEMPORARY/files/firmware"
	pumpwatch --quiet resume
}

run_case a_missing_model_and_link_are_asked_for
run_case elsewhere_they_must_be_said
run_case control_c_and_the_end_of_input_leave_nothing
run_case the_key_is_shown_and_asked_about_before_any_login
run_case a_certificate_shows_its_fingerprint_end_and_subject
run_case what_the_pump_shows_is_taken
run_case all_of_it_is_in_json
run_case a_file_that_cannot_be_read_shows_at_once
run_case control_c_during_the_contact_leaves_nothing
run_case a_stop_is_for_whoever_visits
finish
