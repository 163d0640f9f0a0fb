# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the parts have counted and what they took.

passed=0
failed=0
skipped=0
# A line of the table each, in the order in which they ended.
part_results=()

# What of a log is worth showing.
essence() {
	grep -vE '^# (begins |time=|again=)' |
		grep -E '^(not ok|ok|#|vfmig:|Timeout|Thread 0x|  File|[A-Za-z0-9_./-]+: (error|warning))|# SKIP'
}

# Why there was nothing to be done.
last_message() {
	tail -n 1 "$1" | sed 's/^vfmig: //'
}

note_result() {
	local line
	line=$(printf '%-20s %s' "$1" "$2")
	part_results+=("$line")
	printf '== %s\n' "$line"
}

skip_part() {
	skipped=$((skipped + 1))
	forget_failed "$1"
	note_result "$1" "skipped: $2"
}

# end_part PART STATUS SECONDS
end_part() {
	local part=$1 status=$2 took=$3 log=${logs:?}/$1.log line
	essence <"$log"
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
	if [[ -z $line ]] && ((status == 4)); then
		skip_part "$part" "$(last_message "$log")"
		return
	fi
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
	else
		line="did not finish"
	fi
	if [[ $line =~ \ ([1-9][0-9]*)\ failed ]]; then
		remember_failed "$part"
	elif ((status)) || [[ $line == "did not"* ]]; then
		# Something other than a test: it has to run again as it did.
		failed=$((failed + 1))
		line+=" (exit status $status)"
	else
		forget_failed "$part"
	fi
	note_result "$part" "$line, $took s"
}

show_table() {
	echo "== all parts"
	printf '   %s\n' "${part_results[@]}"
}

# Prints seconds, part and test, tab between them, of what a part has run.
times_in() {
	awk -v part="$1" '
		/^TAP version/ { n = 0 }
		/^(not )?ok / {
			test = $0
			sub(/^(not )?ok ([0-9]+ )?(- )?/, "", test)
			next
		}
		/^# time=/ && test != "" {
			seconds = $2
			sub(/^time=/, "", seconds)
			lines[++n] = seconds "\t" part "\t" test
		}
		{ test = "" }
		END { for (i = 1; i <= n; i++) print lines[i] }' "${logs:?}/$1.log"
}

show_slowest() {
	local part seconds test
	echo "== slowest tests"
	for part; do
		[[ ! -s $logs/$part.log ]] || times_in "$part"
	done | sort -rn | head -n 10 | while IFS=$'\t' read -r seconds part test; do
		printf '   %8.1f s  %-20s %.90s\n' "$seconds" "$part" "$test"
	done
}

# Prints what of a part has failed, and the last of what was said of it before.
failures_told_in() {
	awk -v part="$1" '
		function tell(what, line, i) {
			line = sprintf("   %-20s %s", part, what)
			for (i = n > 3 ? n - 2 : 1; i <= n; i++)
				line = line "\n      " said[i]
			told[++failures] = substr(line, 1, 600)
		}
		/^TAP version/			{ failures = 0 }
		/^TAP version|^# begins |^ok /	{ n = 0; next }
		/^not ok /			{ tell($0); n = 0; next }
		/^# (time|again)=/		{ next }
		/^(# |vfmig: )/			{ said[++n] = $0 }
		END {
			for (i = 1; i <= failures; i++)
				print told[i]
		}' "${logs:?}/$1.log"
}

# At the end, for whoever sees no more than that.
show_failed() {
	local part
	((failed)) || return 0
	echo "== failed"
	for part; do
		[[ ! -s $logs/$part.log ]] || failures_told_in "$part"
	done
	printf '   %s\n' "${part_results[@]}" | grep -F "(exit status "
}

show_sum() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	((failed == 0 && passed > 0))
}
