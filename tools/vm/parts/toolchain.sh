# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The root in which modules and test programs are built: the kernel's own
# suite, so that compiler and libc are those of the kernel and of the VM.

toolchain_packages=(
	base-files base-passwd bash bc binutils bison coreutils cpio dash diffutils dwarves
	file findutils flex gcc gcc-12 gnuplot-nox grep gzip hostname kmod libc-bin libc6-dev
	libelf-dev libinih-dev libssl-dev libsystemd-dev make mawk mount patch perl python3 rsync sed shellcheck sparse
	tar util-linux xz-utils
)

part_resolve() {
	local suite=${1#toolchain-} work=$2
	apt_open "$suite" "$work/apt-$suite"
	apt_closure "${toolchain_packages[@]}" >"$work/packages"
}

# Debian packages checkpatch nowhere but in the whole source of the kernel.
add_checkpatch() {
	local root=$1 work=$2 source to=$1/usr/share/checkpatch
	source=$(apt_depends linux-source | grep '^linux-source-')
	say "fetching checkpatch, out of $source"
	apt_download "$work/source" "$source"
	mkdir -p "$to"
	dpkg-deb --fsys-tarfile "$work/source"/*.deb |
		tar -xO "./usr/src/$source.tar.xz" |
		root_exec "$root" xz -dc |
		tar -x -C "$to" --strip-components=2 "$source"/scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch}
	rm -rf "$work/source"
	printf '#!/bin/sh\nexec perl /usr/share/checkpatch/checkpatch.pl --no-tree "$@"\n' >"$root/usr/bin/checkpatch"
	printf '#!/bin/sh\nexec perl /usr/lib/linux-kbuild-*/scripts/kernel-doc "$@"\n' >"$root/usr/bin/kernel-doc"
	chmod 755 "$root"/usr/bin/{checkpatch,kernel-doc}
}

part_fill() {
	local work=$2 made=$3
	say "fetching the compiler's root: $(wc -l <"$work/packages") packages"
	apt_download_closure "$work/debs" "${toolchain_packages[@]}"
	root_make "$made/root" "$work/debs"
	add_checkpatch "$made/root" "$work"
}
