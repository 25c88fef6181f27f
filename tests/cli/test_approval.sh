#!/bin/bash
# Approvals at the command line: who learns, who signs, what each signature is worth, and every
# bad manifest, signature and file of signers refused in its own words with the store unchanged.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/cli/lib.sh
. "$srcdir/tests/cli/lib.sh"
unset PUMPWATCH_CONFIG CREDENTIALS_DIRECTORY SSH_AUTH_SOCK SSH_ASKPASS DISPLAY

set_up "$TEMPORARY/site"
ask_approvals 2
for name in learner first second other; do make_key "$name" || exit 1; done
allow learner first second
enroll PUMP-1 || exit 1
work=$TEMPORARY/work
mkdir "$work" && cd "$work" || exit 1
fingerprint() { ssh-keygen -l -f "$KEYS/$1.pub" | awk '{ print $2 }'; }
learn() { pumpwatch --quiet baseline learn PUMP-1 --kind "$1" --release 1 --key "$KEYS/learner.pub" -o "$2"; }
id_of() { sha256sum "$1" | cut -d' ' -f1; }
state() { pumpwatch --json baseline list | jq -r --arg id "$(id_of "$1")" '.[] | select(.id == $id) | .state'; }

# ---- who learns ----

learning_asks_for_a_key_when_two_must_approve() {
	exits 64 pumpwatch baseline learn PUMP-1 --kind config --release 1
	contains "$OUTPUT" "say with --key which key is yours; its owner cannot approve"
	exits 0 pumpwatch baseline learn PUMP-1 --kind config --release 1 --key "$KEYS/learner" -o config.manifest
	contains "$OUTPUT" "People approve it (approvals = 2, you not among them): pumpwatch baseline sign config.manifest"
	contains "$(cat config.manifest)" "## learner: $(fingerprint learner)"
	exits 65 pumpwatch baseline learn PUMP-1 --kind config --release 1 --key "$KEYS/nobody"
	contains "$OUTPUT" "there is no public key $KEYS/nobody.pub"
	exits 65 pumpwatch baseline learn PUMP-1 --kind config --release 1 --key "$SIGNERS.pub"
	head -c 300 /dev/urandom | base64 >bad.pub
	exits 65 pumpwatch baseline learn PUMP-1 --kind config --release 1 --key bad.pub
	contains "$OUTPUT" "bad.pub: "
}

a_private_key_is_never_read() {
	cp "$KEYS/first.pub" guarded.pub
	mkfifo guarded # whoever opens it waits for ever
	exits 0 timeout 20 "$PROGRAMS/pumpwatch" --config "$CONFIG" baseline learn PUMP-1 --kind config --release 1 --key guarded
	contains "$OUTPUT" "## learner: $(fingerprint first)"
	rm guarded
}

# ---- the way to two approvals ----

one_approval_is_a_candidate_and_two_are_in_force() {
	learn firmware firmware.manifest
	sign first firmware.manifest first.sig
	sign second firmware.manifest second.sig
	exits 0 pumpwatch baseline add firmware.manifest first.sig
	contains "$OUTPUT" "is a candidate with 1 of 2 approvals: 1 missing."
	contains "$OUTPUT" "pumpwatch baseline approve"
	same "$(state firmware.manifest)" candidate
	exits 8 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "untrusted: no baseline is in force for firmware"
	exits 0 pumpwatch baseline approve firmware.manifest second.sig
	contains "$OUTPUT" "is in force: firmware 1 for model generic, 2 files, 2 of 2 approvals."
	same "$(state firmware.manifest)" current
	exits 8 pumpwatch sweep PUMP-1
	lacks "$OUTPUT" "in force for firmware"
	exits 0 pumpwatch baseline list
	[[ $OUTPUT =~ firmware\ +1\ +1\ +2\ of\ 2\ +current ]] || fail "$OUTPUT"
}

