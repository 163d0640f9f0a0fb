# SPDX-License-Identifier: GPL-2.0-only
"""
The Linux guest that scenarios share, because it takes long to make one. A
scenario that leaves it in a doubtful state has it replaced for the next.
"""

from . import linux_guest, observation, traffic, vfs
from .migration import Migration
from .tap import Tap, expect

DRIVER = "igbvf_vfio_pci"


class Bench:
    def __init__(self):
        self.vfs = vfs.pair("igbvf", "mock")
        self.guest = None
        self.stream = None
        self.has_driver = False

    def prepare_vfs(self, driver=DRIVER):
        """Bound, and with the guest's MAC, as the operator of two hosts does it."""
        for vf in self.vfs:
            vf.bind(driver)
            vf.set_mac(linux_guest.MAC)

    def other_vf(self):
        return next(vf for vf in self.vfs if vf is not self.guest.vf)

    def need_guest(self):
        if not self.guest:
            self.prepare_vfs()
            self.guest = linux_guest.start(self.vfs[0], Tap.note)
        return self.guest

    def need_traffic(self):
        """A guest with its driver and a stream both ways."""
        guest = self.need_guest()
        if not self.has_driver:
            linux_guest.find_vf(guest)
            linux_guest.load_driver(guest)
            self.has_driver = True
        if not self.stream:
            self.stream = traffic.Stream(guest.agent)
        self.stream.check_goes_on(guest.agent)
        return guest

    def new_destination(self):
        return linux_guest.new_qemu(self.other_vf())

    def drop_guest(self):
        if self.stream:
            self.stream.stop()
        if self.guest:
            self.guest.kill()
        self.guest = self.stream = None
        self.has_driver = False



class Undisturbed:
    """`with Undisturbed(bench):` what happens inside costs the guest no more
    than a pause: same driver instance, link, counters, stream."""

    def __init__(self, bench):
        self._bench = bench

    def __enter__(self):
        guest = self._bench.need_traffic()
        self._before = observation.Observation(guest.agent)
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            return
        guest = self._bench.guest
        expect(guest.running(), f"the guest does not run in {guest.name}")
        self._bench.stream.check_goes_on(guest.agent)
        wrong = self.complaints(self._before, observation.Observation(guest.agent))
        expect(not wrong, "; ".join(wrong))

    def complaints(self, before, after):
        return observation.complaints(before, after)


def migrate(bench, **how):
    """The shared guest goes to the other VF, or this raises."""
    destination = bench.new_destination()
    try:
        migration = Migration(bench.guest, destination, **how)
        outcome = migration.wait()
        expect(outcome == "completed", f"the migration {outcome}: "
               f"{bench.guest.vf.says('last_error')}; {destination.vf.says('last_error')}")
        bench.guest = migration.hand_over()
    except BaseException:
        destination.kill()
        raise
    return migration
