# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernel's own selftests of vfio with the headers that they include, and its
# driver for virtio VFs: src/, as in the kernel's tree. vfiotests-SUITE is out of
# the newest source that the suite and its backports have.

part_resolve() {
	local suite=${1#vfiotests-} work=$2 package
	apt_open "$suite" "$work/apt-$suite"
	package=$(apt_do apt-cache search --names-only '^linux-source-[0-9]+\.[0-9]+$' |
		sed 's/ .*//' | sort -V | tail -n 1)
	apt_do apt-cache show --no-all-versions "$package" |
		awk '/^Package:/ { p = $2 } /^Version:/ { print p "=" $2; exit }' >"$work/packages"
}

# With what the tests' headers are links to.
wanted_of_source() {
	printf '%s\n' tools/testing/selftests/{vfio,'*.h'} tools/include tools/arch/x86/include \
		include/linux/pci_ids.h drivers/dma/{ioat/'*.h',idxd/registers.h} \
		drivers/net/ethernet/intel/igb/'*.h' drivers/vfio/pci/virtio
}

part_fill() {
	local work=$2 made=$3 package wanted
	package=$(<"$work/packages")
	mapfile -t wanted < <(wanted_of_source | sed 's,^,linux-source-*/,')
	say "fetching vfio's selftests, out of $package"
	part_hold "${host_name:?}"
	apt_download "$work/debs" "$package"
	mkdir "$made/src"
	# An older source has not all of it.
	dpkg-deb --fsys-tarfile "$work/debs"/*.deb |
		tar -xO "./usr/src/${package%%=*}.tar.xz" |
		root_exec "${part_path:?}/root" xz -dc |
		tar -x -C "$made/src" --strip-components=1 --wildcards "${wanted[@]}" 2>/dev/null || true
	[[ -e $made/src/tools/testing/selftests/vfio/Makefile ]] ||
		gone "${package%%=*} has no selftests of vfio"
}
