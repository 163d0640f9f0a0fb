# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The source of a kernel, packed as Debian packs it: linux.tar.xz.
# source-SUITE is the suite's own, source-SUITE-7.2 that of another series that
# it has, source-SUITE-newest the newest of those.

sources_of_suite() {
	apt_do apt-cache search --names-only '^linux-source-[0-9]+\.[0-9]+$' |
		sed 's/ .*//' | sort -V
}

part_resolve() {
	local suite=${1#source-} work=$2 series='' package
	if [[ $suite == *-* ]]; then
		series=${suite#*-}
		suite=${suite%%-*}
	fi
	apt_open "$suite" "$work/apt-$suite"
	case $series in
	'') package=$(apt_depends linux-source | grep '^linux-source-[0-9]') ;;
	newest) package=$(sources_of_suite | tail -n 1) ;;
	*) package=$(sources_of_suite | grep -xF "linux-source-$series") ||
		gone "$suite has no source of kernel $series any more, but $(sources_of_suite | sed 's/^linux-source-//' | paste -sd' ')" ;;
	esac
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
