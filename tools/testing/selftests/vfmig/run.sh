#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Gives VFs to a variant driver, runs test programs on them, sums up.
set -uo pipefail

usage() {
	cat <<-'TEXT'
		usage: run.sh [--modules DIR] [--driver NAME] [--] PROGRAM...

		  --modules DIR  load vfmig.ko and the driver's module from below DIR;
		                 without it they are expected to be loaded
		  --driver NAME  mock (default) or igbvf: NAME-vfio-pci.ko

		The devices are VFMIG_DEV and VFMIG_DEV2, or the first two VFs there are.
		Ends with "N passed, N failed, N skipped". Exit status: 0; 1 where a test
		or the kernel failed; 4 where nothing could be tried.
	TEXT
}

modules=
driver=mock
while (($#)); do
	case $1 in
	--modules) modules=${2:?--modules needs a directory}; shift 2 ;;
	--driver) driver=${2:?--driver needs a name}; shift 2 ;;
	-h | --help) usage; exit 0 ;;
	--) shift; break ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
done
(($#)) || { usage >&2; exit 2; }

nothing() {
	echo "1..0 # SKIP $*"
	exit 4
}

here=$(dirname "${BASH_SOURCE[0]}")
pci=/sys/bus/pci
pci_driver=${driver}_vfio_pci
trouble='BUG:|WARNING:|Oops|general protection|Call Trace|KASAN|UBSAN|KMEMLEAK|possible (circular|recursive)|suspicious RCU|hung task|blocked for more than'

((EUID == 0)) || nothing "needs root"

find_vfs() {
	local physfn
	for physfn in "$pci"/devices/*/physfn; do
		[[ -e $physfn ]] && basename "$(dirname "$physfn")"
	done
}

# insmod does not look for what a module depends on.
load() {
	local name=$1 file needed
	[[ ! -e /sys/module/${name//-/_} ]] || return 0
	file=$(find "$modules" -name "$name.ko" -print -quit)
	[[ -n $file ]] || { echo "# no $name.ko below $modules"; return 1; }
	for needed in $(modinfo -F depends "$file" | tr , ' '); do
		[[ $needed == vfmig ]] || modprobe "$needed" || return
	done
	insmod "$file" && loaded=("$name" "${loaded[@]}")
}

loaded=()
load_modules() {
	modprobe vfio_iommu_type1 || return
	[[ -n $modules ]] || return 0
	load vfmig && load "$driver-vfio-pci"
}

bind() {
	local bdf=$1 device=$pci/devices/$1
	[[ -e $device/driver ]] && echo "$bdf" >"$device/driver/unbind"
	echo "$pci_driver" >"$device/driver_override"
	echo "$bdf" >"$pci/drivers_probe"
	[[ $(basename "$(readlink "$device/driver")") == "$pci_driver" ]]
}

unbind() {
	local device=$pci/devices/$1
	[[ -e $device/driver ]] && echo "$1" >"$device/driver/unbind"
	echo >"$device/driver_override"
}

bound=()
clean_up() {
	local bdf name
	for bdf in "${bound[@]}"; do
		unbind "$bdf"
	done
	for name in "${loaded[@]}"; do
		rmmod "$name" || kernel_failed=1
	done
	bound=()
	loaded=()
}

# Followed from the start: what the kernel keeps is too short for all tests.
kernel_log=$(mktemp)
dmesg --follow-new >"$kernel_log" 2>/dev/null &
log_reader=$!
trap 'clean_up; kill "$log_reader"; rm -f "$kernel_log"' EXIT

say_to_log() {
	local deadline=$((SECONDS + 60))
	until grep -qF "$1" "$kernel_log"; do
		((SECONDS < deadline)) || return
		echo "$1" >/dev/kmsg
		sleep 0.05
	done
}

# Each with the test that it came in, as its program has told the kernel.
complaints() {
	awk -f "$here/known-defects.awk" "$kernel_log" | awk -v trouble="$trouble" '
		/\] selftest: /	{ test = $0; next }
		$0 ~ trouble	{
			if (test) print "# " test
			test = ""
			found = 1
			left = 30
		}
		left-- > 0	{ print "# " $0 }
		END		{ exit found }'
}

passed=0
failed=0
skipped=0
kernel_failed=0

number() {
	echo $((passed + failed + skipped))
}

# One TAP document out of many: tests numbered on, each with its program's name.
renumber() {
	awk -v name="$1" -v n="$(number)" '
		/^TAP version|^1\.\./	{ next }
		/^ok |^not ok /		{
			n++
			sub(/ok [0-9]+ - /, "ok " n " - " name ".")
			print
			next
		}
		/^# /			{ print; next }
					{ print "# " name ": " $0 }'
}

# A program that ends early, or dies, has failed whatever it said before.
judge() {
	local name=$1 status=$2 log=$3 planned done_tests
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log")
	done_tests=$(grep -cE '^(not )?ok ' "$log")
	passed=$((passed + $(grep -E '^ok ' "$log" | grep -vc '# SKIP')))
	skipped=$((skipped + $(grep -cE '^ok .*# SKIP' "$log")))
	failed=$((failed + $(grep -cE '^not ok ' "$log")))
	if [[ $done_tests != "${planned:-none}" ]]; then
		failed=$((failed + 1))
		echo "not ok $(number) - $name: ended with status $status after $done_tests of ${planned:-?} tests"
	fi
}

run_program() {
	local program=$1 name log status
	name=$(basename "$program")
	log=$(mktemp)
	"$program" >"$log" 2>&1
	status=$?
	renumber "$name" <"$log"
	judge "$name" "$status" "$log"
	rm -f "$log"
}

say_to_log "vfmig selftests $$ begin" || nothing "the kernel's log cannot be read"
load_modules || nothing "modules cannot be loaded"
if [[ -n ${VFMIG_DEV:-} ]]; then
	devices=("$VFMIG_DEV" ${VFMIG_DEV2:+"$VFMIG_DEV2"})
else
	mapfile -t devices < <(find_vfs | head -n 2)
fi
((${#devices[@]})) || nothing "no VF"
for bdf in "${devices[@]}"; do
	bind "$bdf" || nothing "$bdf cannot be bound to $pci_driver"
	bound+=("$bdf")
done
export VFMIG_DEV=${devices[0]} VFMIG_DEV2=${devices[1]:-} VFMIG_MODULES=$modules

for program; do
	run_program "$program"
done

clean_up
say_to_log "vfmig selftests $$ end" || kernel_failed=1
complaints || kernel_failed=1
if ((kernel_failed)); then
	failed=$((failed + 1))
	echo "not ok $(number) - kernel: nothing to complain of, and the modules can be unloaded"
else
	passed=$((passed + 1))
	echo "ok $(number) - kernel: nothing to complain of, and the modules can be unloaded"
fi
echo "1..$(number)"
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
