# SPDX-License-Identifier: GPL-2.0-only
"""A Linux guest whose network card is a VF, and what its user notices: a pause."""

from lib import kvm_exits, linux_guest, observation, timeline, traffic, vfs
from lib.accel import accel
from lib.bench import DRIVER
from lib.migration import Migration
from lib.qemus import V10_0


class Network:
    """Where there are two hosts, the other has the newer QEMU."""

    well = "same driver instance, link up throughout, counters and stream go on"

    def __init__(self, say):
        self._say = say
        self.a, self.b = vfs.pair("igbvf")
        self.upgrade = self.a.host is not self.b.host
        for vf in (self.a, self.b):
            vf.bind(DRIVER)
            vf.set_mac(linux_guest.MAC)
        if self.upgrade:
            self.b.qemu = V10_0
            for name, vf in (("A", self.a), ("B", self.b)):
                say(f"{name} is {vf}: kernel {vf.host.release()}, {vf.qemu} ({vf.qemu.protocol}), "
                    f"the guest's MAC set by the administrator")
        else:
            say(f"drivers loaded; A is {self.a}, B is {self.b}")
        say(accel())
        kvm_exits.record(self.a.host, self.b.host)
        self.guest = linux_guest.start_with_network(self.a, say)
        say("the guest has its network: Debian's kernel, its stock igbvf, A passed through")
        self.stream = traffic.Stream(self.guest.agent)
        self.stream.check_goes_on(self.guest.agent)
        say("a TCP stream flows both ways, every byte checked")

    def move(self, name, target):
        """One way; returns what was wrong."""
        destination = linux_guest.new_qemu(target)
        self._say(f"{name}: the destination QEMU waits, {target}")
        before = observation.Observation(self.guest.agent)
        ping = traffic.Ping(linux_guest.ADDRESS)
        ping.wait_answers(20)
        migration = Migration(self.guest, destination, watched=self.upgrade)
        outcome = migration.wait()
        if outcome != "completed":
            reasons = [f"{vf} says: {vf.says('last_error')}" for vf in (self.guest.vf, target)]
            return [f"the migration {outcome}"] + reasons
        self.guest = migration.hand_over()
        self._say(f"{name}: completed, the guest runs at the destination")
        wrong = []
        try:
            ping.wait_answers(20)
            self.stream.check_goes_on(self.guest.agent)
        except Exception as error:
            wrong.append(f"traffic does not go on: {error}")
        pinged = ping.stop()
        after = observation.Observation(self.guest.agent)
        wrong += observation.complaints(before, after)
        self._report(name, migration, pinged, before, after)
        return wrong

    def _report(self, name, migration, pinged, before, after):
        print(f"\n  {name}")
        for line in timeline.lines(migration, pinged):
            print(f"  {line}")
        packets = [int(after.card["kernel"][which]) - int(before.card["kernel"][which])
                   for which in ("rx_packets", "tx_packets")]
        print(f"  guest's card meanwhile: {packets[0]} packets in, {packets[1]} out")
        print(f"  TCP, verified so far: {self.stream.received >> 10} KiB from the guest, "
              f"{self.stream.sent >> 10} KiB sent to it\n", flush=True)

    def end(self):
        """There is nothing to be found out when it is over."""
        return []
