# bash completion for pumpwatch
_pumpwatch()
{
	local cur prev words cword
	_init_completion -n = || return

	local verbs="models model enroll edit retire devices show test baseline sweep alerts alert ack
		status stop resume"
	local -A options=(
		[enroll]="--model --link --serial --mac --name --department --credential --pin --pin-seen --no-test"
		[devices]="--model --department --state --result"
		[learn]="--kind --release --scope --against --format --output"
		[import]="--model --kind --release --format --output"
		[add]="--older-until" [list]="--model" [export]="--output" [withdraw]="--reason"
		[sweep]="--all --window" [alerts]="--all --device" [ack]="--note" [stop]="--reason"
	)
	local i verb="" second="" config=()
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--config | --by)
			[ "${words[i]}" = --config ] && config=(--config "${words[i + 1]}")
			i=$((i + 1))
			;;
		-*) ;;
		*)
			if [ -z "$verb" ]; then
				verb=${words[i]}
			elif [ -z "$second" ]; then
				second=${words[i]}
			fi
			;;
		esac
	done

	case $prev in
	--config | --against | -o | --output)
		_filedir
		return
		;;
	--kind) COMPREPLY=($(compgen -W "firmware drug-library config other" -- "$cur")) && return ;;
	--format) COMPREPLY=($(compgen -W "hashdeep md5sum sha256sum bsd" -- "$cur")) && return ;;
	--scope) COMPREPLY=($(compgen -W "model device" -- "$cur")) && return ;;
	--state) COMPREPLY=($(compgen -W "active stored maintenance retired" -- "$cur")) && return ;;
	--result)
		COMPREPLY=($(compgen -W "verified behind skipped untrusted partial unreachable refused
			wrong-device drifted" -- "$cur"))
		return
		;;
	--model)
		COMPREPLY=($(compgen -W "$(pumpwatch "${config[@]}" models 2>/dev/null |
			sed 1d | cut -d' ' -f1)" -- "$cur"))
		return
		;;
	esac

	if [ -z "$verb" ]; then
		COMPREPLY=($(compgen -W "$verbs --config --json --quiet --by --help --version" -- "$cur"))
	elif [[ $cur == -* ]]; then
		[ "$verb" = baseline ] && verb=$second
		COMPREPLY=($(compgen -W "${options[$verb]-} --help" -- "$cur"))
	elif [ "$verb" = baseline ] && [ -z "$second" ]; then
		COMPREPLY=($(compgen -W "learn import add list show diff export accept-until withdraw" -- "$cur"))
	elif [ "$verb" = model ] && [ -z "$second" ]; then
		COMPREPLY=($(compgen -W "show check" -- "$cur"))
	elif [ "$verb" = alert ] && [ -z "$second" ]; then
		COMPREPLY=($(compgen -W "show" -- "$cur"))
	elif [[ "$verb $second" =~ ^(baseline\ (add|import|diff)|model\ check)$ ]]; then
		_filedir
	elif [[ "$verb $second" =~ ^(edit|retire|show|test|sweep|baseline\ learn) ]]; then
		COMPREPLY=($(compgen -W "$(pumpwatch "${config[@]}" devices 2>/dev/null |
			sed 1d | cut -d' ' -f1)" -- "$cur"))
	fi
} && complete -F _pumpwatch pumpwatch
