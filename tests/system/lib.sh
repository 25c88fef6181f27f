# shellcheck shell=bash disable=SC2317,SC2034 # functions and variables for others
# For end-to-end tests: real servers on free ports of loopback, and pumpwatch set up in a
# folder of its own. Works as root and as anybody else. Sourced by tests/system/*.sh, the demo
# and the benches; what is started ends with the script that started it (tests/lib.sh).

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${PUMPWATCH_BUILD:-$SOURCE/build}
CACHE=${PUMPWATCH_CACHE:-$SOURCE/build-check/cache}
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tests/lib.sh
. "$SOURCE/tests/lib.sh"
PUMPS=$BUILD/tests/fleet/pumps
# shellcheck source=tests/fleet/lib.sh
. "$SOURCE/tests/fleet/lib.sh"

# ---- servers: each sets SERVER_PORT and SERVER_PID ----

# Usage: start_server NAME FOLDER COMMAND... ; output goes to FOLDER/output; waits for the port.
start_server() {
	local name=$1 folder=$2
	shift 2
	"$@" >"$folder/output" 2>&1 </dev/null &
	SERVER_PID=$!
	keep_pid "$SERVER_PID"
	await server_is_up
	is_gone "$SERVER_PID" || return 0
	fail "$name did not start:"
	cat "$folder/output" "$folder"/*.log 2>/dev/null | show
	return 1
}

server_is_up() { is_gone "$SERVER_PID" || port_answers "$SERVER_PORT"; }

# Usage: start_vsftpd FOLDER ROOT ; anonymous, any password
start_vsftpd() {
	local folder=$1 root=$2 user=daemon launching=NO
	if [ "$(id -u)" != 0 ]; then user=$(id -un) launching=YES; fi
	mkdir -p "$folder/empty"
	SERVER_PORT=$(free_port)
	cat >"$folder/vsftpd.conf" <<-END
		listen=YES
		listen_address=127.0.0.1
		listen_port=$SERVER_PORT
		background=NO
		anonymous_enable=YES
		local_enable=NO
		write_enable=NO
		no_anon_password=YES
		anon_root=$root
		ftp_username=$user
		secure_chroot_dir=$folder/empty
		run_as_launching_user=$launching
		seccomp_sandbox=NO
		pasv_address=127.0.0.1
		connect_from_port_20=NO
		xferlog_enable=NO
		hide_ids=YES
	END
	start_server vsftpd "$folder" vsftpd "$folder/vsftpd.conf"
}

# Usage: start_sshd FOLDER ; SFTP for the user who runs this, by the key FOLDER/client.
# SERVER_PIN is the host key's fingerprint.
start_sshd() {
	local folder=$1
	mkdir -p "$folder"
	chmod 700 "$folder"
	SERVER_PORT=$(free_port)
	ssh-keygen -q -t ed25519 -N '' -f "$folder/host" </dev/null &&
		ssh-keygen -q -t ed25519 -N '' -f "$folder/client" </dev/null || return
	cp "$folder/client.pub" "$folder/authorized_keys"
	SERVER_PIN=$(ssh-keygen -l -f "$folder/host.pub" | awk '{ print $2 }')
	cat >"$folder/sshd_config" <<-END
		ListenAddress 127.0.0.1
		Port $SERVER_PORT
		HostKey $folder/host
		PidFile none
		AuthorizedKeysFile $folder/authorized_keys
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		StrictModes no
		MaxStartups 200
		Subsystem sftp internal-sftp
		ForceCommand internal-sftp
	END
	# Where it drops its privileges; the package makes it when its service starts.
	if [ "$(id -u)" = 0 ] && [ ! -d /run/sshd ]; then
		mkdir -m 755 /run/sshd
		keep_folder /run/sshd
	fi
	start_server sshd "$folder" "$(command -v sshd)" -D -e -f "$folder/sshd_config"
}

# Usage: make_certificate FOLDER ; FOLDER/cert.pem and key.pem, self-signed; sets SERVER_PIN
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null || return
	SERVER_PIN=sha256//$(openssl x509 -in "$1/cert.pem" -noout -pubkey |
		openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
}

# Usage: start_nginx FOLDER ROOT ; HTTPS with a certificate of its own; sets SERVER_PIN.
# NGINX_EXTRA may hold more lines for its server.
start_nginx() {
	local folder=$1 root=$2
	mkdir -p "$folder/tmp"
	SERVER_PORT=$(free_port)
	make_certificate "$folder" || return
	cat >"$folder/nginx.conf" <<-END
		$(if [ "$(id -u)" = 0 ]; then echo "user root;"; fi)
		daemon off;
		master_process off;
		pid $folder/nginx.pid;
		error_log $folder/error.log;
		events { worker_connections 1024; }
		http {
			access_log $folder/access.log;
			client_body_temp_path $folder/tmp;
			proxy_temp_path $folder/tmp;
			fastcgi_temp_path $folder/tmp;
			uwsgi_temp_path $folder/tmp;
			scgi_temp_path $folder/tmp;
			default_type application/octet-stream;
			server {
				listen 127.0.0.1:$SERVER_PORT ssl;
				ssl_certificate $folder/cert.pem;
				ssl_certificate_key $folder/key.pem;
				root $root;
				${NGINX_EXTRA:-}
			}
		}
	END
	start_server nginx "$folder" nginx -e "$folder/error.log" -p "$folder" -c "$folder/nginx.conf"
}

# Usage: start_rsyslog FOLDER ; takes messages at the socket FOLDER/log, one a line into
# FOLDER/messages.
start_rsyslog() {
	local folder=$1
	mkdir -p "$folder"
	: >"$folder/messages"
	cat >"$folder/rsyslog.conf" <<-END
		global(workDirectory="$folder" maxMessageSize="8k")
		module(load="imuxsock" SysSock.Use="off" SysSock.RateLimit.Interval="0")
		input(type="imuxsock" Socket="$folder/log" CreatePath="off" RateLimit.Interval="0")
		template(name="line" type="string" string="%syslogfacility-text%.%syslogseverity-text% %syslogtag%%msg%\n")
		action(type="omfile" file="$folder/messages" template="line" asyncWriting="off" flushOnTXEnd="on")
	END
	rsyslogd -n -f "$folder/rsyslog.conf" -i "$folder/rsyslog.pid" >"$folder/output" 2>&1 </dev/null &
	SERVER_PID=$!
	keep_pid "$SERVER_PID"
	await test -S "$folder/log" && return 0
	show <"$folder/output"
	return 1
}

# ---- pumpwatch in a folder of its own ----

# Usage: site_make FOLDER ; writes the configuration and the profiles; CONFIG names it. More
# lines for the configuration are read from standard input.
site_make() {
	local folder=$1
	mkdir -p "$folder/models.d" "$folder/credentials" "$folder/state"
	chmod 700 "$folder/credentials" "$folder/state"
	cp "$SOURCE"/conf/models.d/*.ini "$folder/models.d/"
	{
		cat <<-END
			[pumpwatch]
			site = sample-site
			state = state
			models = models.d
			credentials = credentials
			puller = $BUILD/pumpwatch-puller
			approvals = 0
		END
		cat
	} >"$folder/pumpwatch.conf"
	CONFIG=$folder/pumpwatch.conf
}

# Usage: site_key FOLDER NAME KEYFILE [USER] ; a credential with a private key
site_key() {
	(
		umask 077
		printf 'user = %s\n' "${4:-$(id -un)}" >"$1/credentials/$2"
		cp "$3" "$1/credentials/$2.key"
	)
}

# Usage: site_password FOLDER NAME USER PASSWORD
site_password() {
	(
		umask 077
		printf 'user = %s\npassword = %s\n' "$3" "$4" >"$1/credentials/$2"
	)
}

pumpwatch() { "$BUILD/pumpwatch" --config "$CONFIG" "$@"; }
