#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Gives VFs to a variant driver, runs test programs on them, sums up.
set -uo pipefail

usage() {
	cat <<-'TEXT'
		usage: run.sh [--modules DIR] [--driver NAME] [--] PROGRAM[:TEST,TEST...]...
		       run.sh --count PROGRAM[:TEST,TEST...]...

		  --modules DIR  load vfmig.ko and the driver's module from below DIR;
		                 without it they are expected to be loaded
		  --driver NAME  mock (default), igbvf, sample, oob or virtio-adm: NAME-vfio-pci.ko;
		                 for oob "agent" runs beside all programs but oob_* and *_agent,
		                 or what VFMIG_AGENT_PROGRAM names
		  --count        only say how many tests the programs have

		The devices are VFMIG_DEV and VFMIG_DEV2, or the first two VFs there are. Where
		VFMIG_PF says so they are two VFs of this PF, which are made after it has been
		bound to VFMIG_PF_DRIVER, and removed at the end.
		Ends with "N passed, N failed, N skipped". Exit status: 0; 1 where a test
		or the kernel failed; 4 where nothing could be tried.
	TEXT
}

modules=
driver=mock
only_count=
while (($#)); do
	case $1 in
	--modules) modules=${2:?--modules needs a directory}; shift 2 ;;
	--driver) driver=${2:?--driver needs a name}; shift 2 ;;
	--count) only_count=yes; shift ;;
	-h | --help) usage; exit 0 ;;
	--) shift; break ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
