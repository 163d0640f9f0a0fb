# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # qemu.sh has qemu_argv
# Watches a VM until its command begins, and says of one that does not come so far
# where its CPUs are.

# The pid of QEMU, the child of $1.
qemu_of() {
	local child
	child=$(<"/proc/$1/task/$1/children") && echo "${child% }"
} 2>/dev/null

# Milliseconds of CPU time that the threads of a process have used, and those for
# which they have waited for a CPU; nothing of a process that has ended, 0 and 0 where
# the kernel does not count them.
cpu_times_of() {
	local stat ran waited all_ran=0 all_waited=0
	for stat in "/proc/$1"/task/*/schedstat; do
		read -r ran waited _ <"$stat" || continue
		all_ran=$((all_ran + ran / 1000000))
		all_waited=$((all_waited + waited / 1000000))
	done
	[[ ! -e /proc/$1 ]] || echo "$all_ran $all_waited"
} 2>/dev/null

# watch_boot PID STARTED LIMIT: ends when the file STARTED is there. Or says why on
# stdout, when QEMU, the child of PID, has used LIMIT seconds of CPU time and so
# should have booted, or has not used them although it need not wait for a CPU. What
# else the machine does is no matter.
watch_boot() {
	local vm=$1 started=$2 limit=$3 qemu ran waited begun=$SECONDS
	while [[ -e /proc/$vm && ! -e $started ]]; do
		sleep 1
		qemu=$(qemu_of "$vm") && read -r ran waited < <(cpu_times_of "$qemu") || continue
		if ((ran >= limit * 1000)); then
			echo "did not come up in $limit s of CPU time"
			return
		elif (((SECONDS - begun) * 1000 - waited >= limit * 1000)); then
			echo "did not come up in $limit s in which a CPU was free for it; it has used $((ran / 1000)) s of CPU time"
			return
		fi
	done
}

# A monitor that this shell can speak to: two pipes in DIR.
qemu_monitor() {
	mkfifo "$1/monitor.in" "$1/monitor.out"
	qemu_argv+=(
		-chardev "pipe,id=monitor,path=$(qemu_quote "$1/monitor")"
		-mon "chardev=monitor,mode=readline"
	)
}

# ask_monitor DIR COMMAND...: the answers. The end is known by a command that is none.
ask_monitor() {
	local dir=$1
	shift
	timeout 5 tee "$dir/monitor.in" < <(printf '%s\n' "$@" answered) >/dev/null || return
	timeout 20 sed "/unknown command: 'answered'/Q" "$dir/monitor.out" |
		sed 's/\x1b\[[0-9;]*[A-Za-z]//g; s/\r$//'
}

# Where the threads of QEMU wait, and where the VM's CPUs are.
show_standstill() {
	local dir=$1 qemu=$2 thread
	for thread in "/proc/$qemu"/task/*; do
		say "QEMU's thread $(<"$thread/comm"): $(sed -n 's/^State:[[:space:]]*//p' "$thread/status"), in $(<"$thread/wchan")"
	done
	say "its init has come to (seconds since the kernel began): $(tr '\n' ';' <"$dir/boot")"
	# Twice, to see what runs.
	ask_monitor "$dir" "info registers -a" "info status" "info registers -a" "info lapic 0" "info lapic 1" "info pic" >"$dir/monitor" ||
		say "QEMU's monitor does not answer"
	sed -E '/^\(qemu\)|^([XYZ]MM|FPR|FCW|Opmask)/d; s/^/# /' "$dir/monitor" >&2
}