what_adds_nobody_does_not_count() {
	learn drug-library library.manifest
	sign learner library.manifest learner.sig
	sign first library.manifest first.sig
	make_key first-again && signer first-again | sed 's/^first-again/first/' >>"$SIGNERS"
	sign first-again library.manifest again.sig
	exits 0 pumpwatch baseline add library.manifest learner.sig first.sig
	contains "$OUTPUT" "1 of 2 approvals"
	contains "$OUTPUT" "The signature by $(fingerprint learner) is good, but of the one who learnt it: it does not count."
	exits 0 pumpwatch baseline approve library.manifest again.sig
	contains "$OUTPUT" "2 signatures are good, but only 1 are of different people with different keys."
	before=$(remembered)
	exits 0 pumpwatch baseline approve library.manifest first.sig
	same "$(remembered)" "$before" "the store after the same signature again"
	same "$(state library.manifest)" candidate
	exits 0 pumpwatch baseline show library.manifest
	contains "$OUTPUT" "learner@sample-site  $(fingerprint learner)  good, but of the one who learnt it"
	contains "$OUTPUT" "first@sample-site  $(fingerprint first)  good"
	contains "$OUTPUT" "Learner        $(fingerprint learner) (learner@sample-site)"
	exits 0 pumpwatch baseline withdraw "$(id_of library.manifest)" --reason "sample: made again"
	contains "$OUTPUT" "It never was in force."
	exits 64 pumpwatch baseline approve library.manifest first.sig
	contains "$OUTPUT" "is withdrawn, which is for good"
}

a_new_release_waits_approved_until_it_is_said_how_long_the_older_counts() {
	echo "firmware 2" >"$TEMPORARY/PUMP-1/firmware/main.bin"
	pumpwatch --quiet baseline learn PUMP-1 --kind firmware --release 2 --key "$KEYS/learner.pub" -o new.manifest
	sign first new.manifest new.first
	sign second new.manifest new.second
	exits 0 pumpwatch --json baseline add new.manifest new.first new.second
	same "$(jq -r '"\(.state) \(.approvals) \(.approvals_needed)"' <<<"$OUTPUT")" "approved 2 2"
	same "$(state firmware.manifest)" current "the release before"
	exits 0 pumpwatch baseline show "$(id_of new.manifest)"
	contains "$OUTPUT" "State          approved"
	exits 0 pumpwatch baseline approve "$(id_of new.manifest | cut -c 1-10)" --older-until never
	contains "$OUTPUT" "is in force: firmware 2 for model generic"
	same "$(state firmware.manifest)" older "the release before"
	exits 0 pumpwatch baseline approve "$(id_of new.manifest)" new.first
	contains "$OUTPUT" "is current, with 2 approvals"
}

# ---- signing ----

a_signature_of_ours_is_one_of_ssh_keygen() {
	exits 0 pumpwatch baseline sign config.manifest --key "$KEYS/second"
	contains "$OUTPUT" "Signing $(id_of config.manifest | cut -c 1-12): config 1 for model generic, serial 1, 1 file"
	ssh-keygen -Y verify -f "$SIGNERS" -I second@sample-site -n pumpwatch-baseline-v1 -s config.manifest.sig \
		<config.manifest >verified 2>&1 || fail "$(cat verified)"
	exits 64 pumpwatch baseline sign config.manifest --key "$KEYS/second"
	contains "$OUTPUT" "config.manifest.sig is there already: say with -o where this signature goes"
	answers 0 pumpwatch baseline sign config.manifest --key "$KEYS/first" -o -
	same "$(head -n 1 <<<"$ANSWER")" "-----BEGIN SSH SIGNATURE-----"
	printf '%s\n' "$ANSWER" >config.first
	exits 0 pumpwatch baseline add config.manifest config.manifest.sig config.first
	contains "$OUTPUT" "2 of 2 approvals"
	same "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'pumpwatch-sign.*' 2>/dev/null | wc -l)" 0 "the folders left behind"
}

a_signature_that_will_not_count_is_told() {
	exits 0 pumpwatch baseline sign config.manifest --key "$KEYS/learner" -o learner.sig
	contains "$OUTPUT" "this key is of the one who learnt it: its signature does not count"
	exits 0 pumpwatch baseline sign config.manifest --key "$KEYS/other" -o other.sig
	contains "$OUTPUT" "it does not count yet: the key is not in $SIGNERS"
	exits 69 pumpwatch baseline sign config.manifest --key "$KEYS/nobody" -o none.sig
	contains "$OUTPUT" "ssh-keygen did not sign with $KEYS/nobody: what it said stands above"
	[ ! -e none.sig ] || fail "a signature was written"
	exits 64 pumpwatch baseline sign config.manifest
	exits 64 pumpwatch baseline sign nothing --key "$KEYS/first"
}

