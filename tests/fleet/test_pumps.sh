#!/bin/bash
# The simulated pumps themselves: their shape, their faults, their record.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"

fleet=$TEMPORARY/fleet   # two pumps as published
open=$TEMPORARY/open     # two with a login, which curl can visit, and with SIZE
fleet_start "$fleet" --pumps 2 || exit 1
fleet_start "$open" --pumps 2 --login service:secret --size || exit 1
url=ftp://127.0.0.1:$(fleet_port "$open" 1)

fetch() { curl -sS --max-time 10 --user service:secret "$@"; }
digest() { sha256sum | cut -d ' ' -f 1; }
read_file() { fetch "$url/$1" | digest; }

# A raw session on descriptor 3: say a command; the reply is left in $REPLY.
session() {
	exec 3<>"/dev/tcp/127.0.0.1/$(fleet_port "$fleet" "$1")"
	reply
}
reply() {
	REPLY=
	IFS= read -r -t 10 -u 3 REPLY
	local status=$?
	REPLY=${REPLY%$'\r'}
	return "$status"
}
say() {
	printf '%s\r\n' "$1" >&3
	reply
}
leave() { exec 3>&-; }

# Usage: raw VERB ARGUMENT FILE : a passive transfer in the raw session
raw() {
	local numbers port
	say PASV
	numbers=$(tr -cd '0-9,' <<<"${REPLY#227}")
	port=$(awk -F , '{ print $5 * 256 + $6 }' <<<"$numbers")
	exec 4<>"/dev/tcp/127.0.0.1/$port"
	say "$1 $2"
	cat <&4 >"$3"
	exec 4>&-
	reply
}

retrieval_works_without_a_login() {
	session 1
	same "$REPLY" "220 simulated pump SN=SIM00001 FTP server ready."
	say "TYPE I"
	raw RETR HEAD_F~1 "$TEMPORARY/raw"
	same "$REPLY" "226 Transfer complete"
	same "$(stat -c %s "$TEMPORARY/raw")" 491648 size
	same "$(digest <"$TEMPORARY/raw")" "$(read_file HEAD_F~1)" "the digest"
	say QUIT
	same "$REPLY" "221 Bye"
	leave
}

anonymous_is_answered_and_disconnected() {
	session 1
	say "USER anonymous"
	same "$REPLY" "331 Password required"
	if reply; then fail "it still talks: $REPLY"; fi
	leave
}

listing_has_the_published_shape() {
	session 2
	raw LIST "" "$TEMPORARY/listing"
	contains "$(cat "$TEMPORARY/listing")" "   491648 Jan 01  1980 HEAD_F~1"
	same "$(head -n 1 "$TEMPORARY/listing")" $'total 5\r'
	same "$(sed -n 2p "$TEMPORARY/listing")" $'\r'
	same "$(awk 'NR > 2 { print $5, $9 }' "$TEMPORARY/listing" | tr -d '\r' | sed '$d')" \
		$'1764 CONFIG.XML\n6224 HEAD_C~1\n491648 HEAD_F~1\n2140 STORED~1'
	same "$(tail -c 8 "$TEMPORARY/listing")" WIFI_LOG "the end, without a line feed,"
	leave
}

log_grows_with_each_visit() {
	session 2
	raw LIST WIFI_LOG "$TEMPORARY/first"
	leave
	session 2
	raw LIST WIFI_LOG "$TEMPORARY/second"
	leave
	first=$(awk 'NR == 3 { print $5 }' "$TEMPORARY/first")
	second=$(awk 'NR == 3 { print $5 }' "$TEMPORARY/second")
	same "$((second - first))" 551 growth
}

newer_commands_are_not_understood() {
	session 1
	for command in MLSD EPSV "EPRT |1|127.0.0.1|9|" "SIZE CONFIG.XML" FEAT; do
		say "$command"
		same "$REPLY" "500 Command not understood" "the reply to $command"
	done
	leave
}

passive_reply_is_odd() {
	session 1
	say PASV
	[[ $REPLY =~ ^227\ Entering\ passive\ mode\.\ \ 127,0,0,1,\ [0-9]+,[0-9]+$ ]] || fail "$REPLY"
	leave
}

