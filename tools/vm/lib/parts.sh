# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The cache: parts named after their recipe, each present as a whole or not at all.
#
#   parts/NAME-KEY            link to the generation in use
#   parts/NAME-KEY.STAMP/     one generation; .inuse is locked by its users

: "${cache:?}" "${vm_dir:?}" "${project:?}"
parts_dir=$cache/parts

# The programs for the user's machine, see parts/host.sh.
case ${VFMIG_HOST_QEMU:=newest} in
newest) host_name=host ;;
stable) host_name=host-stable ;;
*) die "VFMIG_HOST_QEMU=$VFMIG_HOST_QEMU: must be newest or stable" ;;
esac

# What a guest in the host VM may run in; parts/qemu.sh says where they are from.
# 11.1 is what the newest is as this is written.
known_qemus=(5.2 7.2 10.0 11.1 newest)
# Those that the caller asked for.
qemus=()
# The kernel's selftests, if the caller asked for them: see parts/vfiotests.sh.
vfiotests=
# What the emulated virtio owner is compiled with, if it was asked for: parts/qemuheaders.sh.
virtio_headers=

want_qemu() {
	[[ " ${known_qemus[*]} " == *" $1 "* ]] || die "no QEMU '$1'; known: ${known_qemus[*]}"
	[[ " ${qemus[*]} " == *" $1 "* ]] || qemus+=("$1")
}

# host, l1-bookworm, toolchain-bookworm, kbuild-trixie, clang-bookworm,
# source-bookworm, vfiotests-trixie, kernel-6.1, qemu-10.0: recipe parts/{host,l1,...}.sh
part_recipe() {
	if is_built "$1"; then
		printf '%s' "$vm_dir/build-kernel"
	else
		printf '%s' "$vm_dir/parts/${1%%-*}.sh"
	fi
}

part_key() {
	local name=$1
	{
		printf '%s\n' "$name"
		cat "$(part_recipe "$name")" "$vm_dir/lib/root.sh"
		[[ $name != kernel-* ]] ||
			cat "$kernel_conf" "$vm_dir/lib/initramfs.sh" "$vm_dir/guest/initramfs-init"
		! is_built "$name" || built_kernel_key
	} | sha256sum | cut -c1-12
}

# A kernel whose configuration names a source is not fetched but built from it.
is_built() {
	[[ $1 == kernel-* && -n $kernel_source ]]
}

# What tinyconfig is changed by, in this order.
built_kernel_configs() {
	printf '%s\n' "${kernel_config[@]/#/$vm_dir/kernels/}"
}

# What its source lacks.
built_kernel_patches() {
	local patch
	for patch in "${kernel_patches[@]}"; do
		printf '%s\n' "$vm_dir/kernels/$patch"
	done
}

built_kernel_key() {
	{ built_kernel_configs && built_kernel_patches; } |
		xargs cat "$(part_link "$kernel_source")/packages" 2>/dev/null || true
}

part_link() {
	printf '%s' "$parts_dir/$1-$(part_key "$1")"
}

part_ready() {
	[[ -e $(part_link "$1")/. ]]
}

# Sets part_path to the generation in use, kept from removal until this
# process and its children are gone.
part_hold() {
	local link held
	link=$(part_link "$1")
	while part_path=$(readlink -f "$link"); do
		exec {held}<"$part_path/.inuse"
		flock -s "$held"
		# An update may have replaced and removed it before it was locked.
		[[ $(readlink -f "$link") != "$part_path" ]] || return 0
		exec {held}<&-
	done
	return 1
}

parts_lock() {
	need flock sha256sum tar awk sed sort readlink
	mkdir -p "$parts_dir" || die "cannot make $parts_dir: set VFMIG_CACHE to a directory of yours"
	exec {parts_lock_fd}>"$cache/lock"
	if ! flock -n "$parts_lock_fd"; then
		say "waiting for another fetch to end"
		flock "$parts_lock_fd"
	fi
	# Under the lock, whatever is unfinished was left by a dead fetch.
	rm -rf "$parts_dir"/.new.*
}

part_remove() {
	flock -n -x "$1/.inuse" rm -rf "$1" || say "kept, because it is in use: $1"
}

part_install() {
	local name=$1 made=$2 link generation old
	link=$(part_link "$name")
	old=$(readlink -e "$link" || true)
	generation=$link.$(date +%s)
	: >"$made/.inuse"
	sync -f "$made"
	mv -T "$made" "$generation"
	ln -s "$(basename "$generation")" "$parts_dir/.new.link"
	mv -T "$parts_dir/.new.link" "$link"
	[[ ! -d $old ]] || part_remove "$old"
}

# Makes a part if it is not there, or if an update finds newer packages.
part_fetch() {
	local name=$1 update=$2 work=$parts_dir/.new.work made=$parts_dir/.new.$1
	if part_ready "$name" && [[ -z $update ]]; then
		return
	fi
	# shellcheck source=/dev/null
	source "$(part_recipe "$name")"
	part_resolve "$name" "$work"
	if part_ready "$name" && cmp -s "$work/packages" "$(part_link "$name")/packages"; then
		say "$name is up to date"
		return
	fi
	mkdir "$made"
	cp "$work/packages" "$made/packages"
	part_fill "$name" "$work" "$made"
	rm -rf "$work/debs" "$work/scratch"
	part_install "$name" "$made"
	say "$name is ready"
}

# Removes what no kernel of this checkout needs.
parts_prune() {
	local conf generation name keep=' '
	for conf in $(known_kernels); do
		load_kernel_conf "$conf"
		for name in $(kernel_parts) "kernel-$conf" "$(clang_root)" "vfiotests-${suite:?}" \
			host-stable qemuheaders; do
			keep+="$(part_link "$name") $(readlink -f "$(part_link "$name")" || true) "
		done
	done
	for name in "${known_qemus[@]/#/qemu-}"; do
		keep+="$(part_link "$name") $(readlink -f "$(part_link "$name")" || true) "
	done
	for generation in "$parts_dir"/*.*; do
		[[ $keep == *" $generation "* ]] || part_remove "$generation"
	done
	find "$parts_dir" -xtype l -delete
}

# Clang's root has the host VM's suite, like the one that it stands in for.
clang_root() {
	local l1=${l1_root:?}
	printf '%s' "clang-${l1#l1-}"
}

# What is fetched for a kernel, and the QEMUs and tests that are wanted beside it.
kernel_parts() {
	printf '%s\n' "$host_name" "${l1_root:?}" "${toolchain:?}" "${kbuild:?}" \
		"${kernel_source:-kernel-${kernel:?}}" "${qemus[@]/#/qemu-}" \
		${vfiotests:+"$vfiotests"} ${virtio_headers:+"$virtio_headers"} | awk '!seen[$0]++'
}

parts_ready() {
	local name
	for name in $(kernel_parts); do
		part_ready "$name" || return
	done
}

# Programs of their own, because they have their own locks and things to clean
# up; they must not go on when whoever needed the parts is gone.
parts_require() {
	local version options=()
	for version in "${qemus[@]}"; do
		options+=(--qemu "$version")
	done
	parts_ready || setpriv --pdeathsig TERM "$vm_dir/fetch" --kernel "$kernel" ${clang:+--clang} ${virtio_headers:+--virtio} "${options[@]}"
}

kernel_require() {
	parts_require
	part_ready "kernel-$kernel" || setpriv --pdeathsig TERM "$vm_dir/build-kernel" --kernel "$kernel"
}
