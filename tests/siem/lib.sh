# shellcheck shell=bash disable=SC2034,SC2317 # for others; functions called by name
# For tests of what conf/ holds for receivers: the shipped files, with the names and places of a
# test put in, run by the real programs. Sourced after tests/lib.sh.

PATH=$PATH:/usr/sbin:/sbin
srcdir=$(realpath "${srcdir:-.}")

# Usage: certificates FOLDER NAME... : FOLDER/ca.pem, and NAME.pem with NAME.key for NAME.example.org
certificates() {
	local folder=$1 name
	shift
	mkdir -p "$folder"
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=Sample test authority' \
		-addext basicConstraints=critical,CA:TRUE \
		-keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null || return
	for name in "$@"; do
		openssl req -newkey rsa:2048 -nodes -subj "/CN=$name.example.org" \
			-keyout "$folder/$name.key" -out "$folder/$name.csr" 2>/dev/null &&
			openssl x509 -req -in "$folder/$name.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
				-CAcreateserial -days 30 -out "$folder/$name.pem" 2>/dev/null \
				-extfile <(echo "subjectAltName=DNS:$name.example.org") || return
	done
}

# Usage: put FILE FROM TO [FROM TO]... ; a word that the shipped file no longer has is a failure.
put() {
	local file=$1 text
	shift
	text=$(cat "$file")
	while [ $# -gt 1 ]; do
		contains "$text" "$1" || return
		text=${text//"$1"/"$2"}
		shift 2
	done
	printf '%s\n' "$text" >"$file"
}

# Usage: start_rsyslogd NAME PORT ; with $TEMPORARY/NAME.conf; sets RSYSLOGD_PID. Not by port_answers:
# whoever connects without TLS and goes is an error to an imrelp.
start_rsyslogd() {
	rsyslogd -n -i "$TEMPORARY/$1.pid" -f "$TEMPORARY/$1.conf" >>"$TEMPORARY/$1.output" 2>&1 </dev/null &
	RSYSLOGD_PID=$!
	keep_pid "$RSYSLOGD_PID"
	await listens "$2"
	is_gone "$RSYSLOGD_PID" || return 0
	fail "rsyslogd ended:"
	show <"$TEMPORARY/$1.output"
	return 1
}

# State 0A is LISTEN (proc(5)).
listens() { grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; }

# As a crash ends it.
kill_rsyslogd() {
	kill -KILL "$1"
	wait "$1" 2>/dev/null
	return 0
}

has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

# Usage: make_relay [NAME...] ; the relay of conf/rsyslog in $TEMPORARY/relay.conf, with our names
# and places, and certificates for a collector, relay, siem and more NAMEs in $PKI
make_relay() {
	PKI=$TEMPORARY/pki RELAY_PORT=$(free_port) SIEM_PORT=$(free_port)
	mkdir -p "$TEMPORARY/queue" && certificates "$PKI" relay siem collector "$@" || return
	cp "$srcdir/conf/rsyslog/pumpwatch-relay.conf" "$TEMPORARY/relay.conf"
	put "$TEMPORARY/relay.conf" \
		'target="siem.example.org" port="2514"' "target=\"127.0.0.1\" port=\"$SIEM_PORT\"" \
		'port="2514" ruleset' "address=\"127.0.0.1\" port=\"$RELAY_PORT\" ruleset" \
		/var/spool/rsyslog/pumpwatch "$TEMPORARY/queue" \
		/etc/rsyslog.d/pumpwatch/ca.pem "$PKI/ca.pem" \
		/etc/rsyslog.d/pumpwatch/cert.pem "$PKI/relay.pem" \
		/etc/rsyslog.d/pumpwatch/key.pem "$PKI/relay.key" \
		'action.resumeInterval="10"' 'action.resumeInterval="1"'
}

# The receiver of conf/rsyslog behind the relay, with TLS, as a SIEM has it: $TEMPORARY/siem.conf,
# which writes $TEMPORARY/siem/events
make_siem() {
	mkdir -p "$TEMPORARY/siem"
	cp "$srcdir/conf/rsyslog/pumpwatch-receiver.conf" "$TEMPORARY/siem.conf"
	put "$TEMPORARY/siem.conf" /tmp/pumpwatch "$TEMPORARY/siem" '"1601"' "\"$(free_port)\"" \
		'module(load="imrelp")' 'module(load="imrelp" tls.tlslib="openssl")' \
		'port="2514"' "port=\"$SIEM_PORT\" tls=\"on\" tls.authMode=\"name\"
			tls.caCert=\"$PKI/ca.pem\" tls.myCert=\"$PKI/siem.pem\" tls.myPrivKey=\"$PKI/siem.key\"
			tls.permittedPeer=[\"relay.example.org\"]"
}
