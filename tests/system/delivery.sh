#!/bin/bash
# Kills the daemon and its receiver over and over while a fleet of simulated pumps drifts, and
# holds what arrived against what the store has: over RELP nothing may be missing, and all must
# be in the order of the chain; over TLS what is missing is counted. The real rsyslogd receives,
# and over TLS the real syslog-ng, too.
#   DELIVERY_DEVICES, DELIVERY_KILLS, DELIVERY_DOWNS, DELIVERY_STALLS   how much of it
#   DELIVERY_SEED    to have the same moments again
# `make campaign` does it at full length.
# shellcheck disable=SC2317 # cases are called by name
set -u
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/siem/lib.sh
. "$SOURCE/tests/siem/lib.sh"

devices=${DELIVERY_DEVICES:-60} kills=${DELIVERY_KILLS:-12}
downs=${DELIVERY_DOWNS:-2} stalls=${DELIVERY_STALLS:-1}
seed=${DELIVERY_SEED:-$$}
RANDOM=$seed

fleet=$TEMPORARY/fleet
keys=$TEMPORARY/keys

# ---- the fleet: two files of each device are its own, and every second one has one too many ----

make_contents() {
	local device folder
	for ((device = 1; device <= devices + 1; device++)); do
		folder=$fleet/contents/$device
		mkdir -p "$folder"
		echo "sample firmware" >"$folder/HEAD_F~1"
		if [ "$device" = 1 ]; then owner=approved; else owner=$device; fi
		echo "library of $owner" >"$folder/HEAD_L~1"
		echo "settings of $owner" >"$folder/CONFIG.XML"
		if [ "$device" != 1 ] && [ $((device % 2)) = 0 ]; then echo "$owner" >"$folder/EXTRA.BIN"; fi
	done
}

# The first is what the others should be like.
enroll() {
	local number address port
	while read -r number address port _; do
		pumpwatch --quiet enroll "SAMPLE-$number" --model simulated --no-test --link "ftp://$address:$port/" ||
			fail "SAMPLE-$number was not enrolled" || return
	done <"$fleet/ports"
}

# Usage: make_site FOLDER SINKLINE...
make_site() {
	local minutes=$((kills * 8 / 60 + 2))
	site_make "$1" <<-END
		[pull]
		pullers = 1
		visits = 8
		visits-per-subnet = 0
		[alerts]
		heartbeat = 10s
		[sweep]
		breaker = 0
		timezone = UTC
		[window always]
		when = daily $(date -u -d '-1 min' +%H:%M)-$(date -u -d "+$minutes min" +%H:%M)
		[sink siem]
		timeout = 3s
		$(shift; printf '%s\n' "$@")
	END
	cat >"$1/models.d/simulated.ini" <<-END
		[model]
		title = Simulated pump
		[link]
		login = none
		[files]
		firmware = HEAD_F~1
		drug-library = HEAD_L~1
		config = CONFIG.XML
		other = **
	END
	state=$1/state
	enroll || return
	local kind
	for kind in firmware drug-library config; do
		exits 0 pumpwatch --quiet baseline learn SAMPLE-1 --kind "$kind" --release 1 -o "$1/$kind"
		exits 0 pumpwatch --quiet baseline add "$1/$kind"
	done
}

# ---- the receiver ----

# What the receiver acknowledges is in its file: nothing is queued in memory. Each message has a
# line feed before it, too, so that half a line of a receiver that was killed spoils no other.
make_rsyslog() {
	receiver=$1
	receiver_command=(rsyslogd -n -f "$receiver/rsyslog.conf" -i "$receiver/pid")
	mkdir -p "$receiver"
	SERVER_PORT=$(free_port) relp_port=$SERVER_PORT tls_port=$(free_port)
	cat >"$receiver/rsyslog.conf" <<-END
		global(workDirectory="$receiver" maxMessageSize="8k" defaultNetstreamDriver="ossl"
			defaultNetstreamDriverCAFile="$keys/ca.pem" defaultNetstreamDriverCertFile="$keys/receiver.pem"
			defaultNetstreamDriverKeyFile="$keys/receiver.key")
		module(load="imrelp" tls.tlslib="openssl")
		module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/name"
			permittedPeer="collector.example.org")
		template(name="line" type="string" string="\n%rawmsg%\n")
		ruleset(name="keep" queue.type="Direct") {
			action(type="omfile" file="$receiver/messages" template="line" asyncWriting="off" flushOnTXEnd="on")
		}
		input(type="imrelp" address="127.0.0.1" port="$relp_port" ruleset="keep" maxDataSize="8k"
			tls="on" tls.caCert="$keys/ca.pem" tls.myCert="$keys/receiver.pem" tls.myPrivKey="$keys/receiver.key"
			tls.authMode="name" tls.permittedPeer=["collector.example.org"])
		input(type="imtcp" address="127.0.0.1" port="$tls_port" ruleset="keep")
	END
	: >"$receiver/messages"
}

