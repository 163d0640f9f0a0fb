# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# KVM where a guest really boots with it. That /dev/kvm opens proves nothing,
# so boot one, once per boot of this machine.

: "${cache:?}"

kvm_boots_guest() {
	local host=$1 kernel_part=$2 console
	local -a qemu_argv
	console=$(mktemp "$cache/kvm/probe.XXXXXX")
	(
		qemu_program "$host"
		qemu_machine kvm
		qemu_kernel "$kernel_part" vfmig.probe
		qemu_console "$console"
		timeout -k 1 "${VFMIG_KVM_PROBE_LIMIT:-10}" "${qemu_argv[@]}" -m 512M
	) </dev/null >/dev/null 2>&1 || true
	grep -q 'vfmig: guest boots' "$console"
	local verdict=$?
	rm -f "$console"
	return "$verdict"
}

# Sets accel.
choose_accel() {
	local host=$1 kernel_part=$2 boot_id verdict
	accel=${VFMIG_ACCEL:-}
	[[ -z $accel ]] || return 0
	accel=tcg
	[[ -r /dev/kvm && -w /dev/kvm ]] || return 0
	boot_id=$(</proc/sys/kernel/random/boot_id)
	verdict=$cache/kvm/$boot_id
	if [[ ! -e $verdict ]]; then
		mkdir -p "$cache/kvm"
		say "probing whether a guest boots with KVM"
		if kvm_boots_guest "$host" "$kernel_part"; then
			accel=kvm
		fi
		say "using $accel until the next reboot of this machine"
		find "$cache/kvm" -type f ! -name 'probe.*' -delete
		printf '%s\n' "$accel" >"$verdict.$$"
		mv "$verdict.$$" "$verdict"
	fi
	accel=$(<"$verdict")
}
