# shellcheck shell=bash disable=SC2034 # variables for others
# For tests of the programs: a set-up in a folder of its own, with devices that are folders
# behind file: links. Sourced after tests/lib.sh.

PROGRAMS=$(realpath "${builddir:-.}")
srcdir=${srcdir:-.}

pumpwatch() { "$PROGRAMS/pumpwatch" --config "$CONFIG" "$@"; }

# Usage: set_up FOLDER [LINE...] ; sets CONFIG and STATE, the lines are added to the configuration
set_up() {
	local folder=$1
	shift
	mkdir -p "$folder/state" "$folder/credentials" "$folder/models"
	chmod 711 "$TEMPORARY"
	cp "$srcdir"/conf/models.d/*.ini "$folder/models"
	CONFIG=$folder/pumpwatch.conf STATE=$folder/state
	cat >"$CONFIG" <<-END
		[pumpwatch]
		site = sample-site
		approvals = 0
		state = state
		models = models
		credentials = credentials
		puller = $PROGRAMS/pumpwatch-puller
		[pull]
		pullers = 1
		visits = 8
		[sink file]
		type = spool
		path = events.log
	END
	printf '%s\n' "$@" >>"$CONFIG"
}

# Usage: make_device FOLDER ; what a device of the model "generic" may hold
make_device() {
	mkdir -p "$1/firmware" "$1/drug-library" "$1/config"
	echo "firmware 7.0" >"$1/firmware/main.bin"
	echo "loader 7.0" >"$1/firmware/loader.bin"
	echo "library 2026-10" >"$1/drug-library/library.bin"
	echo "unit = 1" >"$1/config/unit.cfg"
}

# Usage: enroll ASSET [OPTION...] ; a new device of that name in a folder $TEMPORARY/ASSET
enroll() {
	local asset=$1
	shift
	[ -d "$TEMPORARY/$asset" ] || make_device "$TEMPORARY/$asset"
	pumpwatch --quiet enroll "$asset" --model generic --link "file://$TEMPORARY/$asset" --no-test "$@"
}

# Usage: approve ASSET RELEASE [KIND...] [-- OPTION...] ; what the device holds now is put in force
approve() {
	local asset=$1 release=$2 kinds=() kind manifest
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do kinds+=("$1"); shift; done
	[ "${1:-}" = -- ] && shift
	[ ${#kinds[@]} -gt 0 ] || kinds=(firmware drug-library config)
	for kind in "${kinds[@]}"; do
		manifest=$TEMPORARY/$kind-$release.manifest
		pumpwatch --quiet baseline learn "$asset" --kind "$kind" --release "$release" -o "$manifest" &&
			pumpwatch --quiet baseline add "$manifest" "$@" || return
	done
}

# ---- people and their keys ----

# Usage: ask_approvals NUMBER ; from now on, by the keys in $SIGNERS
ask_approvals() {
	SIGNERS=$(dirname "$CONFIG")/allowed_signers KEYS=$TEMPORARY/keys
	sed -i -e "s/^approvals = .*/approvals = $1/" -e '/^signers = /d' \
		-e '/^site = /a signers = allowed_signers' "$CONFIG"
	mkdir -p "$KEYS"
	chmod 700 "$KEYS"
}

# Usage: make_key NAME [OPTION...] ; the pair $KEYS/NAME and NAME.pub, made by ssh-keygen
make_key() {
	local name=$1
	shift
	ssh-keygen -q -t ed25519 -N '' -C "$name" "$@" -f "$KEYS/$name" </dev/null
}

# Usage: signer NAME [OPTIONS] ; a line of allowed_signers
signer() { echo "$1@sample-site ${2:-namespaces=\"pumpwatch-baseline-v1\"} $(cut -d' ' -f1,2 "$KEYS/$1.pub")"; }

# Usage: allow NAME... ; they and nobody else may sign
allow() {
	local name
	for name; do signer "$name"; done >"$SIGNERS"
}

# Usage: sign NAME MANIFEST SIGNATURE [NAMESPACE] ; as anywhere, without pumpwatch
sign() { ssh-keygen -q -Y sign -n "${4:-pumpwatch-baseline-v1}" -f "$KEYS/$1" <"$2" >"$3" 2>/dev/null; }

# ---- SFTP ----

# Keys in $ssh (host, other, client), the pin of the first, a port, and the credential "ward".
prepare_ssh() {
	local key
	ssh=$TEMPORARY/ssh port=$(free_port)
	mkdir -m 700 "$ssh"
	for key in host other client; do ssh-keygen -q -t ed25519 -N '' -f "$ssh/$key"; done
	pin=$(ssh-keygen -l -f "$ssh/host.pub" | awk '{ print $2 }')
	echo "user = $(id -un)" >"$(dirname "$CONFIG")/credentials/ward"
	cp "$ssh/client" "$(dirname "$CONFIG")/credentials/ward.key"
	chmod 600 "$(dirname "$CONFIG")/credentials"/ward*
}

# Usage: start_sshd HOSTKEY ; SFTP on $port for whoever runs this, by the key $ssh/client
start_sshd() {
	cat >"$ssh/config" <<-END
		ListenAddress 127.0.0.1
		Port $port
		HostKey $1
		PidFile none
		AuthorizedKeysFile $ssh/client.pub
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		StrictModes no
		Subsystem sftp internal-sftp
		ForceCommand internal-sftp
	END
	# Where it drops its privileges; the package makes it when its service starts.
	if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi
	"$(command -v sshd)" -D -e -f "$ssh/config" 2>"$ssh/log" &
	sshd=$!
	keep_pid "$sshd"
	await port_answers "$port"
}

# Usage: answers STATUS COMMAND... ; standard output is left in $ANSWER, errors in $ERRORS
answers() {
	local expected=$1 status
	shift
	ANSWER=$("$@" 2>"$TEMPORARY/errors" </dev/null)
	status=$?
	ERRORS=$(cat "$TEMPORARY/errors")
	[ "$status" = "$expected" ] && return 0
	fail "exit code $status instead of $expected of: $*"
	show <<<"$ANSWER$ERRORS"
	return 1
}

# Everything that the store remembers.
remembered() { sqlite3 -readonly "$STATE/pumpwatch.db" .dump | sha256sum; }

# Whether text has a byte that a terminal may act on: any control but the line feed, DEL, C1, a
# bidirectional mark, or a byte that is not UTF-8.
is_raw() {
	printf '%s' "$1" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 || return 0
	printf '%s' "$1" | LC_ALL=C grep -qP '[\x01-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]'
}
