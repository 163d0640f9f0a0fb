# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# KVM where a guest really boots with it. That /dev/kvm opens proves nothing,
# so boot one, once per boot of this machine.

: "${cache:?}"

# What is against KVM here, or nothing; what QEMU wrote stays in DIR.
why_no_kvm() {
	local host=$1 kernel_part=$2 dir=$3 limit=${VFMIG_KVM_PROBE_LIMIT:-10} status
	local -a qemu_argv
	if [[ ! -e /dev/kvm ]]; then
		echo "there is no /dev/kvm"
		return
	fi
	if [[ ! -r /dev/kvm || ! -w /dev/kvm ]]; then
		echo "this user may not use /dev/kvm"
		return
	fi
	qemu_program "$host"
	qemu_machine kvm
	qemu_kernel "$kernel_part" vfmig.probe
	qemu_console "$dir/console"
	: >"$dir/console"
	# In a shell of its own, because bash has a word to say on a child that aborts.
	bash -c 'timeout -k 1 "$@"; exit $?' - "$limit" "${qemu_argv[@]}" -m 512M \
		</dev/null >"$dir/qemu" 2>&1
	status=$?
	if grep -q 'vfmig: guest boots' "$dir/console"; then
		return
	elif ((status == 124)); then
		echo "/dev/kvm is there, but a guest did not boot with it in $limit s"
	else
		echo "/dev/kvm is there, but QEMU fails with it: $(grep -v '^bash: \|^timeout: ' "$dir/qemu" | head -n 1)"
	fi
}

# Sets accel.
choose_accel() {
	local host=$1 kernel_part=$2 verdict dir
	accel=${VFMIG_ACCEL:-}
	[[ -z $accel ]] || return 0
	verdict=$cache/kvm/$(</proc/sys/kernel/random/boot_id)
	if [[ ! -e $verdict ]]; then
		mkdir -p "$cache/kvm"
		find "$cache/kvm" -mindepth 1 -maxdepth 1 -type f -delete
		dir=$(mktemp -d "${TMPDIR:-/tmp}/vfmig-kvm.XXXXXX")
		say "probing whether the host VM boots with KVM"
		why_no_kvm "$host" "$kernel_part" "$dir" >"$dir/why" || true
		if [[ -s $dir/why ]]; then
			say "no, it is emulated (TCG) until this machine is rebooted: $(<"$dir/why")"
			echo tcg
		else
			say "yes, KVM is used"
			echo kvm
		fi >"$verdict.$$"
		mv "$verdict.$$" "$verdict"
		rm -rf "$dir"
	fi
	accel=$(<"$verdict")
}
