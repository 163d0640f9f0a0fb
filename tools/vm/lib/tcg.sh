# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # qemu.sh uses it; K.conf has console_trouble
# What the host VM needs where it is emulated.

# All CPUs see the machine's own counter; asked for the time the HPET stops one
# after the other. How fast it counts is said by tcg_clock(). Nothing speculates. What
# is allocated is cleared by whoever has to clear it, or a test finds out.
tcg_kernel_options="tsc=reliable mitigations=off init_on_alloc=0"

# Adds the counter's frequency to tcg_kernel_options: a CPU that is taken away in the
# middle would measure it wrongly.
tcg_clock() {
	local khz=${VFMIG_TSC_KHZ:-}
	if [[ -z $khz ]]; then
		"$vm_dir/../qemu/build" tsc_khz tools/qemu/tsc_khz.c
		khz=$("$project/build/qemu/tsc_khz")
	fi
	[[ $khz =~ ^[1-9][0-9]*$ ]] || die "VFMIG_TSC_KHZ=$khz: must be a number of kHz"
	tcg_kernel_options+=" tsc_early_khz=$khz"
}

# What costs an emulator more than it is worth: strings byte by byte, and leaving
# a translated block at each access to a user's memory. The latter finds faults,
# so a kernel made for that keeps it.
tcg_dear_features() {
	printf erms,fsrm
	[[ -n $console_trouble ]] || printf ,smap
}

# A thread a CPU, where the emulator can: QEMU 10.0.2 now and then trips over its
# own TLB when the memory map changes (iotlb_to_section), as it does with each
# BAR that is switched on or off, and 10.0.13 loses a timer's interrupt.
tcg_thread_of() {
	local version
	version=$(<"$1/qemu")
	if ((${version%%.*} >= 11)); then
		printf multi
	else
		printf single
	fi
}

# Asks QEMU whether OBJECT, which mends it (tools/qemu/), fits. Without its VMRUN and
# IGNNE mended there is no KVM in the VM, and DIR/no-kvm has the reason; without its
# stores mended, no thread a CPU, unless one is asked for. Sets tcg_object and
# tcg_thread.
tcg_load_mends() {
	local host=$1 object=$2 dir=$3 asked_thread=$4 status=0
	local -a qemu_argv
	# ld.so takes a list, and so no blanks.
	tcg_object=$dir/tcg.so
	ln -s "$(realpath -e "$object")" "$tcg_object"
	qemu_program "$host" "$tcg_object"
	"${qemu_argv[@]}" --version 2>"$dir/misfits" >/dev/null || status=$?
	if ((status)); then
		echo "QEMU does not start with $object in it: status $status" >>"$dir/misfits"
		tcg_object=
	fi
	grep -v '^smc: ' "$dir/misfits" >"$dir/no-kvm" || rm "$dir/no-kvm"
	tcg_thread=$(tcg_thread_of "$host")
	if [[ $tcg_thread == multi ]] && grep -vE '^(vmrun|ignne): ' "$dir/misfits" >&2 && [[ -z $asked_thread ]]; then
		say "so both CPUs are emulated in one thread, which is slower"
		tcg_thread=single
	fi
	tcg_thread=${asked_thread:-$tcg_thread}
}
