# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What --failed would run: a line of part, tab, test for each test that failed,
# and of part and tab for a part that has to run as a whole. A part is on the
# list from the beginning of a run, and stays if it does not come to its end.

failed_list() {
	echo "${logs:?}/failed"
}

replace_failed_list() {
	cat >"$(failed_list).new" && mv "$(failed_list).new" "$(failed_list)"
}

# A fresh run: nothing has passed yet.
expect_to_fail() {
	{
		printf 'KERNELS\t%s\n' "$KERNELS"
		printf '%s\t\n' "$@"
	} | replace_failed_list
}

# Sets failed_parts and, from the run that failed, KERNELS.
recall_failed() {
	local part
	[[ -e $(failed_list) ]] || { echo "tools/check: there has been no run yet" >&2; return 2; }
	KERNELS=$(sed -n 's/^KERNELS\t//p' "$(failed_list)")
	mapfile -t failed_parts < <(grep -v ^KERNELS "$(failed_list)" | cut -f1 | awk '!seen[$0]++')
	for part in "${failed_parts[@]}"; do
		find_part "$part" || { echo "tools/check: there is no part $part any more" >&2; return 2; }
	done
}

# The tests of a part that are on the list; none if all have to run.
failed_tests_of() {
	awk -F '\t' -v part="$1" '$1 == part && $2 != "" { print $2 }' "$(failed_list)"
}

forget_failed() {
	awk -F '\t' -v part="$1" '$1 != part' "$(failed_list)" | replace_failed_list
}

# A part has come to its end: the tests that have failed take the place of what
# was to be run.
remember_failed() {
	local part=$1 failures
	failures=$(failures_in "$logs/$part.log")
	[[ -n $failures ]] || return 0
	{
		awk -F '\t' -v part="$part" '$1 != part' "$(failed_list)"
		awk -v part="$part" '{ print part "\t" $0 }' <<<"$failures"
	} | replace_failed_list
}

# The tests that failed, as their results call them; none if no test alone is to
# blame. What was said before it was started over does not count.
failures_in() {
	awk '
		/^TAP version/		{ n = all = 0 }
		/^not ok /		{ sub(/^not ok ([0-9]+ )?(- )?/, ""); names[++n] = $0 }
		/^# again=all/		{ all = 1 }
		END {
			for (i = 1; !all && i <= n; i++)
				print names[i]
		}' "$1"
}
