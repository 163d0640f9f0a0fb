# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian kernel, in the forms the harness needs:
#   release          6.1.0-NN-amd64
#   vmlinux          uncompressed, for direct boot: unpacking it costs seconds in TCG;
#   bzImage          instead, where unpacking is fast
#   initramfs        gets from there to the root image
#   modules.erofs    /usr/lib/modules and /boot, laid over the host VM's root
#   headers/         /usr/src and so on, laid over the compiler's root
#   uapi/            the series' linux-libc-dev, laid over that of test programs

: "${suite:?}" "${kernel_series:?}" "${vm_dir:?}"

# The newest of the series, or of all, which may be in any pocket of the suite.
newest_release() {
	local series=${kernel_series//./\\.}
	[[ $kernel_series != newest ]] || series='[0-9]+\.[0-9]+'
	releases "$series" | tail -n 1
}

releases() {
	apt_do apt-cache search --names-only "^linux-image-$1\\.[^-]+(-[0-9]+)?-amd64\$" |
		sed -n 's/^linux-image-\([^ ]*\) .*/\1/p' | sort -V
}

# 6.12.3+deb13-amd64: 6.12
series_of() {
	sed -E 's/^([0-9]+\.[0-9]+).*/\1/'
}

package_version() {
	apt_do apt-cache show --no-all-versions "$1" |
		awk '/^Version:/ { print $2; exit }'
}

# The newest of that series, whose uAPI is one.
newest_libc_dev() {
	apt_do apt-cache show --all-versions linux-libc-dev |
		awk '/^Version:/ { print $2 }' | grep "^${1//./\\.}\." | sort -V | tail -n 1
}

part_resolve() {
	local work=$2 release package
	apt_open "$suite" "$work/apt-$suite"
	release=$(newest_release)
	[[ -n $release ]] ||
		gone "$suite has no kernel $kernel_series any more, but $(releases '[0-9]+\.[0-9]+' | series_of | sort -uV | paste -sd' ')"
	{
		printf 'linux-image-%s\n' "$release"
		apt_depends "linux-image-$release" | grep -xF "$(printf "linux-%s-$release\n" base binary modules)" || true
		printf 'linux-headers-%s\n' "$release"
		apt_depends "linux-headers-$release" | grep -E '^linux-(headers|kbuild)-'
	} | while read -r package; do
		printf '%s=%s\n' "$package" "$(package_version "$package")"
	done >"$work/packages"
	printf 'linux-libc-dev=%s\n' "$(newest_libc_dev "$(series_of <<<"$release")")" >>"$work/packages"
}

# The image decompresses itself; the kernel proper starts at the XZ magic.
extract_vmlinux() {
	local vmlinuz=$1 vmlinux=$2 host=$3 offset
	while IFS=: read -r offset _; do
		tail -c +$((offset + 1)) "$vmlinuz" |
			root_exec "$host" xz -dc --single-stream >"$vmlinux" 2>/dev/null || true
		[[ $(head -c 4 "$vmlinux") != $'\x7fELF' ]] || return 0
	done < <(grep -abo $'\xfd7zXZ' <"$vmlinuz")
	rm -f "$vmlinux"
	return 1
}

# Newer packages have the image among the modules.
find_vmlinuz() {
	local root=$1 release=$2 image
	for image in "$root/boot/vmlinuz-$release" "$root/usr/lib/modules/$release/vmlinuz"; do
		[[ ! -e $image ]] || { printf '%s' "$image"; return; }
	done
	die "no image of kernel $release in its packages"
}

unpack_image() {
	local root=$1 made=$2 release=$3 host=$4 vmlinuz
	vmlinuz=$(find_vmlinuz "$root" "$release")
	mkdir -p "$root/boot"
	if extract_vmlinux "$vmlinuz" "$root/boot/vmlinux-$release" "$host"; then
		cp "$root/boot/vmlinux-$release" "$made/vmlinux"
	else
		cp "$vmlinuz" "$made/bzImage"
	fi
}

part_fill() {
	local work=$2 made=$3 root=$2/scratch/root headers=$3/headers uapi=$3/uapi
	local release host packages deb
	mapfile -t packages <"$work/packages"
	release=${packages[0]%%=*}
	release=${release#linux-image-}
	say "fetching kernel ${packages[0]#linux-image-}"
	part_hold "${host_name:?}"
	host=${part_path:?}/root
	apt_download "$work/debs" "${packages[@]}"

	root_skeleton "$root"
	root_skeleton "$headers"
	root_skeleton "$uapi"
	for deb in "$work/debs"/*.deb; do
		case ${deb##*/} in
		linux-image-* | linux-base-* | linux-binary-* | linux-modules-*) root_unpack "$root" "$deb" ;;
		linux-libc-dev_*) root_unpack "$uapi" "$deb" ;;
		*) root_unpack "$headers" "$deb" ;;
		esac
	done
	root_exec "$host" depmod -b "$root" "$release"
	unpack_image "$root" "$made" "$release" "$host"
	mkdir -p "$headers/usr/lib/modules/$release"
	ln -sfn "/usr/src/linux-headers-$release" "$headers/usr/lib/modules/$release/build"

	make_initramfs "$host" "$root" "$release" "$work/scratch/initramfs" >"$made/initramfs"
	root_exec "$host" mkfs.erofs --quiet --all-root "$made/modules.erofs" "$root" >/dev/null
	printf '%s\n' "$release" >"$made/release"
}