active_transfer_works() {
	same "$(fetch --ftp-port - "$url/CONFIG.XML" | digest)" "$(read_file CONFIG.XML)"
}

ascii_mode_spoils_a_file() {
	session 1
	raw RETR HEAD_F~1 "$TEMPORARY/ascii"
	leave
	[ "$(stat -c %s "$TEMPORARY/ascii")" -gt 491648 ] || fail "no line feed was translated"
}

pumps_of_a_release_are_the_same_and_other_seeds_are_not() {
	same "$(fetch "ftp://127.0.0.1:$(fleet_port "$open" 2)/STORED~1" | digest)" "$(read_file STORED~1)"
	before=$(read_file STORED~1)
	fleet_tell "$open" "1 release 2"
	[ "$(read_file STORED~1)" != "$before" ] || fail "the bytes are the same"
	fleet_tell "$open" "1 heal"
	same "$(read_file STORED~1)" "$before"
}

login_is_asked_for_where_there_is_one() {
	exits 67 fetch --user service:wrong "$url/CONFIG.XML"
	exits 0 fetch "$url/CONFIG.XML" -o "$TEMPORARY/config"
	same "$(stat -c %s "$TEMPORARY/config")" 1764
}

refused_pump_listens_again() {
	fleet_tell "$open" "1 refuse"
	exits 7 fetch "$url/"
	fleet_tell "$open" "1 accept"
	exits 0 fetch "$url/"
}

hanging_pump_says_nothing() {
	fleet_tell "$open" "1 hang connect"
	exits 28 fetch --max-time 1 "$url/"
	fleet_tell "$open" "1 heal"
	fleet_tell "$open" "1 hang listing"
	exits 28 fetch --max-time 1 "$url/"
	fleet_tell "$open" "1 heal"
	fleet_tell "$open" "1 hang HEAD_F~1 1000"
	exits 28 fetch --max-time 1 -o "$TEMPORARY/part" "$url/HEAD_F~1"
	same "$(stat -c %s "$TEMPORARY/part")" 1000
	fleet_tell "$open" "1 heal"
}

slow_pump_keeps_its_rate() {
	fleet_tell "$open" "1 slow 4000"
	exits 28 fetch --max-time 1 -o "$TEMPORARY/part" "$url/HEAD_F~1"
	size=$(stat -c %s "$TEMPORARY/part")
	if [ "$size" -eq 0 ] || [ "$size" -gt 6000 ]; then fail "$size bytes came in a second"; fi
	fleet_tell "$open" "1 slow 40000"
	same "$(read_file STORED~1)" "$(fetch "ftp://127.0.0.1:$(fleet_port "$open" 2)/STORED~1" | digest)"
	fleet_tell "$open" "1 heal"
}

truncated_file_ends_as_if_complete() {
	session 1
	say "TYPE I"
	fleet_tell "$fleet" "1 truncate STORED~1 100"
	raw RETR STORED~1 "$TEMPORARY/part"
	same "$REPLY" "226 Transfer complete"
	same "$(stat -c %s "$TEMPORARY/part")" 100
	leave
	fleet_tell "$fleet" "1 heal"
}

cut_file_closes_both_connections() {
	session 1
	say "TYPE I"
	fleet_tell "$fleet" "1 cut STORED~1 100"
	raw RETR STORED~1 "$TEMPORARY/part" && fail "it still talks: $REPLY"
	same "$(stat -c %s "$TEMPORARY/part")" 100
	leave
	fleet_tell "$fleet" "1 heal"
}

reset_comes_in_mid_file() {
	fleet_tell "$open" "1 reset HEAD_F~1 200000"
	fetch -o "$TEMPORARY/part" "$url/HEAD_F~1" 2>"$TEMPORARY/errors" && fail "curl saw nothing"
	contains "$(cat "$TEMPORARY/errors")" "reset by peer"
	fleet_tell "$open" "1 heal"
}

