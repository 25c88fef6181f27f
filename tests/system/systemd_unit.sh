#!/bin/bash
# The unit that is shipped, under the systemd it is made for: what `make install` lays down is
# put into a minimal Debian, which is booted in a container; tests/system/inside_unit runs there.
# shellcheck disable=SC2317 # cases are called by name
set -u
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${PUMPWATCH_BUILD:-$SOURCE/build}
CACHE=${PUMPWATCH_CACHE:-$SOURCE/build-check/cache}
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/lib.sh
. "$SOURCE/tests/lib.sh"

root=$TEMPORARY/root results=$TEMPORARY/results
packages=systemd,systemd-sysv,libssl3,libcurl4,libssh-4,libsqlite3-0,libjansson4,libseccomp2,libinih1,libcsv3

# A minimal Debian of the mirror that this host uses, kept for the next time.
make_root() {
	local stored mirror suite
	stored=$CACHE/systemd-root-$(cksum <<<"$packages" | cut -d' ' -f1).tar # another list, another root
	if [ ! -f "$stored" ]; then
		# shellcheck disable=SC2016 # these are apt-get's
		read -r mirror suite _ < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
			'Identifier: Packages' 2>/dev/null | awk '$3 == "main" && $2 !~ /-/')
		echo "debootstrap of $suite from $mirror"
		debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror" >"$TEMPORARY/debootstrap" 2>&1 ||
			{ tail -n 5 "$TEMPORARY/debootstrap"; return 1; }
		mkdir -p "$CACHE"
		tar -C "$root" -cf "$stored.new" --exclude=./var/cache/apt --exclude=./var/lib/apt/lists \
			--exclude=./usr/share/doc --exclude=./usr/share/locale --exclude=./usr/share/man . &&
			mv "$stored.new" "$stored"
		rm -rf "$root"
	fi
	mkdir -p "$root" && tar -C "$root" -xf "$stored"
}

# What runs in the container once it is up, and switches it off.
add_inside() {
	mkdir -p "$results" "$root/etc/systemd/system/multi-user.target.wants"
	cat >"$root/etc/systemd/system/inside.service" <<-END
		[Unit]
		After=systemd-journald.service network.target
		[Service]
		Type=idle
		Environment=srcdir=/source builddir=/build TERM=dumb
		ExecStart=/bin/bash /source/tests/system/inside_unit
		ExecStopPost=-/bin/systemctl start --no-block poweroff.target
		StandardOutput=append:/results/output
		StandardError=append:/results/output
		TimeoutStartSec=300
	END
	ln -s ../inside.service "$root/etc/systemd/system/multi-user.target.wants/inside.service"
}

exposure_is_low() {
	local unit=$TEMPORARY/pumpwatchd.service
	sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$BUILD/systemd/pumpwatchd.service" >"$unit"
	exits 0 systemd-analyze security --offline=true --no-pager --threshold=15 "$unit"
	show <<<"$(tail -n 1 <<<"$OUTPUT")"
}

it_works_under_systemd() {
	make_root || { fail "no minimal Debian could be made"; return; }
	make -C "$BUILD" install DESTDIR="$root" >"$TEMPORARY/install" 2>&1 || { fail "make install: $(tail "$TEMPORARY/install")"; return; }
	add_inside
	systemd-nspawn --quiet --boot --directory="$root" --machine="pumpwatch-$$" --register=no --keep-unit \
		--private-network --bind-ro="$SOURCE:/source" --bind-ro="$BUILD:/build" --bind="$results:/results" \
		>"$TEMPORARY/boot" 2>&1 </dev/null &
	machine=$!
	keep_pid "$machine"
	local seconds
	for ((seconds = 0; seconds < 240; seconds++)); do
		is_gone "$machine" && break
		sleep 1
	done
	if [ -s "$results/output" ]; then
		sed -E 's/^([0-9]+%: Checks:)/inside \1/' "$results/output"
		# Its cases count as ours.
		if read -r cases failed < <(sed -nE 's/^[0-9]+%: Checks: ([0-9]+), Failures: ([0-9]+), .*/\1 \2/p' "$results/output"); then
			CASES=$((CASES + cases)) FAILED=$((FAILED + failed))
		else
			fail "the container ended in the middle"
		fi
	else
		fail "the container did not come up:"
		tail -n 30 "$TEMPORARY/boot" | tr -d '\r\033' | show
	fi
}

run_case exposure_is_low
if [ "$(id -u)" = 0 ]; then
	run_case it_works_under_systemd
else
	echo "only root can boot a container: the unit was looked at, not started"
fi
finish
