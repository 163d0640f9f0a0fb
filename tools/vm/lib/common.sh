# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every command of the harness shares: messages, places, requirements.

export LC_ALL=C
vm_dir=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
project=$(cd -P "$vm_dir/../.." && pwd -P)
cache=${VFMIG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfmig}
PATH=$PATH:/usr/sbin:/sbin

say() {
	printf 'vfmig: %s\n' "$*" >&2
}

die() {
	say "$*"
	exit 125
}

need() {
	local program missing=()
	for program; do
		command -v "$program" >/dev/null || missing+=("$program")
	done
	((${#missing[@]} == 0)) || die "missing on this machine: ${missing[*]}" \
		"(tools/vm/README.md names the packages)"
}

check_machine() {
	[[ $(uname -s)/$(uname -m) == Linux/x86_64 ]] ||
		die "needs an x86_64 Linux machine, this is $(uname -s)/$(uname -m)"
	[[ $cache == /* && $cache != *[:,[:space:]]* ]] ||
		die "cache directory '$cache': must be absolute, without blanks, colons or commas; set VFMIG_CACHE"
}

known_kernels() {
	local conf
	for conf in "$vm_dir"/kernels/*.conf; do
		basename "$conf" .conf
	done
}

# Sets suite, l1_root, toolchain ... of one kernel.
load_kernel_conf() {
	kernel=$1
	kbuild=
	# shellcheck disable=SC2034 # what only some have
	kernel_source=
	# shellcheck disable=SC2034
	console_trouble=
	kernel_conf=$vm_dir/kernels/$kernel.conf
	[[ $kernel != */* && -r $kernel_conf ]] ||
		die "no kernel '$kernel'; known: $(known_kernels | paste -sd' ')"
	# shellcheck source=/dev/null
	source "$kernel_conf"
	: "${kbuild:=${toolchain:?}}"
}

# The caller's directory if the other side has it too, else the project's.
shared_cwd() {
	local here
	here=$(pwd -P)
	if [[ $here == "$project" || $here == "$project"/* ]]; then
		printf '%s' "$here"
	else
		printf '%s' "$project"
	fi
}
