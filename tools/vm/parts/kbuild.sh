# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The root in which modules are built for a kernel of another suite than the
# host VM's userspace: that suite's compiler, and the libraries that the programs
# among the kernel's headers want.

kbuild_packages=(
	base-files base-passwd bash bc binutils coreutils dash diffutils dwarves findutils gcc
	grep gzip kmod libc-bin libc6-dev libelf1 libssl-dev make mawk mount perl sed sparse tar
	util-linux xz-utils
)

part_resolve() {
	local suite=${1#kbuild-} work=$2
	apt_open "$suite" "$work/apt-$suite"
	apt_closure "${kbuild_packages[@]}" >"$work/packages"
}

part_fill() {
	local work=$2 made=$3
	say "fetching the root of the kernel's compiler: $(wc -l <"$work/packages") packages"
	apt_download_closure "$work/debs" "${kbuild_packages[@]}"
	root_make "$made/root" "$work/debs"
}
