# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Programs that run on the user's machine, whatever its distribution: the QEMU
# that has igb, and what makes images.

host_suite=bookworm
host_packages=(qemu-system-x86 seabios erofs-utils cpio kmod xz-utils busybox-static libc6)

part_resolve() {
	local work=$2
	apt_open "$host_suite" "$work/apt-$host_suite"
	apt_closure -t "$host_suite-backports" "${host_packages[@]}" >"$work/packages"
}

part_fill() {
	local work=$2 made=$3
	say "fetching QEMU for this machine: $(sed -n 's/^qemu-system-x86_\(.*\)_amd64.deb$/\1/p' "$work/packages" | sed 's/%3a/:/'), $(wc -l <"$work/packages") packages"
	apt_download_closure "$work/debs" -t "$host_suite-backports" "${host_packages[@]}"
	root_make "$made/root" "$work/debs"
}
