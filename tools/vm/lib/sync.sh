# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A copy of the sources that make can trust: a file is touched if and only if
# its contents changed, and is gone when it is gone.

list_sources() {
	local tree=$1 path present=()
	shift
	for path; do
		[[ ! -e $tree/$path ]] || present+=("$path")
	done
	((${#present[@]})) || return 0
	(cd "$tree" && find "${present[@]}" -type f ! -name '.*' \
		! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' \
		! -name modules.order ! -name Module.symvers -print0 | sort -z)
}

# Of the files that stdin names, which of TREE has which contents.
sums_in() {
	(cd "$1" && xargs -0 -r sha256sum -z) | LC_ALL=C sort -z
}

# sync_sources FROM TO PATH...; in a few processes for all files, not for each.
sync_sources() {
	local from=$1 to=$2 manifest=$2/.sources path
	local -A wanted=()
	shift 2
	list_sources "$from" "$@" >"$manifest.new"
	sums_in "$from" <"$manifest.new" >"$manifest.sums" || return
	# Where cp --parents (coreutils 9.1) makes a directory, it takes the next file for new.
	(cd "$to" && xargs -0 -r dirname -z | sort -zu | xargs -0 -r mkdir -p) <"$manifest.new"
	# Not their times: make must see that they are new here.
	LC_ALL=C comm -z -23 "$manifest.sums" <(sums_in "$to" <"$manifest.new" 2>/dev/null) |
		cut -z -c67- |
		(cd "$from" && xargs -0 -r cp --preserve=mode --parents -t "$to")
	while IFS= read -r -d '' path; do
		wanted[$path]=1
	done <"$manifest.new"
	if [[ -e $manifest ]]; then
		while IFS= read -r -d '' path; do
			[[ -n ${wanted[$path]:-} ]] || rm -f "$to/$path"
		done <"$manifest"
	fi
	mv "$manifest.new" "$manifest"
}

# A module that is no longer built must not be there to be loaded. By the kernel
# modules.order names the modules or what they are linked from.
remove_stale_modules() {
	local dir=$1 module built
	[[ -e $dir/modules.order ]] || return 0
	find "$dir" -name '*.ko' -print0 | while IFS= read -r -d '' module; do
		built=${module#"$dir"/}
		built=${built%.ko}
		grep -qxF -e "$dir/$built.ko" -e "$built.ko" -e "$dir/$built.o" -e "$built.o" \
			"$dir/modules.order" || rm -f "$module"
	done
}
