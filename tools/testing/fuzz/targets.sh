# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# The targets: what each is made of. Sourced from the project's directory.

fuzz_dir=tools/testing/fuzz
fuzz_targets=(stream load igbvf mailbox fault virtio agent)

fuzz_flags=(-std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare
	-Itools/testing/shim -Itools/include -Iinclude -Idrivers/vfio/migration -Idrivers/vfio/pci)
# What gcc has no words for.
fuzz_clang_flags=(-Wno-c2x-extensions)
fuzz_sanitizers=(-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all)

# in_dir DIR NAME...: DIR/NAME.c of each
in_dir() {
	local dir=$1
	shift
	printf "$dir/%s.c\n" "$@"
}

# Sets sources, to be replayed; changers, which libFuzzer needs besides; corpora
# and the largest input worth trying.
fuzz_target() {
	local core=drivers/vfio/migration mock=drivers/vfio/pci/mock igbvf=drivers/vfio/pci/igbvf
	local virtio=drivers/vfio/pci/virtio
	local names changer_names=() kernel
	corpora=("$1")
	largest=12288
	case $1 in
	stream)
		names=(stream_fuzz oracle)
		changer_names=(change stream_change nothing_to_change)
		kernel=$(in_dir $core stream stream_writer identity)
		;;
	load)
		names=(load_fuzz bench oracle)
		changer_names=(change stream_change load_change)
		corpora=(stream load)
		kernel=$(in_dir $core stream stream_writer identity backend load save; in_dir $mock load save content plain backend trouble)
		;;
	igbvf)
		names=(igbvf_fuzz igbvf_model bench)
		changer_names=(change igbvf_change)
		largest=1200
		kernel=$(in_dir $core stream stream_writer identity backend load save
			in_dir $igbvf backend mailbox exchange pf queues registers state)
		;;
	mailbox)
		names=(mailbox_fuzz)
		largest=2048
		kernel=$(in_dir $igbvf mailbox state)
		;;
	fault)
		names=(fault_fuzz)
		largest=64
		kernel=$(in_dir $mock trouble)
		;;
	agent)
		names=(agent_fuzz)
		largest=2048
		kernel=$(in_dir drivers/vfio/pci/oob reply)
		;;
	virtio)
		names=(virtio_fuzz)
		largest=1200
		kernel=$(in_dir $core identity; in_dir $virtio ctx_format parts_format parts_change)
		;;
	esac
	mapfile -t sources < <(in_dir $fuzz_dir "${names[@]}"; printf '%s\n' "$kernel")
	changers=()
	((!${#changer_names[@]})) || mapfile -t changers < <(in_dir $fuzz_dir "${changer_names[@]}")
}

# Sets inputs: the directories of a target's known inputs; those that once
# killed it first.
fuzz_inputs() {
	local name
	inputs=()
	for name in "${corpora[@]/#/regress/}" "${corpora[@]/#/corpus/}"; do
		[[ ! -d $fuzz_dir/$name ]] || inputs+=("$fuzz_dir/$name")
	done
}
