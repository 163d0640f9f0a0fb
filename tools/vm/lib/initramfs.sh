# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What gets a kernel to the root image: busybox and the modules it takes.

: "${vm_dir:?}"

boot_modules=(virtio_pci virtio_blk erofs overlay 9pnet_virtio 9p)

# make_initramfs HOST ROOT RELEASE TREE: the archive on stdout, made in TREE.
make_initramfs() {
	local host=$1 root=$2 release=$3 tree=$4 module path
	mkdir -p "$tree"/{bin,modules,proc,sys,dev,lower/root,lower/kernel,upper,new}
	cp "$host/usr/bin/busybox" "$tree/bin/busybox"
	ln -s busybox "$tree/bin/sh"
	cp "$vm_dir/guest/initramfs-init" "$tree/init"
	chmod 755 "$tree/init"
	for module in "${boot_modules[@]}"; do
		root_exec "$host" modprobe --show-depends -d "$root" -S "$release" "$module"
	done | awk '/^insmod/ && !seen[$2]++ { print $2 }' >"$tree/modules/order"
	while read -r path; do
		cp "$path" "$tree/modules/"
	done <"$tree/modules/order"
	sed -i 's,.*/,,' "$tree/modules/order"
	(cd "$tree" && find . | root_exec "$host" cpio --quiet -o -H newc)
}
