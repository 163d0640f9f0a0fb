#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The inner half of tools/vm/enter: in the new mount namespace, puts the root
# together and changes into it.
set -euo pipefail

mnt=$1 headers=$2 root=$3 overlay_options=$4 project=$5 build_dir=$6 cwd=$7
shift 7

# shellcheck source=root.sh
source "$(dirname "${BASH_SOURCE[0]}")/root.sh"

# A minimal machine has no mount program; the root has one.
mount() {
	root_exec "$root" mount "$@"
}

# A remount in a user namespace must repeat the flags that the mount has.
make_read_only() {
	local flags
	flags=$(findmnt -no VFS-OPTIONS -T "$1" | tr , '\n' |
		grep -E '^(nosuid|nodev|noexec|noatime|nodiratime|relatime)$' | paste -sd,)
	mount -o "remount,bind,ro${flags:+,$flags}" "$1"
}

# Changes to the root itself are kept in memory and forgotten.
mount -t tmpfs -o mode=755 vfmig "$mnt"
mkdir "$mnt"/{data,work,root}
mount -t overlay -o "${overlay_options:+$overlay_options,}lowerdir=${headers:+$headers:}$root,upperdir=$mnt/data,workdir=$mnt/work" \
	vfmig "$mnt/root"
for dir in proc sys dev; do
	mount --rbind "/$dir" "$mnt/root/$dir"
done
mount -t tmpfs -o mode=1777 tmp "$mnt/root/tmp"

mkdir -p "$mnt/root$project"
mount --bind "$project" "$mnt/root$project"
make_read_only "$mnt/root$project"
mount --bind "$build_dir" "$mnt/root$build_dir"

exec chroot "$mnt/root" /usr/bin/env -i --chdir="$cwd" \
	PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" "$@"
