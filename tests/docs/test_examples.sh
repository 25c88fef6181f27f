#!/bin/bash
# Runs the examples of the documents, as they stand there, against simulated pumps; and holds the
# documents to the programs: options, verbs, keys and links. The conventions are in tests/README.md.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
srcdir=$(realpath "$srcdir")
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
# shellcheck source=tests/fleet/lib.sh
. "$srcdir/tests/fleet/lib.sh"
# shellcheck source=tests/docs/lib.sh
. "$srcdir/tests/docs/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY NO_COLOR
export LC_ALL=C.UTF-8 TZ=UTC

DOCUMENTS=(README.md docs/quick-start.md docs/guide-biomed.md docs/guide-admin.md docs/guide-baselines.md)
ALL=(README.md CHANGELOG.md CONTRIBUTING.md "$srcdir"/docs/*.md)
ALL=("${ALL[@]#"$srcdir"/}")

# Addresses of the samples are those of the pumps: 192.0.2.11 and on.
docs_start || exit 1

# ---- what is shown ----

examples_of() { docs_run "$1"; }
readme() { examples_of README.md; }
quick_start() { examples_of docs/quick-start.md; }
guide_for_biomed() { examples_of docs/guide-biomed.md; }
guide_for_administrators() { examples_of docs/guide-admin.md; }
guide_to_baselines() { examples_of docs/guide-baselines.md; }

# A command that is only shown must at least be one.
what_is_not_run_is_well_formed() {
	local document count=0
	for document in "${DOCUMENTS[@]}"; do
		docs_split "$srcdir/$document" "$TEMPORARY/sh" sh
		for block in "$TEMPORARY/sh"/*; do
			[ -e "$block" ] || continue
			count=$((count + 1))
			sed -E 's/^\$ //' "$block" | bash -n || fail "$document: not well formed: $(cat "$block")"
		done
	done
	[ "$count" -gt 5 ] || fail "only $count blocks were looked at"
	echo "        $count blocks are well formed"
}

# ---- what is named ----

# Usage: commands_of FILE ; each command of pumpwatch in a document, a line each
# shellcheck disable=SC2016 # a backquote of Markdown
commands_of() {
	sed -E -e ':join' -e '/\\$/ { N; s/\\\n[> ]*/ /; b join; }' "$1" |
		grep -oE '(^|[`"($ ]|sudo -u [a-z]+ )pumpwatch( +[^ `")|;>&]+)+' | sed -E 's/^.*pumpwatch /pumpwatch /'
}

# The verb that words begin with, and its help.
help_of() {
	local one=$1 two="$1 ${2-}"
	[ -n "${HELPS[$two]+x}" ] && { echo "${HELPS[$two]}"; return; }
	[ -n "${HELPS[$one]+x}" ] && echo "${HELPS[$one]}"
}

declare -A HELPS
read_helps() {
	local verb
	while read -r verb; do
		# shellcheck disable=SC2086 # a verb may be two words
		HELPS[$verb]=$("$PROGRAMS/pumpwatch" $verb --help)
	done < <("$PROGRAMS/pumpwatch" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p')
}

every_verb_and_option_that_is_named_exists() {
	local document words help word count=0
	read_helps
	for document in "${ALL[@]}"; do
		while read -ra words; do
			words=("${words[@]:1}")
			while [[ ${words[0]-} == --config || ${words[0]-} == --by ]]; do words=("${words[@]:2}"); done
			while [[ ${words[0]-} == -* ]]; do words=("${words[@]:1}"); done
			[[ ${words[0]-} =~ ^[a-z] ]] || continue
			[[ ${words[0]} == help || ${words[0]} == *[./]* ]] && continue
			help=$(help_of "${words[0]}" "${words[1]-}")
			[ -n "$help" ] || continue # a sentence about pumpwatch
			count=$((count + 1))
			for word in "${words[@]:1}"; do
				[[ $word =~ ^(--?[a-z][a-z-]*) ]] || continue
				word=${BASH_REMATCH[1]}
				case $word in --help | --json | --quiet | --reason) continue ;; esac
				grep -qE -e "(^|[^a-z-])$word([^a-z-]|$)" <<<"$help" ||
					fail "$document: \"${words[0]}\" has no option $word: pumpwatch ${words[*]}"
			done
		done < <(commands_of "$srcdir/$document")
	done
	[ "$count" -gt 50 ] || fail "only $count commands were seen"
	echo "        $count commands were looked at"
}

# ---- where it leads ----

# The anchors of a document as GitHub makes them of its headings.
anchors_of() {
	sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

every_link_leads_somewhere() {
	local document link file anchor count=0
	for document in "${ALL[@]}"; do
		while read -r link; do
			case $link in http:* | https:* | mailto:*) continue ;; esac
			count=$((count + 1))
			file=${link%%#*} anchor=
			[[ $link == *#* ]] && anchor=${link#*#}
			if [ -n "$file" ]; then file=$(dirname "$srcdir/$document")/$file; else file=$srcdir/$document; fi
			[ -e "$file" ] || { fail "$document: $link leads nowhere"; continue; }
			[ -z "$anchor" ] || anchors_of "$file" | grep -qFx -e "$anchor" ||
				fail "$document: $link: there is no such heading"
		done < <(grep -oE '\]\([^) ]+\)' "$srcdir/$document" | sed 's/^](//; s/)$//')
	done
	[ "$count" -gt 20 ] || fail "only $count links were seen"
	echo "        $count links were followed"
}

every_verb_stands_in_the_manual() {
	local verb manual
	manual=$(sed 's/\\//g' "$srcdir/docs/pumpwatch.1")
	for verb in "${!HELPS[@]}"; do contains "$manual" "Cm $verb"; done
}

run_case readme
run_case quick_start
run_case guide_for_biomed
run_case guide_for_administrators
run_case guide_to_baselines
run_case what_is_not_run_is_well_formed
run_case every_verb_and_option_that_is_named_exists
run_case every_verb_stands_in_the_manual
run_case every_link_leads_somewhere
finish
