# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a device model is compiled with that is loaded into the host VM's QEMU:
# that QEMU's own headers, out of its source package of the very same version.
#   headers/   include, linux-headers, host/include; generated: gen; of GLib: glib
#   version    as the QEMU's

: "${host_name:?}" "${toolchain:?}"

# Debian's archive has a version's source as long as its binaries. Its signed index
# has the hash, which goes into packages.
part_resolve() {
	local work=$2 uri
	apt_open trixie "$work/apt-trixie"
	apt_open_sources
	part_hold "$host_name"
	version=$(<"${part_path:?}/qemu")
	uri=$(apt_do apt-get source --download-only --tar-only --print-uris "qemu/trixie" |
		awk '$2 ~ /\.orig\.tar\.xz$/ { print $2, $4 }')
	[[ $uri == "qemu_$version"[+.]* ]] ||
		gone "the host VM's QEMU is $version, trixie has the source of ${uri%% *}: tools/vm/fetch --virtio --update"
	{
		printf '%s\n' "$uri"
		apt_do apt-get --print-uris download libgio-2.0-dev | awk '{ print $2, $4 }'
	} >"$work/packages"
}

generate_headers() {
	local source=$1 to=$2 root define
	part_hold "$toolchain"
	root=$part_path/root
	(cd "$source" && PYTHONHOME=$root/usr root_exec "$root" python3 scripts/qapi-gen.py \
		-o "$to/qapi" -b qapi/qapi-schema.json)
	find "$to/qapi" -name '*.c' -delete
	: >"$to/config-poison.h"
	# What its configure finds on any amd64 machine that Debian builds on.
	for define in CONFIG_{LINUX,POSIX,INT128,ATOMIC64,MADVISE,IOVEC,TCG} HOST_X86_64; do
		printf '#define %s 1\n' "$define"
	done >"$to/config-host.h"
}

part_fill() {
	local work=$2 made=$3 source=$2/scratch/qemu headers=$3/headers glib=$2/scratch/glib
	say "fetching the source of QEMU $version, for its headers"
	mkdir -p "$work/debs" "$source" "$headers/gen" "$glib"
	(cd "$work/debs" && apt_do apt-get source --download-only --tar-only qemu/trixie >/dev/null)
	apt_download "$work/debs" libgio-2.0-dev
	part_hold "$host_name"
	root_exec "$part_path/root" xz -dc "$work"/debs/qemu_*.orig.tar.xz |
		tar -x -C "$source" --strip-components=1 --no-same-owner
	generate_headers "$source" "$headers/gen"
	mkdir -p "$headers/host"
	cp -R "$source"/{include,linux-headers} "$headers"
	cp -R "$source/host/include" "$headers/host"
	root_unpack "$glib" "$work"/debs/libgio-2.0-dev_*.deb
	mkdir -p "$headers/glib"
	cp -R "$glib/usr/include/glib-2.0/." "$glib/usr/lib/x86_64-linux-gnu/glib-2.0/include/." "$headers/glib"
	printf '%s\n' "$version" >"$made/version"
}
