# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One QEMU for guests in the host VM, beside others and whatever the VM's own
# suite is: an image with all that it needs, its own loader and libraries
# included. The program to run is qemu-system-x86_64 at its top; the image is
# mounted under /opt under the part's name.

qemu_packages=(qemu-system-x86 seabios)

# Where Debian has that version, or the newest of all: suite, and the pocket if it
# is not the main one.
qemu_source() {
	case $1 in
	qemu-5.2) echo bullseye ;;
	qemu-7.2) echo bookworm ;;
	qemu-10.0) echo trixie ;;
	*) echo trixie backports ;;
	esac
}

# Sets target, too: apt's option for the pocket.
part_resolve() {
	local name=$1 work=$2 pocket version
	read -r suite pocket < <(qemu_source "$name")
	apt_open "$suite" "$work/apt-$suite"
	target=()
	[[ -z $pocket ]] || mapfile -t target < <(apt_target "$suite")
	apt_closure "${target[@]}" "${qemu_packages[@]}" >"$work/packages"
	version=$(sed -n 's/^qemu-system-x86_\([0-9]*%3a\)\?\(.*\)_amd64.deb$/\2/p' "$work/packages")
	[[ $name == qemu-newest || $version == "${name#qemu-}"[.+]* ]] ||
		gone "$suite has QEMU $version now, and ${name#qemu-} no more"
}

# The libraries' own loader runs it, so that neither they nor the VM's get into
# the other's way; an installed QEMU's modules would not fit.
qemu_wrapper() {
	cat <<-TEXT
		#!/bin/sh
		here=/opt/$1
		lib=\$here/usr/lib/x86_64-linux-gnu
		export QEMU_MODULE_DIR=\$lib/qemu
		exec \$lib/ld-linux-x86-64.so.2 --library-path \$lib \$here/usr/bin/qemu-system-x86_64 \\
			-L \$here/usr/share/qemu -L \$here/usr/share/seabios "\$@"
	TEXT
}

part_fill() {
	local name=$1 work=$2 made=$3 root=$2/scratch/root
	say "fetching QEMU ${name#qemu-} for guests, from $suite: $(wc -l <"$work/packages") packages"
	apt_download_closure "$work/debs" "${target[@]}" "${qemu_packages[@]}"
	root_make "$root" "$work/debs"
	qemu_wrapper "$name" >"$root/qemu-system-x86_64"
	chmod 755 "$root/qemu-system-x86_64"
	part_hold "${host_name:?}"
	root_exec "${part_path:?}/root" mkfs.erofs --quiet --all-root "$made/root.erofs" "$root" >/dev/null
}
