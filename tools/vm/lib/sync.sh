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

# sync_sources FROM TO PATH...
sync_sources() {
	local from=$1 to=$2 manifest=$2/.sources path
	local -A wanted=()
	shift 2
	list_sources "$from" "$@" >"$manifest.new"
	while IFS= read -r -d '' path; do
		wanted[$path]=1
		if ! cmp -s "$from/$path" "$to/$path"; then
			mkdir -p "$(dirname "$to/$path")"
			# Not its time: make must see that it is new here.
			cp --preserve=mode "$from/$path" "$to/$path"
		fi
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