one_byte_changes() {
	fetch -o "$TEMPORARY/before" "$url/HEAD_F~1"
	fleet_tell "$open" "1 change HEAD_F~1 1234"
	fetch -o "$TEMPORARY/after" "$url/HEAD_F~1"
	same "$(cmp -l "$TEMPORARY/before" "$TEMPORARY/after" | awk '{ print $1 }')" 1235
	same "$(read_file HEAD_F~1)" "$(digest <"$TEMPORARY/after")" "the second reading"
	fleet_tell "$open" "1 heal"
}

unstable_file_differs_at_each_reading() {
	fleet_tell "$open" "1 unstable STORED~1"
	same "$(for _ in 1 2 3 4; do read_file STORED~1; done | sort -u | wc -l)" 4 "the number of contents"
	fleet_tell "$open" "1 heal"
}

files_come_go_and_are_replaced() {
	printf 'other bytes' >"$TEMPORARY/other"
	fleet_tell "$open" "1 replace STORED~1 $TEMPORARY/other"
	fleet_tell "$open" "1 add SUB/NEW%20FILE.BIN 5000"
	fleet_tell "$open" "1 text NOTE.TXT SN=%25;"
	fleet_tell "$open" "1 remove CONFIG.XML"
	same "$(fetch "$url/STORED~1")" "other bytes"
	same "$(fetch "$url/SUB/NEW%20FILE.BIN" | wc -c)" 5000
	contains "$(fetch "$url/")" "drwxrwxrwx"
	exits 78 fetch "$url/CONFIG.XML"
	fleet_tell "$open" "1 heal"
	exits 0 fetch -o /dev/null "$url/CONFIG.XML"
	exits 78 fetch "$url/NOTE.TXT"
}

denied_file_is_listed_and_not_given() {
	fleet_tell "$open" "1 deny CONFIG.XML"
	contains "$(fetch "$url/")" CONFIG.XML
	exits 78 fetch "$url/CONFIG.XML"
	fleet_tell "$open" "1 heal"
}

serial_can_be_another() {
	fleet_tell "$fleet" "1 serial WRONG-7"
	session 1
	same "$REPLY" "220 simulated pump SN=WRONG-7 FTP server ready."
	leave
	fleet_tell "$fleet" "1 heal"
}

listings_have_other_shapes() {
	fleet_tell "$open" "1 listing unix"
	contains "$(fetch "$url/")" "-rw-r--r--   1 root     root         491648 Jan  1  1980 HEAD_F~1"
	fleet_tell "$open" "1 listing dos"
	contains "$(fetch "$url/")" "01-01-80  12:00AM               491648 HEAD_F~1"
	fleet_tell "$open" "1 listing vxworks"
	contains "$(fetch "$url/")" "  491648    Jan-01-1980  00:00:00   HEAD_F~1"
	fleet_tell "$open" "1 listing endless"
	exits 28 fetch --max-time 1 -o "$TEMPORARY/endless" "$url/"
	[ "$(sort -u "$TEMPORARY/endless" | wc -l)" -gt 10000 ] || fail "the listing ended"
	fleet_tell "$open" "1 listing garbage"
	fetch "$url/" -o "$TEMPORARY/garbage"
	same "$(stat -c %s "$TEMPORARY/garbage")" 4096
	fleet_tell "$open" "1 heal"
}

passive_reply_can_lie() {
	fleet_tell "$fleet" "1 lie"
	session 1
	say PASV
	contains "$REPLY" "192,0,2,1,"
	leave
	fleet_tell "$fleet" "1 heal"
}

wrong_command_is_an_error() {
	exits 64 "$PUMPS" --tell "$fleet/control" "1 explode"
	exits 64 "$PUMPS" --tell "$fleet/control" "3 heal"
	exits 64 "$PUMPS" --tell "$fleet/control" "1 change NOPE"
	contains "$OUTPUT" 'error: pump 1 has no "NOPE"'
}

