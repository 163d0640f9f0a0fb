# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Programs that run on the user's machine, whatever its distribution: the QEMU
# that has igb, and what makes images. "host" is the newest that Debian 13 can
# have, from its backports, "host-stable" its own, which stays where it is.
#   qemu     the version of QEMU

host_suite=trixie
host_packages=(qemu-system-x86 seabios erofs-utils cpio kmod xz-utils busybox-static libc6)

part_resolve() {
	local name=$1 work=$2
	apt_open "$host_suite" "$work/apt-$host_suite"
	target=()
	[[ $name == host-stable ]] || mapfile -t target < <(apt_target "$host_suite")
	apt_closure "${target[@]}" "${host_packages[@]}" >"$work/packages"
}

part_fill() {
	local work=$2 made=$3
	# The file names have the version as 1%3a11.1.3+ds-1.
	sed -n 's/^qemu-system-x86_\([0-9]*%3a\)\?\([0-9.]*\).*/\2/p' "$work/packages" >"$made/qemu"
	say "fetching QEMU $(<"$made/qemu") for this machine: $(wc -l <"$work/packages") packages"
	apt_download_closure "$work/debs" "${target[@]}" "${host_packages[@]}"
	root_make "$made/root" "$work/debs"
}