done
(($#)) || { usage >&2; exit 2; }

# run PROGRAM[:TEST,TEST...] [ARG...]
run() {
	local program=${1%%:*} tests=${1#"${1%%:*}"}
	shift
	if [[ -n $tests ]]; then
		VFMIG_TESTS=$(tr , ' ' <<<"${tests#:}") "$program" "$@"
	else
		"$program" "$@"
	fi
}

count_tests() {
	local program
	for program; do
		run "$program" --list
	done | wc -l
}

if [[ -n $only_count ]]; then
	count_tests "$@"
	exit
fi

nothing() {
	echo "1..0 # SKIP $*"
	exit 4
}

here=$(dirname "${BASH_SOURCE[0]}")
pci=/sys/bus/pci
pci_driver=${driver//-/_}_vfio_pci
trouble='BUG:|WARNING:|Oops|general protection|Call Trace|KASAN|UBSAN|KMEMLEAK|possible (circular|recursive)|suspicious RCU|hung task|blocked for more than'

((EUID == 0)) || nothing "needs root"

find_vfs() {
	local physfn
	for physfn in "$pci"/devices/*/physfn; do
		[[ -e $physfn ]] && basename "$(dirname "$physfn")"
	done
}

is_ours() {
	[[ -n $(find "$modules" -name "$1.ko" -print -quit) ]]
}

# insmod does not look for what a module depends on.
load() {
	local name=$1 file needed
	[[ ! -e /sys/module/${name//-/_} ]] || return 0
	file=$(find "$modules" -name "$name.ko" -print -quit)
	[[ -n $file ]] || { echo "# no $name.ko below $modules"; return 1; }
	for needed in $(modinfo -F depends "$file" | tr , ' '); do
		if is_ours "$needed"; then load "$needed"; else modprobe "$needed"; fi || return
	done
	insmod "$file" && loaded=("$name" "${loaded[@]}")
}

loaded=()
load_modules() {
	modprobe vfio_iommu_type1 || return
	[[ -n $modules ]] || return 0
	load "$driver-vfio-pci"
}

bind() {
	local bdf=$1 to=$2 device=$pci/devices/$1
	# A PF's VFs would go with its driver; not every kernel does that without a complaint.
	[[ ! -e $device/virtfn0 ]] || echo 0 >"$device/sriov_numvfs" || return
	[[ -e $device/driver ]] && echo "$bdf" >"$device/driver/unbind"
	echo "$to" >"$device/driver_override"
	echo "$bdf" >"$pci/drivers_probe"
	[[ $(basename "$(readlink "$device/driver")") == "$to" ]]
}

unbind() {
	local device=$pci/devices/$1
	[[ -e $device/driver ]] && echo "$1" >"$device/driver/unbind"
	echo >"$device/driver_override"
}

# Sets devices to VFs that have no driver.
make_vfs() {
	local pf=$pci/devices/$VFMIG_PF
	# One of ours is there already, and so is one that is built in.
	modprobe "$VFMIG_PF_DRIVER" 2>/dev/null
	bind "$VFMIG_PF" "$VFMIG_PF_DRIVER" || return
	echo 0 >"$pf/sriov_drivers_autoprobe"
	echo 2 >"$pf/sriov_numvfs" || return
	devices=("$(basename "$(readlink "$pf/virtfn0")")" "$(basename "$(readlink "$pf/virtfn1")")")
}

remove_vfs() {
	local pf=$pci/devices/$VFMIG_PF
	[[ ! -e $pf/virtfn0 ]] || echo 0 >"$pf/sriov_numvfs" || kernel_failed=1
	unbind "$VFMIG_PF"
}

# Of functions that a program has left without one, as many as there are.
agent=
start_agent() {
	local said
	[[ -z $agent ]] || return 0
	exec {agent_says}< <(exec "${VFMIG_AGENT_PROGRAM:-$here/agent}" ${VFMIG_AGENT_SIZE:+--size "$VFMIG_AGENT_SIZE"} "${devices[@]}" 2>&1)
	agent=$!
	read -r said <&"$agent_says"
	exec {agent_says}<&-
	[[ $said == ready ]] || { echo "# agent: $said"; agent=; return 1; }
	export VFMIG_AGENT=1
}

stop_agent() {
	[[ -n $agent ]] || return 0
	kill "$agent"
	tail --pid="$agent" -f /dev/null
	agent=
	unset VFMIG_AGENT
}

# Those that have agents of their own need functions without one.
choose_agent() {
	[[ $driver == oob ]] || return 0
	case $(basename "${1%%:*}") in
	oob_* | *_agent) stop_agent ;;
	*) start_agent ;;
	esac
}

bound=()
clean_up() {
	local bdf name
	stop_agent
	for bdf in "${bound[@]}"; do
		unbind "$bdf"
	done
	[[ -z ${VFMIG_PF:-} ]] || remove_vfs
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

result() {
	local verdict=$1 name=$2
	if [[ $verdict == "not ok" ]]; then
		failed=$((failed + 1))
	elif [[ $name == *"# SKIP"* ]]; then
		skipped=$((skipped + 1))
	else
		passed=$((passed + 1))
	fi
	echo "$verdict $((passed + failed + skipped)) - $name"
}

# One TAP document out of many: tests numbered on, each with its program's name.
# Notes in planned and done_tests how far the program has come.
tell() {
	local name=$1 line=$2
	if [[ $line =~ ^((not )?ok)\ [0-9]+\ -\ (.*) ]]; then
		result "${BASH_REMATCH[1]}" "$name.${BASH_REMATCH[3]}"
		done_tests=$((done_tests + 1))
	elif [[ $line =~ ^1\.\.([0-9]+) ]]; then
		planned=${BASH_REMATCH[1]}
	elif [[ $line == "# begins "* ]]; then
		echo "# begins $name.${line#"# begins "}"
	elif [[ $line == "# "* ]]; then
		echo "$line"
	elif [[ -n $line && $line != "TAP version"* ]]; then
		echo "# $name: $line"
	fi
}

# Tells each line as it comes. A program that ends early, or dies, has failed
# whatever it said before.
run_program() {
	local program=$1 name line status='?' planned=none done_tests=0
	name=$(basename "${program%%:*}")
	while IFS= read -r line; do
		if [[ $line == "run.sh: ended with "* ]]; then
			# Others may have the pipe still open.
			status=${line##* }
			break
		fi
		tell "$name" "$line"
	done < <(
		run "$program" 2>&1
		# On a line of its own, whatever was said last.
		printf '\nrun.sh: ended with %d\n' $?
	)
	if ((!done_tests)) && [[ $program == *:* ]]; then
		result "not ok" "$name: ended with status $status, has none of the tests ${program#*:}"
	elif [[ $done_tests != "$planned" ]]; then
		result "not ok" "$name: ended with status $status after $done_tests of ${planned/none/?} tests"
	fi
}

say_to_log "vfmig selftests $$ begin" || nothing "the kernel's log cannot be read"
load_modules || nothing "modules cannot be loaded"
if [[ -n ${VFMIG_PF:-} ]]; then
	make_vfs || nothing "$VFMIG_PF cannot be bound to $VFMIG_PF_DRIVER, or has no VFs"
elif [[ -n ${VFMIG_DEV:-} ]]; then
	devices=("$VFMIG_DEV" ${VFMIG_DEV2:+"$VFMIG_DEV2"})
else
	mapfile -t devices < <(find_vfs | head -n 2)
fi
((${#devices[@]})) || nothing "no VF"
for bdf in "${devices[@]}"; do
	bind "$bdf" "$pci_driver" || nothing "$bdf cannot be bound to $pci_driver"
	bound+=("$bdf")
done
export VFMIG_DEV=${devices[0]} VFMIG_DEV2=${devices[1]:-} VFMIG_MODULES=$modules

# The last one is the kernel's.
echo "1..$(($(count_tests "$@") + 1))"
for program; do
	choose_agent "$program" || nothing "no agent can be attached"
	run_program "$program"
done

rule="kernel: nothing to complain of, and the modules can be unloaded"
echo "# begins kernel"
began=$SECONDS
clean_up
say_to_log "vfmig selftests $$ end" || kernel_failed=1
complaints || kernel_failed=1
if ((kernel_failed)); then
	result "not ok" "$rule"
	echo "# again=all"
else
	result ok "$rule"
fi
echo "# time=$((SECONDS - began)) s"
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
