# shellcheck shell=bash disable=SC2317 # cases are called by name
# For tests written in shell: cases that count like those of Check, assertions that say what
# was there instead, and an end that leaves nothing running. To be sourced first; a test then
# runs its functions with `run_case NAME` and ends with `finish`.

CASES=0 FAILED=0 CASE='' CASE_FAILED=no
TEMPORARY=$(mktemp -d "${TMPDIR:-/tmp}/pumpwatch-test.XXXXXX") || exit 1
PIDS=() FOLDERS=()

# ---- cases and assertions ----

# Run a function whose name is a sentence; the test goes on when it fails.
run_case() {
	CASE=$1 CASE_FAILED=no
	CASES=$((CASES + 1))
	"$1"
	if [ "$CASE_FAILED" = no ]; then
		echo "ok      $CASE"
	else
		FAILED=$((FAILED + 1))
		echo "FAILED  $CASE"
	fi
}

# Say that the current case failed, and why; details are read from standard input by show.
fail() {
	CASE_FAILED=yes
	echo "$CASE: line ${BASH_LINENO[1]}: $*"
	return 1
}

# Show what a message is about, indented and bounded.
show() { sed 's/^/        | /' | head -n 40; }

# Usage: same ACTUAL EXPECTED [WHAT]
same() {
	[ "$1" = "$2" ] || fail "${3:-it} is \"$1\", not \"$2\""
}

# Usage: contains TEXT WORDS
contains() {
	case $1 in
	*"$2"*) ;;
	*)
		fail "\"$2\" is missing in:"
		show <<<"$1"
		return 1
		;;
	esac
}

# Usage: lacks TEXT WORDS
lacks() {
	case $1 in
	*"$2"*)
		fail "\"$2\" should not be in:"
		show <<<"$1"
		return 1
		;;
	esac
}

# Usage: exits STATUS COMMAND... ; what it printed is left in $OUTPUT.
exits() {
	local expected=$1 status
	shift
	OUTPUT=$("$@" 2>&1 </dev/null)
	status=$?
	[ "$status" = "$expected" ] && return 0
	fail "exit code $status instead of $expected of: $*"
	show <<<"$OUTPUT"
	return 1
}

# Try a command until it succeeds, for at most 20 seconds.
await() {
	local try
	for ((try = 0; try < 400; try++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	fail "did not come true in 20 s: $*"
}

# ---- processes ----

# Note a process that must not outlive the test.
keep_pid() { PIDS+=("$1"); }

# Note an empty folder that the test made outside its own.
keep_folder() { FOLDERS+=("$1"); }

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# End a process that was noted, and wait for it.
end_pid() {
	local pid=$1 try
	kill "$pid" 2>/dev/null
	for ((try = 0; try < 200; try++)); do
		is_gone "$pid" && break
		sleep 0.02
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

# A port of loopback that nobody listens on now.
free_port() {
	local port
	while port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)); do
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

clean_up() {
	local status=$? index
	for ((index = ${#PIDS[@]} - 1; index >= 0; index--)); do
		end_pid "${PIDS[index]}"
	done
	[ ${#FOLDERS[@]} = 0 ] || rmdir "${FOLDERS[@]}" 2>/dev/null
	rm -rf "$TEMPORARY"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The last line of a test: counts as Check prints them, and the exit code.
finish() {
	local percent=0
	[ "$CASES" -gt 0 ] && percent=$(((CASES - FAILED) * 100 / CASES))
	echo "$percent%: Checks: $CASES, Failures: $FAILED, Errors: 0"
	[ "$CASES" -gt 0 ] && [ "$FAILED" = 0 ]
	exit
}
