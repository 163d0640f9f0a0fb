# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Parts side by side. What one says is in its log, and shown when it has ended.

declare -A running=() began=()
progress_interval=${VFMIG_CHECK_INTERVAL:-60}
# A shell's background jobs do not hear of Ctrl-C.
trap 'trap - TERM; kill -TERM 0' INT TERM HUP

begin_part() {
	local part=$1 names command
	mapfile -t names < <(failed_tests_of "$part")
	find_command "$part" "${names[@]}"
	printf '== %-20s begins (log: %s)\n' "$part" "${logs:?}/$part.log"
	start_watch "$part"
	{
		"${command[@]}" </dev/null 2>&1 | watch_part "$part"
		exit "${PIPESTATUS[0]}"
	} &
	running[$!]=$part
	began[$part]=$SECONDS
}

# side_by_side MOST PART...
side_by_side() {
	local most=$1 ended status clock
	shift
	(($#)) || return 0
	sleep "$progress_interval" &
	clock=$!
	while (($# || ${#running[@]})); do
		while (($# && ${#running[@]} < most)); do
			begin_part "$1"
			shift
		done
		wait -n -p ended "$clock" "${!running[@]}"
		status=$?
		if [[ $ended == "$clock" ]]; then
			show_progress "${running[@]}"
			sleep "$progress_interval" &
			clock=$!
		else
			end_part "${running[$ended]}" "$status" "$((SECONDS - began[${running[$ended]}]))"
			unset "running[$ended]"
		fi
	done
	kill "$clock"
	wait "$clock" 2>/dev/null
}