make_syslog_ng() {
	local program=/usr/local/lib/pumpwatch-check/syslog-ng-core/usr modules
	modules=$(echo "$program"/lib/syslog-ng/[0-9]*)
	[ -d "$modules" ] || fail "there is no syslog-ng in $program: scripts/dependencies check puts it there" || return
	receiver=$1
	receiver_command=(env LD_LIBRARY_PATH="$program/lib/syslog-ng" "$program/sbin/syslog-ng" -F --no-caps
		--module-path "$modules" -f "$receiver/syslog-ng.conf" --persist-file "$receiver/persist"
		--pidfile "$receiver/pid" --control "$receiver/control")
	mkdir -p "$receiver"
	tls_port=$(free_port)
	cat >"$receiver/syslog-ng.conf" <<-END
		@version: current
		source collectors {
			syslog(ip("127.0.0.1") port($tls_port) transport("tls") flags(store-raw-message) tls(ca-file("$keys/ca.pem")
				cert-file("$keys/receiver.pem") key-file("$keys/receiver.key") peer-verify(required-trusted)));
		};
		destination keep { file("$receiver/messages" template("\n\${RAWMSG}\n")); };
		log { source(collectors); destination(keep); };
	END
	: >"$receiver/messages"
}

start_receiver() {
	"${receiver_command[@]}" >>"$receiver/output" 2>&1 </dev/null &
	RECEIVER=$!
	keep_pid "$RECEIVER"
}

# ---- what goes wrong ----

# Usage: pause MOST ; for a random time of at most so many milliseconds
pause() {
	local milliseconds=$((RANDOM % $1))
	sleep "$((milliseconds / 1000)).$(printf %03d $((milliseconds % 1000)))"
}

kill_receiver() {
	kill -KILL "$RECEIVER"
	wait "$RECEIVER" 2>/dev/null
	pause 800
	start_receiver
}

stall_receiver() {
	kill -STOP "$RECEIVER"
	sleep 4 # longer than the sink's timeout
	kill -CONT "$RECEIVER"
}

start_pumpwatchd() {
	"$BUILD/pumpwatchd" --config "$CONFIG" >>"$TEMPORARY/log" 2>&1 </dev/null &
	DAEMON=$!
	keep_pid "$DAEMON"
}

# Kill the daemon at random moments, and in between the receiver, spread over all of it.
harass() {
	local round down=0 stall=0
	for ((round = 1; round <= kills; round++)); do
		start_pumpwatchd
		pause 1400
		if [ $((round * downs / kills)) -gt "$down" ]; then
			down=$((down + 1))
			kill_receiver
		fi
		if [ $((round * stalls / kills)) -gt "$stall" ]; then
			stall=$((stall + 1))
			stall_receiver
		fi
		pause 300
		kill -KILL "$DAEMON" 2>/dev/null || fail "the daemon had ended by itself: $(tail -n 2 "$TEMPORARY/log")"
		wait "$DAEMON" 2>/dev/null
	done
	same "$down $stall" "$downs $stalls" "the receiver's own troubles"
}

query() { sqlite3 -readonly -cmd '.timeout 10000' "$state/pumpwatch.db" "$1"; }
is_settled() {
	[ "$(query "SELECT count(*) FROM sweep WHERE ended_at = 0")" = 0 ] &&
		[ "$(query "SELECT (SELECT seq FROM chain) = (SELECT seq FROM sink WHERE name = 'siem')")" = 1 ]
}

# Let it work in peace until all is visited and sent; a heartbeat may come in between.
settle() {
	local try
	start_pumpwatchd
	for ((try = 0; try < 4800; try++)); do
		is_settled && break
		sleep 0.1
	done
	is_settled || fail "not all was visited and sent: $(query "SELECT count(*) FROM job WHERE result IS NULL") devices left"
	kill -TERM "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	sleep 0.5
}

# ---- what came of it ----

every_device_was_told() {
	same "$(query "SELECT result, count(*) FROM visit GROUP BY result ORDER BY result" | tr '\n' ' ')" \
		"drifted|$devices verified|1 " "what the visits came to"
	same "$(query "SELECT count(*) FROM record WHERE json_extract(text, '\$.type') GLOB 'FILE_*'")" \
		$((devices * 2 + devices / 2)) "how many files were told of"
}

