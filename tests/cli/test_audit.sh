#!/bin/bash
# The audit trail: what every act left in it, and that whatever a hand does to it is found.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY

set_up "$TEMPORARY/site"
enroll PUMP-1 || exit 1
approve PUMP-1 7.0 || exit 1
echo "firmware 7.1" >"$TEMPORARY/PUMP-1/firmware/main.bin"
approve PUMP-1 7.1 firmware -- --older-until never || exit 1
pumpwatch --quiet sweep
echo x >"$TEMPORARY/PUMP-1/config/unit.cfg"
pumpwatch --quiet sweep >/dev/null
pumpwatch --quiet ack 1 --note "work order 4711"

# Work on a copy of the set-up's store; back to the first one without a name.
use() {
	CONFIG=$TEMPORARY/site/pumpwatch.conf STATE=$TEMPORARY/site/state
	[ $# = 0 ] && return
	rm -rf "${TEMPORARY:?}/copy"
	cp -R "$TEMPORARY/site" "$TEMPORARY/copy"
	CONFIG=$TEMPORARY/copy/pumpwatch.conf STATE=$TEMPORARY/copy/state
}

sql() { sqlite3 -cmd '.timeout 5000' "$STATE/pumpwatch.db" "$1"; }

# Alter the store by hand, with its guards put aside first.
by_hand() {
	local trigger
	for trigger in $(sql "SELECT name FROM sqlite_schema WHERE type = 'trigger'"); do
		sql "DROP TRIGGER $trigger"
	done
	sql "$1" >/dev/null
}

what_nobody_touched_holds() {
	exits 0 pumpwatch audit verify
	contains "$OUTPUT" ": the chain holds."
	contains "$OUTPUT" "4 baselines with 0 signatures; 4 of those in force are believed (evaluation mode"
	answers 0 pumpwatch --json audit verify
	same "$(jq -c '[.holds, .found, .faults, .rejected]' <<<"$ANSWER")" '[true,0,[],[]]'
	same "$(jq .records <<<"$ANSWER")" "$(sql 'SELECT count(*) FROM record')"
	same "$(jq -r .head <<<"$ANSWER")" "$(pumpwatch --json status | jq -r .chain_head)"
	exits 0 pumpwatch --quiet audit verify
	same "$OUTPUT" ""
}

every_act_says_who_what_and_why() {
	answers 0 pumpwatch --json audit list
	same "$(jq -r '.[0] | [.verb, .subject, .why] | join("|")' <<<"$ANSWER")" "ack|1|work order 4711"
	same "$(jq -r '.[].verb' <<<"$ANSWER" | sort -u | paste -sd, -)" \
		"ack,baseline add,baseline enforce,baseline older,configuration load,enroll"
	same "$(jq -r '.[] | select(.by == null or .at == null) | .record' <<<"$ANSWER")" "" "acts without who or when"
	exits 0 pumpwatch audit list PUMP-1
	contains "$OUTPUT" enroll
	lacks "$OUTPUT" "work order"
	exits 0 pumpwatch audit list --most 1
	same "$(wc -l <<<"$OUTPUT")" 2 "the number of lines"
	exits 0 pumpwatch audit list nobody
	contains "$OUTPUT" "Nothing was done."
	exits 64 pumpwatch audit list --most 0
	exits 64 pumpwatch audit list a b
	exits 64 pumpwatch audit verify now
	exits 64 pumpwatch audit export now
	exits 64 pumpwatch audit export --after x
}

an_export_can_be_checked_without_us() {
	local previous record number=0 last
	exits 0 pumpwatch audit export -o "$TEMPORARY/export"
	contains "$OUTPUT" "$(sql 'SELECT count(*) FROM record') records are in $TEMPORARY/export."
	previous=$(sql 'SELECT identity FROM store' | tr -d '\n' | sha256sum | cut -d' ' -f1)
	while IFS= read -r line; do
		number=$((number + 1))
		record=${line#*'"record":'}
		record=${record%\}}
		last=$(printf %s%s "$previous" "$record" | sha256sum | cut -d' ' -f1)
		case $line in
		"{\"number\":$number,\"hash\":\"$last\",\"previous\":\"$previous\",\"record\":{"*) ;;
		*) fail "line $number is $line" && return ;;
		esac
		previous=$last
	done <"$TEMPORARY/export"
	same "$number" "$(sql 'SELECT count(*) FROM record')" "the number of lines"
	same "$last" "$(sql 'SELECT head FROM chain')" "the head"
	jq -es 'length > 0' "$TEMPORARY/export" >/dev/null || fail "it is not JSON lines"
	answers 0 pumpwatch audit export
	same "$ANSWER" "$(cat "$TEMPORARY/export")" "standard output"
	answers 0 pumpwatch audit export --after $((number - 2))
	same "$(wc -l <<<"$ANSWER")" 2 "the lines after"
	answers 0 pumpwatch --json audit export -o "$TEMPORARY/export2"
	same "$(jq .last <<<"$ANSWER")" "$number"
	exits 69 pumpwatch audit export -o "$TEMPORARY/none/export"
}

