# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian kernel, in the forms the harness needs:
#   release          6.1.0-NN-amd64
#   vmlinux          uncompressed, for direct boot: unpacking it costs seconds in TCG
#   initramfs        gets from there to the root image
#   modules.erofs    /usr/lib/modules and /boot, laid over the host VM's root
#   headers/         /usr/src and so on, laid over the compiler's root

: "${suite:?}" "${kernel_metapackage:?}" "${image_prefix:?}" "${headers_prefix:?}" "${vm_dir:?}"

part_resolve() {
	local work=$2 image release
	apt_open "$suite" "$work/apt-$suite"
	image=$(apt_depends "$kernel_metapackage" | grep "^$image_prefix-[0-9]")
	release=${image#"$image_prefix-"}
	{
		printf '%s\n' "$image" "$headers_prefix-$release"
		apt_depends "$headers_prefix-$release" | grep -E "^linux-(headers|kbuild)-"
	} | xargs -n1 | while read -r package; do
		apt_do apt-cache show --no-all-versions "$package" |
			awk '/^Package:/ { p = $2 } /^Version:/ { print p "=" $2; exit }'
	done >"$work/packages"
}

# The image decompresses itself; the kernel proper starts at the XZ magic.
extract_vmlinux() {
	local vmlinuz=$1 vmlinux=$2 host=$3 offset
	while IFS=: read -r offset _; do
		tail -c +$((offset + 1)) "$vmlinuz" |
			root_exec "$host" xz -dc --single-stream >"$vmlinux" 2>/dev/null || true
		[[ $(head -c 4 "$vmlinux") != $'\x7fELF' ]] || return 0
	done < <(grep -abo $'\xfd7zXZ' <"$vmlinuz")
	die "cannot unpack the kernel from $(basename "$vmlinuz")"
}

part_fill() {
	local work=$2 made=$3 root=$2/scratch/root headers=$3/headers
	local release host packages deb
	mapfile -t packages <"$work/packages"
	release=${packages[0]%%=*}
	release=${release#"$image_prefix-"}
	say "fetching kernel ${packages[0]#"$image_prefix-"}"
	part_hold host
	host=${part_path:?}/root
	apt_download "$work/debs" "${packages[@]}"

	root_skeleton "$root"
	root_unpack "$root" "$work/debs/$image_prefix"-*.deb
	root_exec "$host" depmod -b "$root" "$release"
	extract_vmlinux "$root/boot/vmlinuz-$release" "$root/boot/vmlinux-$release" "$host"

	root_skeleton "$headers"
	for deb in "$work/debs"/*.deb; do
		[[ $deb == */"$image_prefix"-* ]] || root_unpack "$headers" "$deb"
	done
	mkdir -p "$headers/usr/lib/modules/$release"
	ln -sfn "/usr/src/$headers_prefix-$release" "$headers/usr/lib/modules/$release/build"

	make_initramfs "$host" "$root" "$release" "$work/scratch/initramfs" >"$made/initramfs"
	cp "$root/boot/vmlinux-$release" "$made/vmlinux"
	root_exec "$host" mkfs.erofs --quiet --all-root "$made/modules.erofs" "$root" >/dev/null
	printf '%s\n' "$release" >"$made/release"
}