record_has_every_command_and_no_password() {
	: >"$open/record"
	fetch -o /dev/null "$url/STORED~1"
	same "$(awk '{ print $3, $4 }' "$open/record" | tr '\n' ';')" \
		"connect 1;USER service;PASS ***;PWD ;EPSV ;PASV ;TYPE I;SIZE STORED~1;RETR STORED~1;QUIT ;disconnect ;"
	same "$(fleet_forbidden "$open")" ""
	fetch -T "$TEMPORARY/other" "$url/UPLOAD" >/dev/null
	contains "$(fleet_forbidden "$open")" "violation STOR"
	exits 78 fetch "$url/UPLOAD"
}

connections_at_once_are_counted() {
	same "$(fleet_most "$fleet")" 1
	session 1
	exec 5>&3
	session 1
	same "$(fleet_most "$fleet")" 2
	exec 5>&-
	leave
}

folder_is_served_with_its_folders() {
	mkdir -p "$TEMPORARY/content/deep/er" "$TEMPORARY/each/1" "$TEMPORARY/each/2"
	printf 'deep' >"$TEMPORARY/content/deep/er/ file"
	printf 'one' >"$TEMPORARY/each/1/NAME"
	printf 'two' >"$TEMPORARY/each/2/NAME"
	fleet_start "$TEMPORARY/folder" --content "$TEMPORARY/content" --login a:b || return
	same "$(curl -sS --user a:b "ftp://127.0.0.1:$(fleet_port "$TEMPORARY/folder" 1)/deep/er/%20file")" deep
	fleet_stop
	fleet_start "$TEMPORARY/folder" --content-each "$TEMPORARY/each" --pumps 2 --login a:b \
		--plain-pasv || return
	contains "$(curl -sSv --user a:b "ftp://127.0.0.1:$(fleet_port "$TEMPORARY/folder" 1)/" 2>&1)" "Mode (127,0,0,1,"
	same "$(curl -sS --user a:b "ftp://127.0.0.1:$(fleet_port "$TEMPORARY/folder" 2)/NAME")" two
	fleet_stop
}

thousands_listen_each_on_an_address() {
	fleet_start "$TEMPORARY/many" --pumps 2000 --address 127.20.0.1 --each-address \
		--port "$(free_port)" --login a:b BIG.BIN=3MB || return
	same "$(wc -l <"$TEMPORARY/many/ports")" 2000
	same "$(fleet_address "$TEMPORARY/many" 2000) $(fleet_serial "$TEMPORARY/many" 2000)" "127.20.7.208 SIM02000"
	same "$(curl -sS --user a:b "ftp://127.20.7.208:$(fleet_port "$TEMPORARY/many" 2000)/BIG.BIN" | wc -c)" 3000000
	fleet_stop
}

pumps_end_with_who_started_them() {
	"$PUMPS" --ports "$TEMPORARY/lifetime" --lifetime 1 &
	keep_pid $!
	await is_gone $!
	# In a subshell, which keeps the shell's word about the kill to itself.
	(bash -c '"$1" --ports "$2" & echo $! >"$3"; while [ ! -s "$2" ]; do sleep 0.02; done; kill -KILL $$' \
		starter "$PUMPS" "$TEMPORARY/orphan" "$TEMPORARY/pid"; :) 2>/dev/null
	await is_gone "$(cat "$TEMPORARY/pid")"
}

for name in retrieval_works_without_a_login anonymous_is_answered_and_disconnected \
	listing_has_the_published_shape log_grows_with_each_visit newer_commands_are_not_understood \
	passive_reply_is_odd active_transfer_works ascii_mode_spoils_a_file \
	pumps_of_a_release_are_the_same_and_other_seeds_are_not login_is_asked_for_where_there_is_one \
	refused_pump_listens_again hanging_pump_says_nothing slow_pump_keeps_its_rate \
	truncated_file_ends_as_if_complete cut_file_closes_both_connections reset_comes_in_mid_file \
	one_byte_changes unstable_file_differs_at_each_reading files_come_go_and_are_replaced \
	denied_file_is_listed_and_not_given serial_can_be_another listings_have_other_shapes \
	passive_reply_can_lie wrong_command_is_an_error record_has_every_command_and_no_password \
	connections_at_once_are_counted folder_is_served_with_its_folders \
	thousands_listen_each_on_an_address pumps_end_with_who_started_them; do
	run_case "$name"
done
finish