# Lines "SEQ EID PREVIOUS": as the store has them, and as they arrived.
write_committed() {
	query "SELECT seq || ' ' || json_extract(text, '\$.eid') || ' ' || coalesce((SELECT hash FROM record AS last
		WHERE last.number = record.number - 1), 'first') FROM record WHERE seq IS NOT NULL ORDER BY seq" >"$1"
}
write_arrived() {
	sed -nE 's/^<[0-9]+>1 .* eid="([^"]+)" seq="([0-9]+)" prev="([0-9a-f]+)".*\]  ?.*[.]$/\2 \1 \3/p' \
		"$receiver/messages" >"$1"
}

compare() {
	write_committed "$TEMPORARY/committed"
	write_arrived "$TEMPORARY/arrivals"
	awk '!seen[$2]++' "$TEMPORARY/arrivals" >"$TEMPORARY/arrived"
	# The store begins its chain with a hash that no record has.
	sed -i '1s/ [^ ]*$/ first/' "$TEMPORARY/committed" "$TEMPORARY/arrived"
	committed=$(wc -l <"$TEMPORARY/committed")
	arrived=$(wc -l <"$TEMPORARY/arrived")
	lost=$(comm -23 <(sort "$TEMPORARY/committed") <(sort "$TEMPORARY/arrived") | wc -l)
	echo "seed $seed: $devices devices, $kills kills of the daemon, $downs of the receiver, $stalls stalls:" \
		"$committed events committed, $arrived arrived, $lost lost, $(($(wc -l <"$TEMPORARY/arrivals") - arrived)) duplicates"
}

nothing_is_lost_over_relp() {
	make_rsyslog "$TEMPORARY/relp"
	start_receiver
	make_site "$TEMPORARY/site-relp" "type = relp" \
		"address = 127.0.0.1:$relp_port" \
		"peer-name = receiver.example.org" \
		"ca-file = $keys/ca.pem" \
		"cert-file = $keys/collector.pem" \
		"key-file = $keys/collector.key" || { fail "no site"; return; }
	harass
	settle
	every_device_was_told
	compare
	cmp "$TEMPORARY/committed" "$TEMPORARY/arrived" ||
		fail "what arrived is not what was committed, each once and in order:
$(diff "$TEMPORARY/committed" "$TEMPORARY/arrived" | head -n 10)"
	same "$(awk '{ print $1 }' "$TEMPORARY/committed" | tr '\n' ' ')" "$(seq "$committed" | tr '\n' ' ')" "the sequence"
	exits 0 pumpwatch audit verify
	end_pid "$RECEIVER"
}

# Usage: lose_over_tls NAME ; to the receiver that was made
lose_over_tls() {
	start_receiver
	make_site "$TEMPORARY/site-$1" "type = tls" \
		"address = 127.0.0.1:$tls_port" \
		"peer-name = receiver.example.org" \
		"ca-file = $keys/ca.pem" \
		"cert-file = $keys/collector.pem" \
		"key-file = $keys/collector.key" \
		"replay = 1m" || { fail "no site"; return; }
	harass
	settle
	every_device_was_told
	compare
	sort -n -c "$TEMPORARY/arrived" || fail "not in order"
	comm -13 <(sort "$TEMPORARY/committed") <(sort "$TEMPORARY/arrived") >"$TEMPORARY/strangers"
	[ ! -s "$TEMPORARY/strangers" ] || { fail "arrived, but was never committed:"; show <"$TEMPORARY/strangers"; }
	same "$lost" 0 "what was lost within the replay window"
	exits 0 pumpwatch audit verify
	end_pid "$RECEIVER"
}

what_rsyslog_loses_over_tls_is_counted() {
	make_rsyslog "$TEMPORARY/tls"
	lose_over_tls rsyslog
}

what_syslog_ng_loses_over_tls_is_counted() {
	make_syslog_ng "$TEMPORARY/ng" && lose_over_tls syslog-ng
}

fleet_and_certificates_are_there() {
	make_contents
	certificates "$keys" receiver collector || fail "no certificates"
	fleet_start "$fleet" --pumps $((devices + 1)) --content-each "$fleet/contents"
}

run_case fleet_and_certificates_are_there
run_case nothing_is_lost_over_relp
run_case what_rsyslog_loses_over_tls_is_counted
run_case what_syslog_ng_loses_over_tls_is_counted
finish