an_agent_signs_for_a_public_key() {
	mkdir agent && cp "$KEYS/second.pub" agent/
	ssh-agent -D -a "$work/agent/socket" >/dev/null 2>&1 &
	keep_pid $!
	await test -S agent/socket
	SSH_AUTH_SOCK=$work/agent/socket ssh-add -q "$KEYS/second" 2>/dev/null
	SSH_AUTH_SOCK=$work/agent/socket exits 0 pumpwatch baseline sign config.manifest --key agent/second.pub -o agent.sig
	contains "$OUTPUT" "agent.sig: signature of $(id_of config.manifest | cut -c 1-12) by $(fingerprint second)."
}

# Usage: at_a_terminal ANSWER COMMAND... ; typed when asked for a passphrase
at_a_terminal() {
	python3 - "$@" <<-'END'
		import os, pty, sys
		pid, terminal = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[2], sys.argv[2:])
		said = b""
		asked = False
		while True:
		    try:
		        part = os.read(terminal, 4096)
		    except OSError:
		        break
		    said += part
		    if b"passphrase" in said and not asked:
		        asked = True
		        os.write(terminal, sys.argv[1].encode() + b"\n")
		print(said.decode())
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if asked else 99)
	END
}

the_passphrase_is_asked_for_at_the_terminal() {
	cp "$KEYS/first" locked && cp "$KEYS/first.pub" locked.pub
	ssh-keygen -q -p -f locked -N sample -P '' >/dev/null
	DISPLAY=:9 at_a_terminal sample "$PROGRAMS/pumpwatch" --config "$CONFIG" baseline sign config.manifest \
		--key "$work/locked" -o locked.sig >said 2>&1 || fail "$(cat said)"
	contains "$(cat said)" "locked.sig: signature of"
	at_a_terminal wrong "$PROGRAMS/pumpwatch" --config "$CONFIG" baseline sign config.manifest \
		--key "$work/locked" -o wrong.sig >said 2>&1
	same "$?" 69 "the exit code of a wrong passphrase"
	[ ! -e wrong.sig ] || fail "a signature was written"
}

# ---- bad input ----

# Usage: refused STATUS WORDS COMMAND... ; and the store is as it was. Signers are part of the
# configuration: that they have changed is recorded before, by any verb that may write.
refused() {
	local status=$1 words=$2 before
	shift 2
	pumpwatch baseline withdraw nothing --reason sample >/dev/null 2>&1
	before=$(remembered)
	exits "$status" pumpwatch "$@"
	contains "$OUTPUT" "$words"
	same "$(remembered)" "$before" "the store after: $*"
}

# A new candidate with one approval, for what follows: target.manifest.
make_target() {
	pumpwatch --quiet baseline learn PUMP-1 --kind drug-library --release 3 --key "$KEYS/learner.pub" -o target.manifest &&
		sign first target.manifest target.first && sign second target.manifest target.second
}

# Change the decoded bytes of a signature: at OFFSET one byte is another.
flip() {
	sed '1d;$d' target.second | base64 -d >flip.raw
	# shellcheck disable=SC2059 # the byte's own escape
	printf "\\x$(printf %02x $((0x$(od -An -tx1 -j "$1" -N 1 flip.raw | tr -d ' ') ^ 1)))" |
		dd of=flip.raw bs=1 seek="$1" conv=notrunc status=none
	{ echo "-----BEGIN SSH SIGNATURE-----"; base64 -w 70 flip.raw; echo "-----END SSH SIGNATURE-----"; } >"$2"
}

