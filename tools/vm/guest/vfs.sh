# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The igb PF (eth0) and its VFs, ready to be given to a driver. MACs differ by
# host, because two hosts' PFs may be on one network.

: "${run:?}"
pf=eth0

vfs_fail() {
	printf '%s\n' "$*" >"$run/failure"
	return 1
}

await_carrier() {
	local deadline=$((SECONDS + 30))
	until [[ $(cat "/sys/class/net/$pf/carrier" 2>/dev/null) == 1 ]]; do
		((SECONDS < deadline)) || vfs_fail "$pf has no carrier after 30 s" || return
		sleep 0.02
	done
}

# QEMU 10.0.2 takes the VFs' 64-bit BARs for 32-bit ones. Firmware moves them
# above 4 GiB as soon as there is RAM, and there every register reads as 0.
check_vf_bars() {
	local resource first
	for resource in "$1"/virtfn*/resource; do
		read -r first _ <"$resource"
		((first < 1 << 32)) || vfs_fail "a VF's BAR is at $first, where this QEMU has none: use --mem 2G" || return
	done
}

bring_up_vfs() {
	local count=$1 host=$2 address=$3 device=/sys/class/net/$pf/device i
	modprobe igb || vfs_fail "igb does not load" || return
	ip link set "$pf" up || vfs_fail "$pf does not come up" || return
	await_carrier || return
	echo 0 >"$device/sriov_drivers_autoprobe"
	echo "$count" >"$device/sriov_numvfs" || vfs_fail "$count VFs refused" || return
	check_vf_bars "$device" || return
	await_carrier || return
	for ((i = 0; i < count; i++)); do
		ip link set "$pf" vf "$i" mac "52:54:00:76:6$((5 + host)):0$i" || vfs_fail "VF $i: no MAC" || return
	done
	[[ -z $address ]] || ip address add "$address" dev "$pf" || vfs_fail "$pf: no address" || return
}
