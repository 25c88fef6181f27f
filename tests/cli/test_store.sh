#!/bin/bash
# The command line when its store is in trouble: a full disk, a damaged or newer file, a folder
# that is not ours. Whatever happens, words, an exit code, and a store that is whole.
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
approve PUMP-1 1 || exit 1

integrity() { sqlite3 -readonly "$STATE/pumpwatch.db" 'PRAGMA integrity_check'; }

# A copy of the set-up for a case that spoils it.
spoil() {
	cp -R "$TEMPORARY/site" "$TEMPORARY/$1"
	CONFIG=$TEMPORARY/$1/pumpwatch.conf STATE=$TEMPORARY/$1/state
}
restore() { CONFIG=$TEMPORARY/site/pumpwatch.conf STATE=$TEMPORARY/site/state; }

# A disk is full to a writer, whoever that is, when no file of his may grow: ulimit -f 0.

a_full_disk_is_said_and_changes_nothing() {
	local before arguments
	spoil full
	pumpwatch --quiet sweep
	before=$(remembered)
	for arguments in "edit PUMP-1 department=ICU" "sweep" "retire PUMP-1"; do
		# shellcheck disable=SC2086
		OUTPUT=$( (ulimit -f 0; pumpwatch $arguments) 2>&1 </dev/null)
		same $? 69 "the exit code of $arguments"
		contains "$OUTPUT" "$STATE"
	done
	# A stop comes first, whatever else cannot be written.
	OUTPUT=$( (ulimit -f 0; pumpwatch stop --reason sample) 2>&1 </dev/null)
	same $? 69 "the exit code of stop"
	contains "$OUTPUT" "the stop is in force, but who made it could not be recorded"
	same "$(remembered)" "$before" "the store"
	same "$(integrity)" ok
	exits 69 pumpwatch sweep
	contains "$OUTPUT" "a stop is in force"
	exits 0 pumpwatch --quiet resume
	exits 0 pumpwatch --quiet sweep
	restore
}

a_file_that_cannot_be_written_leaves_nothing_half() {
	local id big=$TEMPORARY/big.manifest
	# Larger than the store's shared memory file, which the limit must let grow.
	head -n 11 "$TEMPORARY/config-1.manifest" | sed 's/^## serial: .*/## serial: 1/;s/^## kind: .*/## kind: other/' >"$big"
	for ((i = 100000; i < 101000; i++)); do
		echo "1,9dd4e461268c8034f5c8564e155c67a6,2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881,other/$i"
	done >>"$big"
	answers 0 pumpwatch --json baseline add "$big"
	id=$(jq -r .id <<<"$ANSWER")
	OUTPUT=$( (ulimit -f 64; pumpwatch baseline export "$id" -o "$TEMPORARY/half") 2>&1)
	same $? 69 "the exit code"
	contains "$OUTPUT" "$TEMPORARY/half"
	[ ! -e "$TEMPORARY/half" ] || fail "half a file is there"
	same "$(find "$TEMPORARY" -maxdepth 1 -name 'half*' -o -maxdepth 1 -name '.half*')" "" "what was left behind"
	exits 69 pumpwatch baseline export "$id" -o "$TEMPORARY/none/file"
	contains "$OUTPUT" "$TEMPORARY/none/file"
}

a_damaged_store_is_65_with_the_way_out() {
	spoil damaged
	rm -f "$STATE"/pumpwatch.db-*
	printf 'not a database, not at all' | dd of="$STATE/pumpwatch.db" conv=notrunc status=none
	for arguments in status sweep "edit PUMP-1 name=x"; do
		# shellcheck disable=SC2086
		exits 65 pumpwatch $arguments
		contains "$OUTPUT" "$STATE/pumpwatch.db"
		contains "$OUTPUT" "backup"
	done
	exits 65 "$PROGRAMS/pumpwatchd" --config "$CONFIG"
	restore
}

a_newer_store_is_left_alone() {
	local before
	spoil newer
	sqlite3 "$STATE/pumpwatch.db" 'PRAGMA user_version = 999'
	before=$(sha256sum <"$STATE/pumpwatch.db")
	exits 65 pumpwatch status
	contains "$OUTPUT" "newer"
	exits 65 pumpwatch sweep
	contains "$OUTPUT" "newer"
	same "$(sha256sum <"$STATE/pumpwatch.db")" "$before" "the store"
	restore
}

# As nobody where the test is root's, for root may write everywhere.
unprivileged() {
	if [ "$(id -u)" != 0 ]; then
		"$@"
	else
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	fi
}

a_folder_that_is_read_only_can_be_read() {
	spoil read-only
	cp "$PROGRAMS/pumpwatch" "$TEMPORARY/pumpwatch"
	chmod 755 "$TEMPORARY/pumpwatch" "$TEMPORARY/read-only" "$STATE" "$TEMPORARY/read-only/models"
	chmod 644 "$STATE"/* "$CONFIG"
	chmod 555 "$STATE"
	exits 0 unprivileged "$TEMPORARY/pumpwatch" --config "$CONFIG" devices
	contains "$OUTPUT" PUMP-1
	chmod 444 "$STATE"/pumpwatch.db*
	for arguments in "edit PUMP-1 name=x" sweep "stop --reason x"; do
		# shellcheck disable=SC2086
		exits 77 unprivileged "$TEMPORARY/pumpwatch" --config "$CONFIG" $arguments
		contains "$OUTPUT" "$STATE"
	done
	chmod 000 "$STATE"/pumpwatch.db
	exits 77 unprivileged "$TEMPORARY/pumpwatch" --config "$CONFIG" devices
	contains "$OUTPUT" "$STATE"
	chmod 000 "$CONFIG"
	exits 77 unprivileged "$TEMPORARY/pumpwatch" --config "$CONFIG" devices
	contains "$OUTPUT" "$CONFIG"
	chmod 755 "$STATE"
	restore
}

# Only root can be kept from another's folder; for others the folder's own rights do it.
root_leaves_anothers_folder_alone() {
	spoil foreign
	if [ "$(id -u)" = 0 ]; then
		chown -R 65534:65534 "$STATE"
		before=$(find "$STATE" -printf '%p %u %s\n' | sort)
		for arguments in devices sweep "edit PUMP-1 name=x"; do
			# shellcheck disable=SC2086
			exits 77 pumpwatch $arguments
			contains "$OUTPUT" "sudo -u"
		done
		same "$(find "$STATE" -printf '%p %u %s\n' | sort)" "$before" "the folder"
		exits 77 pumpwatch stop --reason sample
		contains "$OUTPUT" "the stop is in force, but who made it could not be recorded"
		[ -s "$STATE/stop" ] || fail "no stop is in force"
	else
		chmod 000 "$STATE"
		exits 77 pumpwatch devices
		chmod 700 "$STATE"
	fi
	restore
}

run_case a_full_disk_is_said_and_changes_nothing
run_case a_file_that_cannot_be_written_leaves_nothing_half
run_case a_damaged_store_is_65_with_the_way_out
run_case a_newer_store_is_left_alone
run_case a_folder_that_is_read_only_can_be_read
run_case root_leaves_anothers_folder_alone
finish
