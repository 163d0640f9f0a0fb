# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The root of the host VM, as a read-only image: with all of its files in one
# it boots faster than over 9p, and nobody needs privileges to make it.

l1_packages=(
	base-files base-passwd bash busybox-static coreutils cpio dash diffutils e2fsprogs ethtool
	findutils grep gzip hostname iperf3 ipxe-qemu iproute2 iputils-ping kmod libc-bin libinih1
	libsystemd0 mawk mount ncurses-bin pciutils perl-base procps psmisc python3 qemu-system-x86 qemu-utils
	seabios sed socat strace tar tcpdump util-linux xxd xz-utils
)

part_resolve() {
	local suite=${1#l1-} work=$2
	apt_open "$suite" "$work/apt-$suite"
	apt_closure "${l1_packages[@]}" >"$work/packages"
}

part_fill() {
	local work=$2 made=$3 root=$2/scratch/root applet
	say "fetching the host VM's root: $(wc -l <"$work/packages") packages"
	apt_download_closure "$work/debs" "${l1_packages[@]}"
	root_make "$root" "$work/debs"
	for applet in halt less nc poweroff reboot telnet vi which; do
		[[ -e $root/usr/bin/$applet || -e $root/usr/sbin/$applet ]] ||
			ln -s busybox "$root/usr/bin/$applet"
	done
	part_hold "${host_name:?}"
	root_exec "${part_path:?}/root" mkfs.erofs --quiet --all-root "$made/root.erofs" "$root" >/dev/null
}
