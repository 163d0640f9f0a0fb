# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The table that parts.sh fills in, and what is asked of it. A part that runs in
# a kernel goes by both names: region-mock-6.1.

part_names=()
part_kernels=()
part_kinds=()
part_minutes=()
part_commands=()

# part NAME KERNELS KIND MINUTES COMMAND...
part() {
	part_names+=("$1")
	part_kernels+=("$2")
	part_kinds+=("$3")
	part_minutes+=("$4")
	shift 4
	part_commands+=("$(printf '%q ' "$@")")
}

declare -A group_kernels=() group_parts=()

# group NAME KERNELS PART...
group() {
	group_kernels[$1]=$2
	group_parts[$1]=${*:3}
}

# Sets row and kernel of a part by its full name.
find_part() {
	for row in "${!part_names[@]}"; do
		kernel=
		if [[ ${part_kernels[row]} == - ]]; then
			[[ $1 != "${part_names[row]}" ]] || return 0
			continue
		fi
		kernel=${1#"${part_names[row]}"-}
		# shellcheck disable=SC2053 # a pattern
		[[ $kernel == "$1" || $kernel != ${part_kernels[row]} ]] || return 0
	done
	return 1
}

# Sets command to what a part runs: all of it, or just the tests named.
find_command() {
	local words word
	find_part "$1" || return
	shift
	eval "words=(${part_commands[row]})"
	command=()
	for word in "${words[@]}"; do
		if [[ $word == -- ]]; then
			(($#)) || continue
			command+=("$@")
			return
		fi
		[[ $word != K ]] || word=$kernel
		command+=("$word")
	done
}

known_names() {
	printf '%s\n' "${!group_parts[@]}" "${part_names[@]}" | awk '!seen[$0]++' | paste -sd' '
}

is_part() {
	[[ " ${part_names[*]} " == *" $1 "* ]]
}

# full_names [--group] KERNELS NAME...: prints the parts' full names. Of a group
# each kernel has the parts that run in it.
full_names() {
	local kernels name in_kernel in_group=
	if [[ $1 == --group ]]; then
		in_group=yes
		shift
	fi
	kernels=$1
	shift
	for name; do
		if find_part "$name"; then
			echo "$name"
			continue
		fi
		for in_kernel in $kernels; do
			if ! find_part "$name-$in_kernel"; then
				[[ -z $in_group ]] || continue
				echo "tools/check: no part $name$(is_part "$name" && echo " in kernel $in_kernel"); there are: $(known_names)" >&2
				return 2
			fi
			echo "$name-$in_kernel"
		done
	done
}

# Where a part by itself runs unless told.
usual_kernel() {
	local usual
	for usual in 6.1 debug newest; do
		! find_part "$1-$usual" || break
	done
	echo "$usual"
}

# Sets parts from names of parts and groups, and KERNELS if it is not set.
choose_parts() {
	local name names kernels=${KERNELS:-}
	parts=()
	for name; do
		if [[ -n ${group_parts[$name]:-} ]]; then
			: "${KERNELS:=${group_kernels[$name]}}"
			# shellcheck disable=SC2086 # names
			names=$(full_names --group "${kernels:-${group_kernels[$name]}}" ${group_parts[$name]}) || return
		else
			names=$(full_names "${kernels:-$(usual_kernel "$name")}" "$name") || return
		fi
		mapfile -t -O ${#parts[@]} parts <<<"$names"
	done
	: "${KERNELS:=6.1}"
	mapfile -t parts < <(printf '%s\n' "${parts[@]}" | awk '!seen[$0]++')
}

alone_of() {
	local part
	for part; do
		find_part "$part"
		[[ ${part_kinds[row]} != alone ]] || echo "$part"
	done
}

# The longest first.
beside_of() {
	local part
	for part; do
		find_part "$part"
		[[ ${part_kinds[row]} == alone ]] || echo "${part_minutes[row]} $part"
	done | sort -s -rn | cut -d' ' -f2
}
