#!/bin/bash
# The whole of trust, end to end: a pump over FTP, keys of people made by ssh-keygen, a learned
# baseline, approvals that are enough and that are not, a revoked key, and a store that somebody
# altered with the sqlite3 shell or put back from yesterday.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
PUMPS=$PROGRAMS/tests/fleet/pumps
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY SSH_AUTH_SOCK

fleet=$TEMPORARY/fleet
fleet_start "$fleet" --pumps 1 || exit 1
set_up "$TEMPORARY/site"
sed -i 's/^rate = .*/rate = 100 MiB/' "$TEMPORARY/site/models/medfusion-4000.ini" # nobody is nursed by it
ask_approvals 2
for name in learner first second third; do make_key "$name" || exit 1; done
allow learner first second
pumpwatch --quiet enroll PUMP-F --no-test --model medfusion-4000 --serial "$(fleet_serial "$fleet" 1)" \
	--link "ftp://127.0.0.1:$(fleet_port "$fleet" 1)/" || exit 1
mkdir "$TEMPORARY/work" && cd "$TEMPORARY/work" || exit 1
kinds=(firmware config other)
events=$TEMPORARY/site/events.log

# Usage: learn KIND RELEASE ; signed by first and second, nothing of it in the store
learn() {
	pumpwatch --quiet baseline learn PUMP-F --kind "$1" --release "$2" --key "$KEYS/learner.pub" -o "$1.$2" &&
		sign first "$1.$2" "$1.$2.first" && sign second "$1.$2" "$1.$2.second"
}

# Sweep the pump; what was said is left in $OUTPUT, its result in $RESULT.
sweep() {
	OUTPUT=$(pumpwatch sweep PUMP-F 2>&1)
	RESULT=$(awk '$1 == "PUMP-F" { sub(/:.*/, "", $2); print $2; exit }' <<<"$OUTPUT")
}

# Usage: result_is RESULT ; of a sweep
result_is() {
	sweep
	same "$RESULT" "$1" "the result"
}

# Events of a type since the mark.
mark() { MARK=$(wc -l <"$events"); }
events_of() { tail -n "+$((MARK + 1))" "$events" | grep -c " $1 "; }
id_of() { sha256sum "$1" | cut -d' ' -f1; }

# ---- how many are enough ----

one_approval_is_not_enough() {
	local kind
	result_is untrusted
	for kind in "${kinds[@]}"; do
		learn "$kind" 1
		exits 0 pumpwatch baseline add "$kind.1" "$kind.1.first"
		contains "$OUTPUT" "is a candidate with 1 of 2 approvals: 1 missing."
	done
	result_is untrusted
	contains "$OUTPUT" "untrusted: no baseline is in force for firmware, config, other"
	exits 0 pumpwatch audit verify
}

the_learners_own_does_not_count() {
	local kind
	for kind in "${kinds[@]}"; do
		sign learner "$kind.1" "$kind.1.learner"
		exits 0 pumpwatch baseline approve "$kind.1" "$kind.1.learner"
		contains "$OUTPUT" "of the one who learnt it: it does not count"
	done
	result_is untrusted
}

two_approvals_are_enough() {
	local kind
	mark
	for kind in "${kinds[@]}"; do
		exits 0 pumpwatch baseline approve "$kind.1" "$kind.1.second"
		contains "$OUTPUT" "is in force"
	done
	result_is verified
	exits 0 pumpwatch sweep PUMP-F
	exits 0 pumpwatch audit verify
	contains "$OUTPUT" "3 baselines with 9 signatures; 3 of those in force are believed."
	same "$(events_of BASELINE_REJECTED)" 0 "the number of rejections"
}

# ---- people leave ----

a_revoked_key_takes_effect_at_the_next_sweep() {
	mark
	allow learner first
	result_is untrusted
	lacks "$OUTPUT" verified
	same "$(events_of BASELINE_REJECTED)" 3 "the number of rejections"
	exits 65 pumpwatch audit verify
	contains "$OUTPUT" "it is in force, but not believed: 1 of 2 approvals"
	exits 0 pumpwatch baseline list
	contains "$OUTPUT" "is not believed: 1 of 2 approvals"
	answers 0 pumpwatch --json alerts
	same "$(jq -r '[.[] | select(.type == "BASELINE_REJECTED")] | length' <<<"$ANSWER")" 3 "the open alerts"
}

