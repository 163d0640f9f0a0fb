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

# What Debian's archive had and has no more is nobody's failure: whoever can do
# without skips it.
# shellcheck disable=SC2034 # for those who call fetch
gone_status=4
gone() {
	say "$*"
	exit "$gone_status"
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
	printf '%s\n' 6.1 6.12 newest debug debug-newest
}

# The file that tells of a kernel: backports has more series than could be
# listed, and moves on.
kernel_conf_of() {
	local series='^(newest|[1-9][0-9]*\.[0-9]+)$' conf=$1
	if [[ ! -e $vm_dir/kernels/$conf.conf ]]; then
		if [[ $1 =~ $series ]]; then
			conf=backports
		elif [[ $1 == debug-* && ${1#debug-} =~ $series ]]; then
			conf=debug-backports
		fi
	fi
	printf '%s' "$vm_dir/kernels/$conf.conf"
}

# Sets suite, l1_root, toolchain ... of one kernel.
load_kernel_conf() {
	kernel=$1
	kbuild=
	# shellcheck disable=SC2034 # what only some have
	kernel_source=
	# shellcheck disable=SC2034
	kernel_config=()
	kernel_patches=()
	# Set where the series is not known in advance.
	kernel_config_drifts=
	# shellcheck disable=SC2034
	console_trouble=
	kernel_conf=$(kernel_conf_of "$kernel")
	[[ $kernel != */* && -r $kernel_conf ]] ||
		die "no kernel '$kernel'; known: $(known_kernels | paste -sd' '), and by number those of trixie-backports: 7.2, debug-7.2"
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
