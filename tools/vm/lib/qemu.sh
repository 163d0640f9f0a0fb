# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # parts.sh has qemus, K.conf console_trouble
# QEMU on the user's machine, out of the cache, and the machine it emulates.

# QEMU's option parser takes a doubled comma for a comma.
qemu_quote() {
	printf '%s' "${1//,/,,}"
}

# Sets qemu_argv: the program with everything that does not vary, and the objects
# that are loaded into it, if any, with colons between.
qemu_program() {
	local root=$1/root object=${2:-}
	local lib=$root/usr/lib/x86_64-linux-gnu
	# Without the directory it would load the modules of an installed QEMU.
	export QEMU_MODULE_DIR=$lib/qemu
	qemu_argv=(
		"$lib/ld-linux-x86-64.so.2" --library-path "$lib" --argv0 qemu-system-x86_64
		${object:+--preload "$object"}
		"$root/usr/bin/qemu-system-x86_64"
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios"
		-no-user-config -nodefaults -display none -no-reboot
	)
}

# The 64-bit PCI hole must not exist: QEMU 10.0 takes igb's 64-bit VF BARs for
# 32-bit ones, and every VF register reads 0 if the kernel places them high.
qemu_machine() {
	local accel=$1 cpu=max,la57=off
	# With TCG's AVX2, QEMU 5.2 in the VM takes pages for zero that are not.
	[[ " ${qemus[*]} " != *" 5.2 "* ]] || cpu+=,avx2=off
	[[ -z ${tcg_without:=} ]] || cpu+=,${tcg_without//,/=off,}=off
	local options=(
		-M "q35,kernel-irqchip=split,smm=off"
		-smp 2
		-device "intel-iommu,intremap=on,caching-mode=on"
		-global q35-pcihost.x-pci-hole64-fix=off
		-global q35-pcihost.pci-hole64-size=0
		-device "isa-debug-exit,iobase=0xf4,iosize=1"
	)
	case $accel in
	kvm) options+=(-accel kvm -cpu host) ;;
	tcg) options+=(-accel "tcg,thread=${tcg_thread:?}" -cpu "$cpu") ;;
	*) die "VFMIG_ACCEL=$accel: must be tcg or kvm" ;;
	esac
	qemu_argv+=("${options[@]}")
}

# A vmlinux is entered at its PVH note, which KASAN does not survive.
qemu_kernel() {
	local part=$1 append=$2 image=$1/vmlinux
	[[ -e $image ]] || image=$part/bzImage
	# A machine that gives the VM no CPU for half a minute is not the kernel's fault.
	local watchdogs="watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120 workqueue.watchdog_thresh=120"
	qemu_argv+=(
		-kernel "$image" -initrd "$part/initramfs"
		-append "console=ttyS0 panic=-1 oops=panic intel_iommu=on no_timer_check net.ifnames=0 printk.devkmsg=on $watchdogs $append"
	)
}

qemu_console() {
	qemu_argv+=(
		-chardev "file,id=console,path=$(qemu_quote "$1")"
		-serial chardev:console
	)
}

# Fixed addresses on the root bus: the igb's leaves room for its VFs, which
# follow 16 slots behind it.
qemu_igb() {
	local host=$1 link=$2 net=user,id=net0,restrict=on
	[[ -z $link ]] || net=hubport,id=net0,hubid=0
	qemu_argv+=(
		-netdev "$net"
		-device "igb,netdev=net0,bus=pcie.0,addr=0x2,mac=52:54:00:12:34:5$((5 + host))"
	)
}

# One end of a cable between hosts 1 and 2, a socket in DIR for each end:
# either may be plugged in first, and what nobody takes is lost.
qemu_cable() {
	local id=$1 host=$2 dir
	dir=$(qemu_quote "$3")
	printf 'dgram,id=%s,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s' \
		"$id" "$dir/$id.$host" "$dir/$id.$((3 - host))"
}

# Two networks that the hosts share: their own, link0, and that of the PFs and
# VFs. To the latter each has a plain card too, peer0, because who shares the PF
# with a VF that expects a guest is not sent to where the guest still is.
qemu_link() {
	local host=$1 link=$2
	qemu_argv+=(
		-netdev "$(qemu_cable link0 "$host" "$link")"
		-device "virtio-net-pci,netdev=link0,bus=pcie.0,addr=0x9,romfile=,mac=52:54:00:76:00:0$host"
		-netdev "$(qemu_cable vfs0 "$host" "$link")"
		-netdev "hubport,id=hub-vfs0,hubid=0,netdev=vfs0"
		-netdev "hubport,id=peer0,hubid=0"
		-device "virtio-net-pci,netdev=peer0,bus=pcie.0,addr=0x3,romfile=,mac=52:54:00:76:01:0$host"
	)
}

