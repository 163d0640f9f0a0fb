# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest, booted. That takes a quarter of a minute under KVM, and one to
two where one emulator emulates another; so it is done once, without a VF, and
the guest's state is kept in build/guest/ until something that it depends on
changes.
"""

import hashlib
import os
import shutil
import subprocess
import time

from .accel import accel
from .host import HERE
from .qemus import V7_2
from .saving import save_to_file
from .vfs import project_dir
from .vm import MACHINE_ARGV, Vm

MEMORY = 128
BOOT_LIMIT = 400
UNUSED_AFTER = 3600
# What a guest with a virtio disk loads, in this order.
DISK_MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev",
                "virtio_pci", "virtio_blk", "crc32c_generic", "crc16", "mbcache", "jbd2", "ext4")
# The watchdogs wait for minutes: the guest's clock goes on while its emulator
# has to do without a CPU, or translates all of its code anew.
COMMAND_LINE = ("console=ttyS0 quiet panic=-1 net.ifnames=0 mitigations=off nokaslr "
                "no_timer_check cryptomgr.notests tsc=reliable random.trust_cpu=on "
                "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120")


def _clock():
    """What the host VM's kernel is told of its counter, which an emulated guest has, too."""
    with open("/proc/cmdline", encoding="ascii") as options:
        return " ".join(option for option in options.read().split()
                        if option.startswith("tsc_early_khz="))


def _made(name):
    """Out of tools/guest/build."""
    return f"{project_dir()}/build/guest/{name}"


def _contents():
    """What the initramfs has."""
    return {"bin/agent": _made("agent"),
            **{f"{module}.ko": _made(f"{module}.ko") for module in ("igbvf", *DISK_MODULES)},
            "init": f"{project_dir()}/tools/guest/init",
            "bin/busybox": "/usr/bin/busybox"}


def _key():
    """Everything that the kept state depends on."""
    key = hashlib.sha256()
    for path in sorted(_contents().values()) + [_made("vmlinux"), __file__]:
        with open(path, "rb") as file:
            key.update(file.read())
    key.update(" ".join([V7_2.machine, *MACHINE_ARGV]).encode())
    key.update(HERE.run(V7_2.program(HERE), "--version").encode())
    return key.hexdigest()[:12]


def _make_initramfs(path):
    tree = f"{path}.tree"
    for directory in ("bin", "proc", "sys", "dev"):
        os.makedirs(f"{tree}/{directory}")
    for name, source in _contents().items():
        shutil.copy(source, f"{tree}/{name}")
    os.symlink("busybox", f"{tree}/bin/sh")
    with open(path, "wb") as archive:
        names = subprocess.Popen(["find", "."], cwd=tree, stdout=subprocess.PIPE)
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"],
                       cwd=tree, stdin=names.stdout, stdout=archive, check=True)
        names.wait()
    shutil.rmtree(tree)


def boot():
    """A guest that has just come up."""
    initramfs = "/tmp/guest-initramfs"
    if not os.path.exists(initramfs):
        _make_initramfs(initramfs)
    vm = Vm(memory=MEMORY, options=["-kernel", _made("vmlinux"), "-initrd", initramfs,
                                    "-append", f"{COMMAND_LINE} {_clock()}"])
    try:
        vm.agent.wait_ready(BOOT_LIMIT)
        return vm
    except BaseException:
        vm.kill()
        raise


def _boot_and_keep(path):
    vm = boot()
    with open("/proc/sys/kernel/random/boot_id") as file:
        mine = f"{path}.{file.read(8)}"  # another host VM may be doing the same
    save_to_file(vm, mine)
    vm.quit()
    os.rename(mine, path)


def _remove_old(directory):
    for name in os.listdir(directory):
        path = f"{directory}/{name}"
        if ".state" in name and time.time() - os.stat(path).st_mtime > UNUSED_AFTER:
            os.unlink(path)


def kept_state(progress=lambda text: None):
    """
    The file with the booted guest; boots it if there is none. Its CPU is
    one that every host VM has, so the kernel that it was booted under does not
    matter; whether under KVM or not does.
    """
    path = f"{project_dir()}/build/guest/{_key()}.{accel().name}.state"
    if not os.path.exists(path):
        progress(f"booting the guest, for the first time; {accel()}")
        _remove_old(os.path.dirname(path))
        _boot_and_keep(path)
    return path