# Usage: is_found SQL WORDS... ; the store altered so, each of the words is said by verify.
is_found() {
	local words
	use copy
	by_hand "$1"
	shift
	exits 65 pumpwatch audit verify
	for words in "$@"; do contains "$OUTPUT" "$words"; done
	answers 65 pumpwatch --json audit verify
	same "$(jq .holds <<<"$ANSWER")" false
	use
}

a_record_touched_by_hand_is_found_by_its_number() {
	local last
	last=$(sql 'SELECT count FROM chain')
	# One byte, whatever it is.
	is_found "UPDATE record SET text = substr(text, 1, 20) || char(unicode(substr(text, 21, 1)) + 1) ||
		substr(text, 22) WHERE number = 3" "record 3: its text was altered, or the record before it with its hash (record-altered)"
	is_found "UPDATE record SET text = replace(text, 'work order 4711', 'work order 4712')
		WHERE number = (SELECT max(number) FROM record WHERE subject = '1')" "its text was altered"
	is_found "UPDATE record SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE number = 4" \
		"record 4: its hash was altered"
	is_found "DELETE FROM record WHERE number = 4" "record 4: record 4 is missing (record-removed)"
	is_found "UPDATE record SET number = -1 WHERE number = 3; UPDATE record SET number = 3 WHERE number = 4;
		UPDATE record SET number = 4 WHERE number = -1" "record 3: it is out of order: it continues record 4, not 2" \
		"record 4: it is out of order: it continues record 2, not 3"
	is_found "DELETE FROM record WHERE number = $last" "record $last is missing: the end was cut off"
	is_found "UPDATE record SET subject = 'PUMP-9' WHERE subject = 'PUMP-1'" \
		'its subject is "PUMP-9" in the column, "PUMP-1" in its text'
	is_found "SELECT 1" "the trigger record_kept is missing"
}

a_baseline_touched_by_hand_is_found_by_its_id() {
	local older current
	older=$(sql "SELECT id FROM baseline WHERE state = 'older'")
	current=$(sql "SELECT id FROM baseline WHERE state = 'current' AND kind = 'firmware'")
	is_found "UPDATE baseline SET state = 'withdrawn' WHERE id = '$older'" "$older: it is withdrawn, by the acts it is older"
	is_found "UPDATE baseline SET accept_until = 1 WHERE id = '$older'" "$older: it is accepted until 1970"
	is_found "UPDATE baseline SET text = replace(text, ',', ';') WHERE id = '$current'" \
		"$current: the text in the store has another digest" "$current: it is in force, but not believed"
	is_found "INSERT INTO signature VALUES ('$current', 0, 'forged')" \
		"$current: it has 1 signatures, by the acts 0 (signature-altered)"
	is_found "DELETE FROM baseline WHERE id = '$older'" "the baseline that it added is missing (baseline-removed, $older)"
}

a_damaged_record_prevents_no_act() {
	use copy
	pumpwatch --quiet edit PUMP-1 department=ICU
	sql "DROP TRIGGER record_unchanged; UPDATE record SET text = 'x' WHERE subject = '$CONFIG'"
	exits 0 pumpwatch --quiet edit PUMP-1 department=ER
	exits 0 pumpwatch --quiet stop --reason sample
	exits 0 pumpwatch --quiet resume
	exits 65 pumpwatch audit list
	contains "$OUTPUT" ": record "
	exits 65 pumpwatch audit verify
	contains "$OUTPUT" "its text was altered"
	use
}

what_was_altered_is_exported_as_it_stands() {
	use copy
	by_hand "UPDATE record SET text = 'no JSON ' || char(10) || char(27), hash = '\"' WHERE number = 2;
		UPDATE record SET text = '{' || char(10) || '}' WHERE number = 3"
	answers 0 pumpwatch audit export
	same "$(jq -cs '.[1]' <<<"$ANSWER" | jq -c '[.hash, .text, .record]')" '["","no JSON %0A%1B",null]'
	same "$(jq -cs '.[2].text' <<<"$ANSWER")" '"{%0A}"'
	if is_raw "$ANSWER"; then fail "raw bytes"; fi
	use
}

