# shellcheck shell=bash disable=SC2034,SC2317 # variables and functions for others
# A terminal of 80 columns and 24 lines with a person's shell in it: tmux, on a socket of its own.
# Sourced after tests/lib.sh.

TERMINAL=$TEMPORARY/terminal.sock
PROMPTS=$TEMPORARY/prompts # a line for each prompt: the exit code of what was before

on_terminal() { tmux -S "$TERMINAL" -f /dev/null "$@"; }

# Usage: terminal_start FOLDER ; the shell begins there
terminal_start() {
	cat >"$TEMPORARY/bashrc" <<-END
		PS1='\$ '
		PROMPT_COMMAND='echo \$? >>$PROMPTS'
		HISTFILE=
	END
	: >"$PROMPTS"
	(cd "$1" && TERM=xterm-256color on_terminal new-session -d -x 80 -y 24 -s ward \
		"bash --noprofile --rcfile $TEMPORARY/bashrc -i") || return 1
	keep_pid "$(on_terminal display-message -p '#{pid}')"
	await has_prompts 1
}

has_prompts() { [ "$(wc -l <"$PROMPTS")" -ge "$1" ]; }

# What stands on the screen now, and all that was printed since the last command was typed.
screen() { on_terminal capture-pane -p -t ward; }
printed() { on_terminal capture-pane -p -S - -t ward; }

# Usage: types COMMAND ; without waiting for its end
types() {
	BEFORE=$(wc -l <"$PROMPTS")
	on_terminal send-keys -t ward -R
	on_terminal clear-history -t ward
	on_terminal send-keys -t ward -l "$1"
	on_terminal send-keys -t ward Enter
}

# Until the prompt is there again, for at most three minutes. Usage: ends [STATUS] ; sets SHOWN (all of it) and
# SEEN (the last screen)
ends() {
	local try status
	for ((try = 0; try < 3600; try++)); do
		has_prompts $((BEFORE + 1)) && break
		sleep 0.05
	done
	has_prompts $((BEFORE + 1)) || { fail "did not end:"; screen | show; return 1; }
	await prompt_is_drawn
	SHOWN=$(printed) SEEN=$(screen)
	status=$(tail -n 1 "$PROMPTS")
	[ "$status" = "${1:-0}" ] || { fail "exit code $status instead of ${1:-0}:"; show <<<"$SHOWN"; }
	fits
}
prompt_is_drawn() { [ "$(screen | sed '/^$/d' | tail -n 1)" = "$" ]; }

# No line was so long that the terminal had to wrap it: -J would join those again.
fits() {
	local joined
	joined=$(on_terminal capture-pane -p -J -S - -t ward | sed 's/ *$//' | LC_ALL=C.UTF-8 grep -E '.{81}')
	[ -z "$joined" ] || { fail "wrapped by the terminal:"; show <<<"$joined"; }
}

# Usage: runs COMMAND [STATUS]
runs() { types "$1" && ends "${2:-0}"; }

# Usage: awaits PATTERN ; until a line of the screen matches, for at most a minute. Sets SEEN.
awaits() {
	local try
	for ((try = 0; try < 1200; try++)); do
		SEEN=$(screen)
		grep -qE -e "$1" <<<"$SEEN" && return 0
		sleep 0.05
	done
	fail "\"$1\" was not seen:"
	show <<<"$SEEN"
	return 1
}