# Each is a way to make the file "bad" that must not pass, and words of the refusal.
bad_signatures() {
	cat <<-'END'
		flip 180 bad~is not of these bytes by this key
		flip 50 bad~the key is not in allowed_signers
		flip 20 bad~
		head -n 3 target.second >bad~ends early
		head -c 100 target.second >bad~
		: >bad~the signature is empty
		sign other target.manifest bad~the key is not in allowed_signers
		sign second firmware.manifest bad~is not of these bytes by this key
		sign second target.manifest bad file~made for something else
		sed 's/$/\r/' target.second >bad~line ends of Windows
		cat target.second target.second >bad~behind the signature's last line
		{ echo "-----BEGIN SSH SIGNATURE-----"; base64 -w 70 target.second; echo "-----END SSH SIGNATURE-----"; } >bad~wrapped twice
		sign second target.second bad~is not of these bytes by this key
		sed '1d;$d' target.second >bad~it does not begin with "-----BEGIN SSH SIGNATURE-----"
		sed '1d;$d' target.second | base64 -d >bad~lacks its armour
		cp "$KEYS/second" bad~this is not an SSH signature
		cp "$KEYS/second.pub" bad~this is not an SSH signature
		head -c 10000000 /dev/zero >bad~larger than
		{ cat target.second; head -c 10000000 /dev/zero | tr '\0' x; } >bad~larger than
		ssh-keygen -q -t ecdsa -b 384 -N '' -f "$KEYS/large" <<<y >/dev/null; sign large target.manifest bad~are not accepted
		true~there is no such file
	END
}

bad_signatures_are_refused_in_their_own_words() {
	local make words many=()
	make_target || return
	while IFS='~' read -r make words; do
		rm -f bad
		eval "$make"
		refused 65 "bad: " baseline add target.manifest target.first bad
		refused 65 "$words" baseline add target.manifest target.first bad
	done < <(bad_signatures)
	rm -f bad
	exits 0 pumpwatch baseline add target.manifest target.first
	while IFS='~' read -r make words; do
		rm -f bad
		eval "$make"
		refused 65 "$words" baseline approve target.manifest bad
	done < <(bad_signatures)
	mapfile -t many < <(yes target.second | head -n 17)
	refused 64 "at most 16 signatures" baseline approve target.manifest "${many[@]}"
}

a_key_out_of_its_time_is_refused() {
	while IFS='|' read -r options words; do
		{ signer first; signer second "$options"; } >"$SIGNERS"
		refused 65 "target.second: $words" baseline approve target.manifest target.second
		contains "$OUTPUT" "who may sign stands in $SIGNERS"
	done <<-'END'
		valid-before="20200101Z"|
		valid-after="20990101Z"|
		namespaces="file,git"|
	END
	allow learner first second
}

bad_signers_refuse_whatever_needs_them() {
	local good
	good=$(cat "$SIGNERS")
	while IFS='~' read -r make words; do
		printf '%s\n' "$good" >"$SIGNERS"
		eval "$make"
		refused 78 "$words" baseline approve target.manifest target.second
		contains "$OUTPUT" "$SIGNERS"
		refused 78 "$words" baseline show target.manifest
	done <<-'END'
		yes "# a comment" | head -c 10000000 >>"$SIGNERS"~larger than 1048576 bytes
		signer other cert-authority >>"$SIGNERS"~:4: cert-authority is not accepted
		signer other colour="red" >>"$SIGNERS"~:4: 
		echo "other@sample-site ssh-rsa AAAA" >>"$SIGNERS"~:4: 
		printf 'other\0@sample-site\n' >>"$SIGNERS"~:4: there is a NUL in the line
		rm "$SIGNERS"~approvals = 2 asks for signatures, but who may sign cannot be read
	END
	printf '%s\n' "$good" >"$SIGNERS"
}