a_configuration_that_changed_is_recorded_before_the_next_act() {
	local before detail
	loads() { pumpwatch --json audit list "$CONFIG" | jq length; }
	use copy
	before=$(loads)
	pumpwatch --quiet edit PUMP-1 department=ICU
	same "$(loads)" $((before + 1)) "the loads of another file"
	pumpwatch --quiet edit PUMP-1 department=ER
	same "$(loads)" $((before + 1)) "the loads of the same configuration"
	detail=$(pumpwatch --json audit list "$CONFIG" --most 1 | jq -r '.[0].detail')
	same "$detail" "configuration $(sha256sum <"$CONFIG" | cut -d' ' -f1), signers none, profiles $(
		cd "${CONFIG%/*}/models" && LC_ALL=C && sha256sum -- *.ini | sha256sum | cut -d' ' -f1)"
	echo "# a remark" >>"$CONFIG"
	pumpwatch --quiet devices >/dev/null
	same "$(loads)" $((before + 1)) "the loads after a look"
	pumpwatch --quiet edit PUMP-1 department=ICU
	same "$(loads)" $((before + 2)) "the loads after a change of the file"
	echo "# a remark" >>"${CONFIG%/*}/models/generic.ini"
	pumpwatch --quiet edit PUMP-1 department=ER
	same "$(loads)" $((before + 3)) "the loads after a change of a profile"
	echo "# nobody" >"${CONFIG%/*}/allowed_signers"
	sed -i '/^site/a signers = allowed_signers' "$CONFIG"
	pumpwatch --quiet edit PUMP-1 department=ICU
	contains "$(pumpwatch --json audit list "$CONFIG" --most 1)" "signers $(sha256sum <"${CONFIG%/*}/allowed_signers" | cut -d' ' -f1)"
	exits 0 pumpwatch audit verify
	use
}

# What people signed is held against the file of signers as it is today, too.
approvals_are_checked_and_a_touched_signature_is_found() {
	local id name manifest=$TEMPORARY/signed.manifest
	use copy
	ask_approvals 2
	for name in learner first second; do make_key "$name"; done
	allow learner first second
	exits 65 pumpwatch audit verify
	contains "$OUTPUT" ": the chain holds."
	contains "$OUTPUT" "it is in force, but not believed: "
	contains "$OUTPUT" "0 of those in force are believed."

	set_up "$TEMPORARY/signed"
	ask_approvals 2
	allow learner first second
	enroll PUMP-2
	pumpwatch --quiet baseline learn PUMP-2 --kind firmware --release 1 --key "$KEYS/learner.pub" -o "$manifest"
	sign first "$manifest" "$TEMPORARY/first.sig"
	sign second "$manifest" "$TEMPORARY/second.sig"
	pumpwatch --quiet --reason "order 4711" baseline add "$manifest" "$TEMPORARY/first.sig" "$TEMPORARY/second.sig"
	id=$(sha256sum <"$manifest" | cut -d' ' -f1)
	exits 0 pumpwatch audit verify
	contains "$OUTPUT" "1 baselines with 2 signatures; 1 of those in force are believed."
	answers 0 pumpwatch --json audit list "$id"
	same "$(jq -r '.[].verb' <<<"$ANSWER" | paste -sd, -)" "baseline enforce,baseline approve,baseline approve,baseline add"
	same "$(jq -r '.[].why' <<<"$ANSWER" | sort -u)" "order 4711"
	contains "$ANSWER" "signature $(sha256sum <"$TEMPORARY/first.sig" | cut -d' ' -f1)"

	sql ".backup $TEMPORARY/before.db"
	sql "UPDATE signature SET text = substr(text, 1, 99) || char(unicode(substr(text, 100, 1)) + 1) ||
		substr(text, 101) WHERE position = 0"
	exits 65 pumpwatch audit verify
	contains "$OUTPUT" "$id: its signature 1 is not the one that was added (signature-altered)"
	contains "$OUTPUT" "$id: it is in force, but not believed: "
	sql ".restore $TEMPORARY/before.db"
	exits 0 pumpwatch audit verify

	allow learner first
	answers 65 pumpwatch --json audit verify
	same "$(jq -c '[.holds, .found, .believed, .rejected[0].id]' <<<"$ANSWER")" "[false,0,0,\"$id\"]"
	rm "$SIGNERS"
	exits 78 pumpwatch audit verify
	use
}

run_case what_nobody_touched_holds
run_case every_act_says_who_what_and_why
run_case an_export_can_be_checked_without_us
run_case a_record_touched_by_hand_is_found_by_its_number
run_case a_baseline_touched_by_hand_is_found_by_its_id
run_case a_damaged_record_prevents_no_act
run_case what_was_altered_is_exported_as_it_stands
run_case approvals_are_checked_and_a_touched_signature_is_found
run_case a_configuration_that_changed_is_recorded_before_the_next_act
finish
