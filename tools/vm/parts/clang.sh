# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The root in which the fuzzers are built and run: clang with its runtimes
# (libFuzzer, ASan, UBSan, profiles) and LLVM's tools. Apart from the build
# root, because it is large and only fuzzing and coverage need it.

clang_packages=(
	base-files base-passwd bash binutils clang-14 coreutils dash diffutils findutils
	grep libc-bin libc6-dev libclang-rt-14-dev libgcc-12-dev libstdc++-12-dev llvm-14 mawk
	mount sed util-linux
)

part_resolve() {
	local suite=${1#clang-} work=$2
	apt_open "$suite" "$work/apt-$suite"
	apt_closure "${clang_packages[@]}" >"$work/packages"
}

part_fill() {
	local work=$2 made=$3 tool
	say "fetching the fuzzers' root: $(wc -l <"$work/packages") packages"
	apt_download_closure "$work/debs" "${clang_packages[@]}"
	root_make "$made/root" "$work/debs"
	for tool in clang llvm-cov llvm-profdata llvm-symbolizer; do
		[[ -e $made/root/usr/bin/$tool ]] || ln -s "$tool-14" "$made/root/usr/bin/$tool"
	done
}
