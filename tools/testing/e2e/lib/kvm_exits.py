# SPDX-License-Identifier: GPL-2.0-only
"""
KVM's last exits, for a failure's report. A guest whose CPU gives up (a triple
fault) says nothing itself, and KVM has reset its registers by the time that QEMU
hears of it.
"""

import os

from .accel import KVM, accel

# This program's own: another one in the same host VM may record, too.
TRACE = f"/sys/kernel/tracing/instances/vfmig-{os.getpid()}"
BUFFER_KB = 512
EVENTS = ("kvm_entry", "kvm_exit", "kvm_inj_exception", "kvm_page_fault")
# Nothing is recorded after it, by Intel (isa 1) and by AMD (2).
GIVES_UP = "(isa == 1 && exit_reason == 0x2) || (isa == 2 && exit_reason == 0x7f)"

_hosts = []


def record(*hosts):
    """From here on, of those that run guests, each once."""
    if accel().name != KVM:
        return
    for host in dict.fromkeys(hosts):
        host.run("mkdir", TRACE)
        host.write(f"{TRACE}/buffer_size_kb", str(BUFFER_KB))
        host.write(f"{TRACE}/events/kvm/kvm_exit/trigger", f"traceoff if {GIVES_UP}")
        for event in EVENTS:
            host.write(f"{TRACE}/events/kvm/{event}/enable", "1")
        _hosts.append(host)


def last_exits():
    """
    Up to where a guest's CPU has given up since the last time; where none has, up to
    now, of one that may hang.
    """
    text = []
    for host in _hosts:
        lines = 12 if host.read(f"{TRACE}/tracing_on").strip() == "1" else 40
        tail = host.run("tail", "-n", str(lines), f"{TRACE}/trace").splitlines()
        text += [f"KVM{host.name}: {line.strip()}" for line in tail if not line.startswith("#")]
        host.write(f"{TRACE}/trace", "")
        host.write(f"{TRACE}/tracing_on", "1")
    return text
