# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian roots made by unpacking alone: no maintainer script runs, so this
# needs no privilege and gives the same tree everywhere.

root_skeleton() {
	local root=$1 dir
	mkdir -p "$root"
	for dir in bin sbin lib lib64; do
		mkdir -p "$root/usr/$dir"
		ln -s "usr/$dir" "$root/$dir"
	done
}

root_unpack() {
	local root=$1 deb
	shift
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$root" --keep-directory-symlink --no-same-owner \
				--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
				--exclude='./usr/share/info/*' --exclude='./usr/share/locale/*' \
				--exclude='./usr/share/lintian/*'
	done
}

# What the packages' maintainer scripts would have done, as far as it matters.
root_finish() {
	local root=$1
	mkdir -p "$root"/{etc,proc,sys,dev,run,tmp,root,var/tmp,boot}
	ln -sf dash "$root/usr/bin/sh"
	[[ ! -e $root/usr/bin/mawk ]] || ln -sf mawk "$root/usr/bin/awk"
	[[ ! -e $root/usr/bin/gcc ]] || ln -sf gcc "$root/usr/bin/cc"
	if [[ -d $root/usr/share/base-passwd ]]; then
		cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
		cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	fi
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
	printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
	printf 'vfmig\n' >"$root/etc/hostname"
	ln -sf /proc/self/mounts "$root/etc/mtab"
	[[ ! -x $root/usr/sbin/ldconfig ]] || "$root/usr/sbin/ldconfig" -r "$root" 2>/dev/null || true
}

# root_make ROOT DEBS_DIR: a finished root from the packages there.
root_make() {
	local root=$1 debs=$2
	root_skeleton "$root"
	root_unpack "$root" "$debs"/*.deb
	root_finish "$root"
}

# root_exec ROOT PROGRAM ARG...: the root's program on this machine, through
# the root's own loader and libraries, whatever the machine's are. kmod's
# programs are one, which goes by its name.
root_exec() {
	local root=$1 program=$2 file=$2
	local lib=$root/usr/lib/x86_64-linux-gnu
	shift 2
	[[ $program != depmod && $program != modprobe ]] || file=kmod
	"$lib/ld-linux-x86-64.so.2" --library-path "$lib" --argv0 "$program" "$root/usr/bin/$file" "$@"
}