somebody_else_may_take_the_place_of_who_left() {
	local kind
	mark
	allow learner first third
	for kind in "${kinds[@]}"; do
		sign third "$kind.1" "$kind.1.third"
		exits 0 pumpwatch baseline approve "$kind.1" "$kind.1.third"
		contains "$OUTPUT" "is current, with 2 approvals"
	done
	result_is verified
	same "$(events_of ALERT_RESOLVED)" 3 "the number of alerts that ended"
	allow learner first second third
	exits 0 pumpwatch audit verify
}

# ---- the store is altered by hand ----

# Usage: alter SQL ; as somebody would who may write to the store and knows its guards
alter() {
	local guards
	guards=$(sqlite3 "$STATE/pumpwatch.db" "SELECT group_concat('DROP TRIGGER ' || name || ';', ' ') FROM sqlite_schema
		WHERE type = 'trigger'")
	sqlite3 "$STATE/pumpwatch.db" "SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger'" >guards.sql
	sqlite3 "$STATE/pumpwatch.db" "PRAGMA foreign_keys = OFF; $guards $1;" && sqlite3 "$STATE/pumpwatch.db" <guards.sql
}

keep_store() { rm -rf "$TEMPORARY/kept" && cp -R "$STATE" "$TEMPORARY/kept"; }
put_back() { rm -rf "$STATE" && cp -R "$TEMPORARY/kept" "$STATE"; }

# What is altered in a baseline, and what "audit verify" says of it besides.
altered_baselines() {
	cat <<-END
		UPDATE baseline SET text = replace(text, 'HEAD_F~1', 'HEAD_F~2') WHERE kind = 'firmware'|baseline-altered
		UPDATE baseline SET text = replace(text, '## created: 2', '## created: 3') WHERE kind = 'firmware'|baseline-altered
		UPDATE baseline SET text = substr(text, 1, length(text) - 1) WHERE kind = 'firmware'|baseline-altered
		UPDATE baseline SET text = '' WHERE kind = 'firmware'|baseline-altered
		UPDATE baseline SET id = '$(id_of forged)', text = CAST(readfile('forged') AS TEXT) WHERE kind = 'firmware'|baseline-
		UPDATE signature SET text = replace(text, substr(text, 190, 4), 'AAAA') WHERE baseline = '$(id_of firmware.1)'|signature-altered
		UPDATE signature SET text = 'x' WHERE baseline = '$(id_of firmware.1)'|signature-altered
		DELETE FROM signature WHERE baseline = '$(id_of firmware.1)'|signature-altered
		UPDATE signature SET text = (SELECT min(text) FROM signature WHERE baseline <> '$(id_of firmware.1)') WHERE baseline = '$(id_of firmware.1)'|signature-altered
		UPDATE signature SET baseline = '$(id_of config.1)', position = position + 20 WHERE baseline = '$(id_of firmware.1)'|signature-altered
	END
}

a_swapped_byte_in_a_manifest_or_a_signature_is_never_believed() {
	local sql words
	sed 's/^## release: .*/## release: 2/' firmware.1 >forged
	keep_store
	while IFS='|' read -r sql words; do
		mark
		alter "$sql"
		result_is untrusted
		lacks "$OUTPUT" " verified"
		contains "$OUTPUT" "untrusted: no baseline that is believed covers firmware;"
		[ "$(events_of BASELINE_REJECTED)" -ge 1 ] || fail "no rejection was told after: $sql"
		exits 65 pumpwatch audit verify
		contains "$OUTPUT" "$words"
		contains "$OUTPUT" "it is in force, but not believed"
		put_back
	done < <(altered_baselines)
	result_is verified
}

# One swapped byte anywhere in the text, and in one of two signatures.
one_bit_of_a_digest_is_enough() {
	local id
	id=$(id_of firmware.1)
	alter "UPDATE baseline SET text = substr(text, 1, length(text) - 30) || CASE substr(text, length(text) - 29, 1)
		WHEN 'a' THEN 'b' ELSE 'a' END || substr(text, length(text) - 28) WHERE id = '$id'"
	result_is untrusted
	exits 0 pumpwatch baseline show "$id"
	contains "$OUTPUT" "Not believed"
	exits 0 pumpwatch baseline list
	contains "$OUTPUT" "${id:0:12} is not believed"
	exits 65 pumpwatch baseline export "$id"
	put_back
}

a_candidate_is_not_in_force_because_the_store_says_so() {
	fleet_tell "$fleet" "1 change CONFIG.XML" || return
	pumpwatch --quiet baseline learn PUMP-F --kind config --release planted --key "$KEYS/learner.pub" -o planted
	exits 0 pumpwatch baseline add planted
	alter "UPDATE baseline SET state = 'older', accept_until = 1 WHERE kind = 'config' AND state = 'current';
		UPDATE baseline SET state = 'current', in_force_at = 1 WHERE id = '$(id_of planted)'"
	sweep
	lacks "$OUTPUT" " verified"
	exits 65 pumpwatch audit verify
	contains "$OUTPUT" "baseline-altered"
	fleet_tell "$fleet" "1 heal"
	put_back
	result_is verified
}

# What is altered in the records, and how it is told where: N is the number of a record in the middle.
altered_records() {
	cat <<-END
		UPDATE record SET text = replace(text, 'a', 'e') WHERE number = N|record N: |record-altered
		UPDATE record SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE number = N|record N: |record-altered
		UPDATE record SET subject = subject \|\| 'x', seq = seq + 1000 WHERE number = N|record N: |record-column
		DELETE FROM record WHERE number = N|record N: |record-removed
		DELETE FROM record WHERE number > N|record M: |record-removed
		UPDATE record SET number = -1 WHERE number = N; UPDATE record SET number = N WHERE number = M; UPDATE record SET number = M WHERE number = -1|record N: |record-out-of-order
		UPDATE chain SET head = replace(head, substr(head, 1, 1), 'x')||chain-altered
		DROP TABLE chain; CREATE TABLE chain (only_one, count, seq, head, event_bytes)||
	END
}

every_alteration_of_the_records_is_found_and_located() {
	local n sql where words
	n=$(($(sqlite3 "$STATE/pumpwatch.db" 'SELECT max(number) FROM record') / 2))
	exits 0 pumpwatch audit verify
	while IFS='~' read -r sql where words; do
		alter "$sql"
		exits 65 pumpwatch audit verify
		contains "$OUTPUT" "$where"
		contains "$OUTPUT" "$words"
		put_back
	done < <(altered_records | sed -e 's/\\|\\|/PIPES/g' -e 's/|/~/g' -e 's/PIPES/||/g' -e "s/\bN\b/$n/g" -e "s/\bM\b/$((n + 1))/g")
	exits 0 pumpwatch audit verify
}

# ---- the store is put back ----

# The serials of the last summary.
serials() { grep SWEEP_SUMMARY "$events" | tail -n 1 | grep -o 'serials="[^"]*"' | cut -d'"' -f2; }

a_restored_older_store_is_seen_by_its_serials() {
	result_is verified
	contains "$(serials)" "model medfusion-4000 config 1"
	keep_store
	fleet_tell "$fleet" "1 change CONFIG.XML" || return
	learn config 2
	exits 0 pumpwatch baseline add config.2 config.2.first config.2.second --older-until now
	contains "$OUTPUT" "is in force: config 2 for model medfusion-4000"
	result_is verified
	contains "$(serials)" "model medfusion-4000 config 2"
	put_back
	sweep
	contains "$OUTPUT" "PUMP-F           drifted"
	contains "$(serials)" "model medfusion-4000 config 1"
	lacks "$(serials)" "model medfusion-4000 config 2"
	exits 0 pumpwatch audit verify
	fleet_tell "$fleet" "1 heal"
}

run_case one_approval_is_not_enough
run_case the_learners_own_does_not_count
run_case two_approvals_are_enough
run_case a_revoked_key_takes_effect_at_the_next_sweep
run_case somebody_else_may_take_the_place_of_who_left
run_case a_swapped_byte_in_a_manifest_or_a_signature_is_never_believed
run_case one_bit_of_a_digest_is_enough
run_case a_candidate_is_not_in_force_because_the_store_says_so
run_case every_alteration_of_the_records_is_found_and_located
run_case a_restored_older_store_is_seen_by_its_serials
finish
