# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest, booted. That takes a minute, because one emulator emulates
another; so it is done once, without a VF, and the guest's state is kept in
build/guest/ until something that it depends on changes.
"""

import hashlib
import os
import shutil
import subprocess
import time

from .host import HERE
from .qemus import V7_2
from .saving import save_to_file
from .settings import GUEST_STATE
from .vfs import project_dir
from .vm import MACHINE_ARGV, Vm

MEMORY = 128
BOOT_LIMIT = 400
UNUSED_AFTER = 3600
# The watchdogs wait for minutes: the guest's clock goes on while its emulator
# has to do without a CPU, or translates all of its code anew.
COMMAND_LINE = ("console=ttyS0 quiet panic=-1 net.ifnames=0 mitigations=off nokaslr "
                "no_timer_check cryptomgr.notests tsc=reliable random.trust_cpu=on "
                "watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120")


def _kernel():
    return f"/boot/vmlinux-{os.uname().release}"


def _contents():
    """What the initramfs has, but for what comes with the kernel."""
    return {"bin/agent": f"{project_dir()}/build/guest/agent",
            "init": f"{project_dir()}/tools/guest/init",
            "bin/busybox": "/usr/bin/busybox"}


def _key():
    """Everything that the kept state depends on."""
    key = hashlib.sha256()
    for path in sorted(_contents().values()) + [__file__]:
        with open(path, "rb") as file:
            key.update(file.read())
    key.update(" ".join([V7_2.machine, *MACHINE_ARGV]).encode())
    key.update(HERE.run(V7_2.program(HERE), "--version").encode())
    key.update(os.uname().release.encode())
    key.update(str(os.stat(_kernel()).st_size).encode())
    return key.hexdigest()[:12]


def _make_initramfs(path):
    tree = f"{path}.tree"
    for directory in ("bin", "proc", "sys", "dev"):
        os.makedirs(f"{tree}/{directory}")
    driver = subprocess.check_output(["modinfo", "-n", "igbvf"], text=True).strip()
    for name, source in _contents().items():
        shutil.copy(source, f"{tree}/{name}")
    os.symlink("busybox", f"{tree}/bin/sh")
    shutil.copy(driver, f"{tree}/igbvf.ko")
    with open(path, "wb") as archive:
        names = subprocess.Popen(["find", "."], cwd=tree, stdout=subprocess.PIPE)
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"],
                       cwd=tree, stdin=names.stdout, stdout=archive, check=True)
        names.wait()
    shutil.rmtree(tree)


def _boot_and_keep(path):
    initramfs = "/tmp/guest-initramfs"
    _make_initramfs(initramfs)
    vm = Vm(memory=MEMORY, options=["-kernel", _kernel(), "-initrd", initramfs,
                                    "-append", COMMAND_LINE])
    vm.agent.wait_ready(BOOT_LIMIT)
    with open("/proc/sys/kernel/random/boot_id") as file:
        mine = f"{path}.{file.read(8)}"  # another host VM may be doing the same
    save_to_file(vm, mine)
    vm.quit()
    os.unlink(initramfs)
    os.rename(mine, path)


def _remove_old(directory):
    for name in os.listdir(directory):
        path = f"{directory}/{name}"
        if ".state" in name and time.time() - os.stat(path).st_mtime > UNUSED_AFTER:
            os.unlink(path)


def kept_state(progress=lambda text: None):
    """
    The file with the booted guest; boots it if there is none. It is the state
    of an emulator, so the kernel that it was booted under does not matter.
    """
    if GUEST_STATE:
        return GUEST_STATE
    path = f"{project_dir()}/build/guest/{_key()}.state"
    if not os.path.exists(path):
        progress("booting the guest for the first time: a minute or two")
        _remove_old(os.path.dirname(path))
        _boot_and_keep(path)
    return path
