# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The source of a Debian suite's kernel, packed as Debian packs it: linux.tar.xz.

part_resolve() {
	local suite=${1#source-} work=$2 package
	apt_open "$suite" "$work/apt-$suite"
	package=$(apt_depends linux-source | grep '^linux-source-[0-9]')
	apt_do apt-cache show --no-all-versions "$package" |
		awk '/^Package:/ { p = $2 } /^Version:/ { print p "=" $2; exit }' >"$work/packages"
}

part_fill() {
	local work=$2 made=$3 package
	package=$(<"$work/packages")
	say "fetching the kernel's source, $package"
	apt_download "$work/debs" "$package"
	dpkg-deb --fsys-tarfile "$work/debs"/*.deb |
		tar -xO "./usr/src/${package%%=*}.tar.xz" >"$made/linux.tar.xz"
}
