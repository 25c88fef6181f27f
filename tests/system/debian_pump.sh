#!/bin/bash
# A Debian root as a pump: real files, the checksums that their makers published as the
# vendor's list, real servers, and four changes that must be found over every link.
# shellcheck disable=SC2317 # cases are called by name
set -u
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

root=$TEMPORARY/root           # what the pump holds
list=$TEMPORARY/vendor.md5     # what its vendor published: MD5 only
manifest=$TEMPORARY/firmware.manifest
library=opt/pump/library.bin   # half of the collision pair, then the other half

# ---- the pump ----

# A minimal Debian of the mirror that this host uses, as debootstrap makes it.
bootstrap() {
	local mirror suite
	[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || return
	# shellcheck disable=SC2016 # these are apt-get's
	read -r mirror suite _ < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Identifier: Packages' 2>/dev/null | awk '$3 == "main" && $2 !~ /-/')
	[ -n "${suite:-}" ] || return
	echo "debootstrap of $suite from $mirror"
	debootstrap --variant=minbase "$suite" "$1" "$mirror" >"$TEMPORARY/debootstrap.log" 2>&1 && return
	tail -n 5 "$TEMPORARY/debootstrap.log"
	return 1
}

# The packages that every Debian must have, as they are on this host: for whoever is not root.
required_packages() { dpkg-query -W -f='${Priority} ${Package}\n' | awk '$1 == "required" { print $2 }'; }

# Usage: collect ROOT LIST... ; copy just the files that the lists name from ROOT.
collect() {
	local from=$1
	shift
	cat "$@" | LC_ALL=C sort -u -k 2 >"$list"
	mkdir -p "$root"
	awk '{ print $2 }' "$list" | tar -C "$from" -chf - --hard-dereference --ignore-failed-read -T - 2>/dev/null |
		tar -C "$root" -xf - --no-same-owner
	chmod -R u+rwX,go+rX "$root"
	# What a host lacks of the lists (documentation that was left out) is no part of the pump.
	(cd "$root" && md5sum -c --quiet "$list" 2>/dev/null) | sed -n 's/: FAILED.*//p' >"$TEMPORARY/absent"
	(cd "$root" && while read -r path; do rm -f "$path"; done <"$TEMPORARY/absent")
	awk 'FILENAME == ARGV[1] { absent[$1] = 1; next } !($2 in absent)' "$TEMPORARY/absent" "$list" >"$list.new"
	mv "$list.new" "$list"
}

make_pump() {
	local stored=$CACHE/debian-pump.tar info
	if [ ! -f "$stored" ]; then
		mkdir -p "$CACHE"
		if bootstrap "$TEMPORARY/debian"; then
			collect "$TEMPORARY/debian" "$TEMPORARY"/debian/var/lib/dpkg/info/*.md5sums
			rm -rf "$TEMPORARY/debian"
		else
			echo "no debootstrap here: the required packages of this host instead"
			mapfile -t info < <(required_packages | while read -r name; do
				ls /var/lib/dpkg/info/"$name".md5sums /var/lib/dpkg/info/"$name":*.md5sums 2>/dev/null
			done)
			collect / "${info[@]}"
		fi
		tar -C "$TEMPORARY" -cf "$stored.new" root vendor.md5 && mv "$stored.new" "$stored"
	else
		tar -C "$TEMPORARY" -xf "$stored" --no-same-owner
	fi
	# One library of the pump is the first half of a published pair of files with one MD5.
	mkdir -p "$root/$(dirname "$library")"
	cp "$SOURCE/tests/data/md5-collision-a.bin" "$root/$library"
	(cd "$root" && md5sum "$library") >>"$list"
	# For the server that leaves root's rights behind.
	chmod 711 "$TEMPORARY"
	echo "the pump has $(find "$root" -type f | wc -l) files, $(du -sm "$root" | cut -f 1) MB"
}

devices='DEB-FILE DEB-FTP DEB-HTTPS DEB-SFTP'

start_everything() {
	local user
	user=$(id -un)
	site_make "$TEMPORARY/site" <<-END
		[sink file]
		type = spool
		path = events
	END
	cat >"$TEMPORARY/site/models.d/debian-root.ini" <<-END
		[model]
		title = A Debian root
		[link]
		login = anonymous
		entries = 20000
		depth = 20
		[files]
		firmware = **
	END
	start_vsftpd "$TEMPORARY/vsftpd" "$root" || return
	ftp=ftp://127.0.0.1:$SERVER_PORT/
	start_sshd "$TEMPORARY/sshd" || return
	sftp=sftp://127.0.0.1:$SERVER_PORT$root sftp_pin=$SERVER_PIN
	start_nginx "$TEMPORARY/nginx" "$root" || return
	https=https://127.0.0.1:$SERVER_PORT/ https_pin=$SERVER_PIN
	site_key "$TEMPORARY/site" debian "$TEMPORARY/sshd/client" "$user"
}

# ---- what pumpwatch and others say ----

# Usage: sweep ASSET ; the findings as "finding path" lines in $FINDINGS, the code in $STATUS,
# the result in $RESULT.
sweep() {
	local output=$TEMPORARY/sweep.json
	pumpwatch --json sweep "$1" >"$output" 2>"$TEMPORARY/sweep.errors" </dev/null
	STATUS=$?
	show <"$TEMPORARY/sweep.errors"
	FINDINGS=$(jq -r 'select(.asset != null and (.will_retry | not)) | .findings[] | "\(.finding) \(.path)"' "$output" | LC_ALL=C sort)
	RESULT=$(jq -r 'select(.asset != null and (.will_retry | not)) | .result' "$output")
}

# ---- the cases, in order ----

devices_are_enrolled_over_four_links() {
	exits 0 pumpwatch enroll DEB-FILE --model debian-root --link "file://$root"
	exits 0 pumpwatch enroll DEB-FTP --model debian-root --link "$ftp"
	# HTTPS cannot list, and this profile names no file: what there is to ask for comes with a baseline.
	exits 69 pumpwatch enroll DEB-HTTPS --model debian-root --link "$https" --pin "$https_pin"
	contains "$OUTPUT" "--no-test"
	exits 0 pumpwatch enroll DEB-HTTPS --model debian-root --link "$https" --pin "$https_pin" --no-test
	exits 0 pumpwatch enroll DEB-SFTP --model debian-root --link "$sftp" --credential debian --pin "$sftp_pin"
}

vendors_list_becomes_a_baseline() {
	# Over a link, so that nothing of the list is taken on trust; the list lacks SHA-256.
	exits 0 pumpwatch baseline learn DEB-SFTP --kind firmware --release trial-1 --against "$list" -o "$manifest"
	same "$(grep -vc '^[%#]' "$manifest")" "$(wc -l <"$list")" "the number of files in the manifest"
	exits 0 pumpwatch baseline add "$manifest"
}

hashdeep_agrees_with_the_manifest() {
	(cd "$root" && exits 0 hashdeep -a -k "$manifest" -r -l -- *) || CASE_FAILED=yes
}

untouched_pump_is_verified_over_every_link() {
	for asset in $devices; do
		sweep "$asset"
		same "$RESULT $STATUS $FINDINGS" "verified 0 " "$asset"
	done
}

# One file altered in its size, one byte; one added; one removed; one forged.
tamper() {
	local altered=usr/bin/dpkg-deb removed=usr/bin/dpkg-split size
	size=$(stat -c %s "$root/$altered")
	# A new file each time, as an update would do; nothing is written in place.
	cp -p "$root/$altered" "$root/$altered.new"
	printf 'X' | dd of="$root/$altered.new" bs=1 seek=$((size / 2)) conv=notrunc status=none
	mv "$root/$altered.new" "$root/$altered"
	printf 'not of the vendor\n' >"$root/usr/bin/implant"
	rm "$root/$removed"
	cp "$SOURCE/tests/data/md5-collision-b.bin" "$root/$library"
	four=$(printf '%s\n' "added usr/bin/implant" "forged $library" "missing $removed" "modified $altered")
}

four_changes_are_found_over_links_that_list() {
	tamper
	for asset in DEB-FILE DEB-FTP DEB-SFTP; do
		sweep "$asset"
		same "$FINDINGS" "$four" "what $asset shows"
		same "$RESULT $STATUS" "drifted 7" "$asset"
	done
}

three_changes_are_found_over_https() {
	sweep DEB-HTTPS
	same "$FINDINGS" "$(grep -v '^added' <<<"$four")" "what DEB-HTTPS shows"
	same "$RESULT $STATUS" "drifted 6" DEB-HTTPS
}

# An audit by somebody else's program, by the very manifest that was in force.
hashdeep_finds_the_same_four() {
	local audit
	audit=$(cd "$root" && hashdeep -a -vv -k "$manifest" -r -l -- * 2>&1)
	contains "$audit" "$library: Hash collision with"
	contains "$audit" "usr/bin/implant: No match"
	contains "$audit" "usr/bin/dpkg-deb: No match"
	contains "$audit" "usr/bin/dpkg-split: Known file not used"
	same "$(sed -n -E 's/^(\.\/)?(.*): (No match|Known file not used|Hash collision with .*)$/\2/p' <<<"$audit" | sort -u)" \
		"$(awk '{ print $2 }' <<<"$four" | sort -u)" "what hashdeep names"
}

list_of_md5_alone_does_not_see_the_forged_file() {
	local seen
	seen=$(cd "$root" && md5sum -c --quiet "$list" 2>/dev/null)
	contains "$seen" "usr/bin/dpkg-deb: FAILED"
	lacks "$seen" "$library"
}

changed_pump_cannot_become_a_baseline() {
	exits 65 pumpwatch baseline learn DEB-FTP --kind firmware --release trial-2 --against "$list" -o "$TEMPORARY/none"
	contains "$OUTPUT" "usr/bin/dpkg-deb: differs from the list"
	[ ! -e "$TEMPORARY/none" ] || fail "a manifest was written all the same"
}

alerts_are_open_for_each_finding() {
	same "$(pumpwatch --json alerts | jq '[.. | objects | select(has("path") and .path != null)] | length')" 15
}

restored_pump_is_verified_again() {
	rm -rf "$root"
	tar -C "$TEMPORARY" -xf "$CACHE/debian-pump.tar" --no-same-owner root
	mkdir -p "$root/opt/pump"
	cp "$SOURCE/tests/data/md5-collision-a.bin" "$root/$library"
	for asset in $devices; do
		sweep "$asset"
		same "$RESULT $STATUS $FINDINGS" "verified 0 " "$asset"
	done
}

make_pump
start_everything || exit 1
for name in devices_are_enrolled_over_four_links vendors_list_becomes_a_baseline \
	hashdeep_agrees_with_the_manifest untouched_pump_is_verified_over_every_link \
	four_changes_are_found_over_links_that_list three_changes_are_found_over_https \
	hashdeep_finds_the_same_four list_of_md5_alone_does_not_see_the_forged_file \
	changed_pump_cannot_become_a_baseline alerts_are_open_for_each_finding \
	restored_pump_is_verified_again; do
	run_case "$name"
done
finish