bad_manifests_are_refused_by_line() {
	local change words
	while IFS='|' read -r change words; do
		eval "$change" <target.manifest >bad
		refused 65 "bad: $words" baseline add bad target.first target.second
	done <<-'END'
		sed 's/$/\r/'|line 1: nothing may follow
		sed '4s/$/\r/'|line 4: the site must be
		tr 'b' '\0'|line 
		head -c 0|ends before its line
		sed '$s/$/%00/'|line 
		sed '$p'|line 14: the path stands in the line before, too
		sed '$s/library.bin$/zzz/;$p;$s/zzz/aaa/'|line 14: the path must stand before that of the line before
		sed '$s/,[^,]*$/,..\/library.bin/'|line 13: the path is empty, too long, absolute, or leaves
		sed '$s/,[^,]*$/,a\/..\/b/'|line 13: the path
		sed '$s/,[^,]*$/,\/etc\/passwd/'|line 13: the path
		sed "\$s/,[^,]*\$/,$(printf '%05000d' 0)/"|line 13: the path
		sed "\$s/,[^,]*\$/,$(printf '%09000d' 0)/"|line 13: longer than 8192 bytes
		sed "s/^## release: .*/## release: $(printf '%0129d' 0)/"|line 7: the release must be
		sed 's/^## release: .*/&\n## colour: red/'|line 8: "## serial: " must stand here
		sed 's/^## learner: .*/&\n## colour: red/'|line 13: a header line that is unknown
		sed 's/^## learner: .*/&\n&/'|line 13: a header line that is unknown, a second one
		sed 's/^## learner: .*/## learner: somebody/'|line 12: the learner must be
		sed 's/^## expires: .*/## expires: 2026-01-01T00:00:00Z/'|the manifest expired on 2026-01-01T00:00:00Z
		sed '/^## learner: /d'|the manifest does not say who made it
		sed 's/^## site: .*/## site: elsewhere/'|the manifest is of the site "elsewhere"
		sed 's/^## scope: .*/## scope: model unknown/'|the manifest is for the model "unknown", which has no profile
		sed 's/^## scope: .*/## scope: device PUMP-9/'|no device "PUMP-9" is enrolled
	END
}

a_manifest_that_its_signatures_are_not_of_is_refused() {
	sed 's/^## release: .*/## release: 4/' target.manifest >bad
	refused 65 "target.first: " baseline add bad target.first target.second
	contains "$OUTPUT" "is not of these bytes by this key"
}

what_does_not_follow_on_what_was_in_force_is_refused() {
	sed 's/^## serial: .*/## serial: 1/' new.manifest >bad
	refused 65 "bad: serial 1 does not rise" baseline add bad
	sed "s/^## previous: .*/## previous: $(id_of config.manifest)/;s/^## serial: .*/## serial: 3/" new.manifest >bad
	refused 65 "bad: previous is $(id_of config.manifest)" baseline add bad
	sed 's/^## scope: .*/## scope: model medfusion-4000/' target.manifest >bad
	refused 65 "bad: the profile \"medfusion-4000\" pulls no files of the kind \"drug-library\"" baseline add bad
	refused 65 "is in the store already: it is current" baseline add new.manifest
	refused 65 "as a candidate: go on with \"pumpwatch baseline approve\"" baseline add target.manifest
}

# ---- who vouches ----

the_vendors_list_says_for_which_files() {
	local list=$work/vendor.list
	(cd "$TEMPORARY/PUMP-1" && sha256sum --tag firmware/main.bin && md5sum --tag firmware/loader.bin drug-library/library.bin) >"$list"
	echo "extra" >"$TEMPORARY/PUMP-1/firmware/local.bin"
	exits 1 pumpwatch baseline learn PUMP-1 --kind firmware --release 3 --key "$KEYS/learner" --against "$list" -o listed.manifest
	contains "$(cat listed.manifest)" "## list: $(id_of "$list") vendor.list"
	exits 0 pumpwatch baseline show listed.manifest
	contains "$OUTPUT" "State          a file: not in the store"
	contains "$OUTPUT" "Vendor's list  vendor.list, SHA-256 $(id_of "$list")"
	contains "$OUTPUT" "It vouches for 2 of 3 files (1 by SHA-256, 1 by MD5 alone)."
	contains "$OUTPUT" "Seen by this site alone: 1. Other contents than listed: 0. Listed, and not here: 0."
	[[ $OUTPUT =~ "site alone "[^$'\n']*firmware/local.bin ]] || fail "$OUTPUT"
	[[ $OUTPUT =~ "vendor (MD5) "[^$'\n']*firmware/loader.bin ]] || fail "$OUTPUT"
	answers 0 pumpwatch --json baseline show listed.manifest
	same "$(jq -c '[.list.by_sha256, .list.by_md5_alone, .list.site_alone, .list.differs, .list.absent]' <<<"$ANSWER")" "[1,1,1,0,0]"
	same "$(jq -r '.manifest[] | select(.path == "firmware/local.bin") | .seen_by' <<<"$ANSWER")" site
	rm "$TEMPORARY/PUMP-1/firmware/local.bin"
}

