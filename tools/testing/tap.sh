# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One TAP document of what several programs, in VMs of their own or not, have said.

tap_passed=0
tap_failed=0
tap_skipped=0
# Of what was relayed last: its results, and how many it has announced.
tap_results=0
tap_announced=0

# tap_result VERDICT NAME
tap_result() {
	case $1,$2 in
	ok,*" # SKIP "*) tap_skipped=$((tap_skipped + 1)) ;;
	ok,*) tap_passed=$((tap_passed + 1)) ;;
	*) tap_failed=$((tap_failed + 1)) ;;
	esac
	echo "$1 $((tap_passed + tap_failed + tap_skipped)) $2"
}

# tap_relay NAME: the results of the document on stdin, as NAME's, each as it comes,
# and what else is in it.
tap_relay() {
	local line
	tap_results=0
	tap_announced=0
	while IFS= read -r line; do
		if [[ $line =~ ^((not )?ok)\ [0-9]+\ (.*) ]]; then
			tap_results=$((tap_results + 1))
			tap_result "${BASH_REMATCH[1]}" "$1: ${BASH_REMATCH[3]}"
		elif [[ $line =~ ^1\.\.([0-9]+)$ ]]; then
			tap_announced=${BASH_REMATCH[1]}
		elif ! [[ $line =~ ^TAP\ version|^[0-9]+\ passed, ]]; then
			echo "$line"
		fi
	done
}

tap_show_end() {
	tail -n "${2:-60}" "$1" | sed 's/^/# /'
}

# tap_from_vm NAME LOG RUN-OPTION...: what a command says in a VM, which has to say
# all that it announces. Ends the script with 4 where Debian's archive lacks something.
tap_from_vm() {
	local name=$1 log=$2 status=0
	shift 2
	tools/vm/run --retries 1 "$@" >"$log" 2>&1 || status=$?
	if ((status == 4)); then
		tail -n 1 "$log" >&2
		exit 4
	fi
	tap_relay "$name" < <(grep -E '^((not )?ok |1\.\.|#)' "$log")
	if ((status > 1 || !tap_announced || tap_results != tap_announced)); then
		tap_result "not ok" "$name: the VM ended with status $status"
		tap_show_end "$log"
	fi
}

# The last command of a script, whose status is this one's.
tap_end() {
	echo "1..$((tap_passed + tap_failed + tap_skipped))"
	echo "$tap_passed passed, $tap_failed failed, $tap_skipped skipped"
	((tap_failed == 0 && tap_passed > 0))
}
