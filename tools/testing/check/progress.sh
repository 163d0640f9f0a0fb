# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Where each part is, by what it says as it goes.

start_watch() {
	: >"${logs:?}/$1.log"
	note_progress "$1" 0 - "$EPOCHSECONDS" ""
}

# note_progress PART DONE PLANNED SINCE WHAT
note_progress() {
	printf '%s\n' "${*:2}" >"$logs/$1.now"
}

# Writes a part's log, and notes after each line that matters where it is.
watch_part() {
	local part=$1 line done_tests=0 planned=- since=$EPOCHSECONDS what=
	while IFS= read -r line || [[ -n $line ]]; do
		printf '%s\n' "$line"
		case $line in
		# One that was started over.
		"TAP version"*) done_tests=0 ;;
		1..[0-9]*) planned=${line#1..} planned=${planned%%[!0-9]*} ;;
		"# begins "*) what=${line#"# begins "} since=$EPOCHSECONDS ;;
		"ok "* | "not ok "*) done_tests=$((done_tests + 1)) what='' since=$EPOCHSECONDS ;;
		*) continue ;;
		esac
		note_progress "$part" "$done_tests" "$planned" "$since" "$what"
	done >>"$logs/$part.log"
}

# A line for each of the parts.
show_progress() {
	local part done_tests planned since what
	for part; do
		# It is empty just before it is written: the next time, then.
		read -r done_tests planned since what <"$logs/$part.now" || continue
		printf '.. %d min  %s: %s%s, %s (%d s)\n' $((SECONDS / 60)) "$part" \
			"$done_tests" "$([[ $planned == - ]] || echo " of $planned")" \
			"$([[ -n $what ]] && echo "now $what" || echo "between tests")" $((EPOCHSECONDS - since))
	done
}