another_list_is_not_taken_for_it() {
	echo "# one more line" | cat "$work/vendor.list" - >"$work/other.list"
	refused 65 "other.list is not the list of the manifest" baseline show listed.manifest --list "$work/other.list"
	exits 0 pumpwatch baseline show listed.manifest --list "$work/vendor.list"
	refused 64 "the manifest names no vendor's list" baseline show target.manifest --list "$work/vendor.list"
	exits 0 pumpwatch baseline show target.manifest
	contains "$OUTPUT" "Vendor's list  none: this site alone has seen what is here"
	sed "s/^## list: [0-9a-f]*/## list: $(id_of target.manifest)/" listed.manifest >lost.manifest
	exits 0 pumpwatch baseline show lost.manifest
	contains "$OUTPUT" "It is not in this store: name a copy with --list"
}

# ---- fewer than two ----

a_single_approval_is_allowed_and_said() {
	ask_approvals 1
	exits 0 pumpwatch baseline approve target.manifest --older-until now
	contains "$OUTPUT" "is in force"
	contains "$OUTPUT" "A single approval (approvals = 1): one person alone decides what is believed."
	exits 0 pumpwatch baseline list
	contains "$OUTPUT" "A single approval"
	exits 0 pumpwatch status
	contains "$OUTPUT" "A single approval"
	exits 0 pumpwatch sweep PUMP-1
	contains "$OUTPUT" "A single approval"
	exits 0 pumpwatch --json status
	same "$(jq -r '"\(.approvals) \(.evaluation)"' <<<"$OUTPUT")" "1 false"
}

evaluation_takes_no_signatures_and_is_said() {
	ask_approvals 0
	pumpwatch --quiet baseline learn PUMP-1 --kind config --release e -o e.manifest
	sign first e.manifest e.sig
	refused 64 "asks for no signatures, so none is taken: leave e.sig out" baseline add e.manifest e.sig
	exits 0 pumpwatch baseline add e.manifest --older-until now
	contains "$OUTPUT" "Evaluation mode (approvals = 0): the baselines carry no signatures."
	exits 0 pumpwatch baseline show e.manifest
	contains "$OUTPUT" "Evaluation mode"
}

an_export_can_be_verified_without_pumpwatch() {
	exits 0 pumpwatch baseline export "$(id_of new.manifest)" -o exported
	cmp -s exported new.manifest || fail "the export differs"
	ssh-keygen -Y verify -f "$SIGNERS" -I second@sample-site -n pumpwatch-baseline-v1 -s exported.2.sig \
		<exported >verified 2>&1 || fail "$(cat verified)"
}

run_case learning_asks_for_a_key_when_two_must_approve
run_case a_private_key_is_never_read
run_case one_approval_is_a_candidate_and_two_are_in_force
run_case what_adds_nobody_does_not_count
run_case a_new_release_waits_approved_until_it_is_said_how_long_the_older_counts
run_case a_signature_of_ours_is_one_of_ssh_keygen
run_case a_signature_that_will_not_count_is_told
run_case an_agent_signs_for_a_public_key
run_case the_passphrase_is_asked_for_at_the_terminal
run_case bad_signatures_are_refused_in_their_own_words
run_case a_key_out_of_its_time_is_refused
run_case bad_signers_refuse_whatever_needs_them
run_case bad_manifests_are_refused_by_line
run_case a_manifest_that_its_signatures_are_not_of_is_refused
run_case what_does_not_follow_on_what_was_in_force_is_refused
run_case the_vendors_list_says_for_which_files
run_case another_list_is_not_taken_for_it
run_case a_single_approval_is_allowed_and_said
run_case evaluation_takes_no_signatures_and_is_said
run_case an_export_can_be_verified_without_pumpwatch
finish