# Two serial lines, a socket in DIR each. One end is behind a root port, and so in
# an IOMMU group of its own; the other is on the root bus, for the host VM's driver.
qemu_serials() {
	local dir n
	dir=$(qemu_quote "$1")
	for n in 0 1; do
		qemu_argv+=(
			-chardev "socket,id=far$n,path=$dir/serial$n,server=on,wait=off"
			-chardev "socket,id=line$n,path=$dir/serial$n"
			-device "pcie-root-port,id=port$n,bus=pcie.0,addr=$(printf '0x%x' $((0x1c + n))),chassis=$((n + 1))"
			-device "pci-serial,chardev=line$n,bus=port$n"
			-device "pci-serial,chardev=far$n,bus=pcie.0,addr=$(printf '0x%x' $((0x18 + n)))"
		)
	done
}

# has_soc PROPERTIES: of an owner whose VFs have no other way to migrate.
has_soc() {
	[[ ,$1, == *,admin=off,* ]]
}

# The ports of an owner's SoC in DIR, a socket for each VF. To the host VM they are
# those from 3333 on of ADDRESS: there each connection has a relay of its own, because
# what QEMU itself forwards has but one, of which no end is seen. Sets soc_properties,
# adds to soc_forwards.
qemu_soc() {
	local dir address=$2 relay n socket
	dir=$(realpath "$1")
	relay=$(printf %q "$project/build/qemu/relay")
	soc_properties=
	for n in 1 2 3 4; do
		socket=$dir/soc-${address##*.}-$n
		qemu_argv+=(-chardev "socket,id=${socket##*/},path=$(qemu_quote "$socket"),server=on,wait=off")
		soc_properties+=",soc$n=${socket##*/}"
		soc_forwards+=",guestfwd=tcp:$address:$((3332 + n))-cmd:$(qemu_quote "$relay $(printf %q "$socket")")"
	done
}

# Owners, each of these properties; behind the slots of the disks, for whose drivers
# they are disks too. The VFs of each are in the next slot. SoCs are in a network of
# their own, soc0.
qemu_virtio() {
	local dir=$1 properties slots=(0x1a 0x16) addresses=(192.168.77.100 192.168.77.101)
	local soc_properties soc_forwards=
	shift
	for properties; do
		soc_properties=
		! has_soc "$properties" || qemu_soc "$dir" "${addresses[0]}"
		qemu_argv+=(-device "virtio-owner,bus=pcie.0,addr=${slots[0]}${properties:+,$properties}$soc_properties")
		slots=("${slots[@]:1}")
		addresses=("${addresses[@]:1}")
	done
	[[ -z $soc_forwards ]] || qemu_argv+=(
		-netdev "user,id=soc0,restrict=on,net=192.168.77.0/24,host=192.168.77.2$soc_forwards"
		-device "virtio-net-pci,netdev=soc0,bus=pcie.0,addr=0x1e,romfile=,mac=52:54:00:77:00:01"
	)
}

qemu_disk() {
	local id=$1 slot=$2 file=$3 serial=${4:-}
	qemu_argv+=(
		-blockdev "driver=raw,node-name=$id,read-only=on,file.driver=file,file.locking=off,file.filename=$(qemu_quote "$file")"
		-device "virtio-blk-pci,drive=$id,bus=pcie.0,addr=$slot${serial:+,serial=$serial}"
	)
}

# A disk for each QEMU that guests may run in, from slot 0xa on.
qemu_guests_qemus() {
	local version slot=0xa
	for version in "${qemus[@]}"; do
		part_hold "qemu-$version"
		qemu_disk "qemu-$version" "$(printf '0x%x' "$slot")" "${part_path:?}/root.erofs" "qemu-$version"
		slot=$((slot + 1))
	done
}

qemu_share() {
	local tag=$1 slot=$2 dir=$3 mode=$4
	qemu_argv+=(
		-fsdev "local,id=$tag,security_model=none,multidevs=remap,readonly=$mode,path=$(qemu_quote "$dir")"
		-device "virtio-9p-pci,fsdev=$tag,mount_tag=$tag,bus=pcie.0,addr=$slot"
	)
}
