# SPDX-License-Identifier: GPL-2.0-only
"""
The QEMUs that a guest may run in, and how their command lines and parameters
differ. 7.2 and earlier speak the v1 protocol to the VF's driver, 8 and later v2.
"""

from dataclasses import dataclass, replace

# A device without a size to tell counts as 100 GiB, which a large bandwidth to
# be expected of the switchover makes up for.
PLENTY = 1 << 50
# A VF whose dirty pages are asked for in pre-copy too.
WITH_TRACKING = "{enable}=on"


@dataclass(frozen=True)
class Qemu:
    version: str
    protocol: str
    # The property that switches a VF's migration on.
    enable: str
    # Both ends must have the same.
    machine: str = "pc-q35-7.2"
    # A VF's properties.
    options: str = "{enable}=on,x-pre-copy-dirty-page-tracking=off"
    # Whether a VF is opened by a file of its own and bound to an iommufd.
    iommufd: bool = False
    # Further arguments, before the VF's.
    more: tuple = ()

    def __str__(self):
        return f"QEMU {self.version}" + self.iommufd * " by iommufd"

    def by_iommufd(self):
        return replace(self, iommufd=True)

    def with_properties(self, properties):
        return self.with_options(f"{self.options},{properties}")

    def on(self, machine):
        return replace(self, machine=machine)

    def plus(self, *argv):
        return replace(self, more=(*self.more, *argv))

    def with_options(self, options):
        return replace(self, options=options)

    def program(self, host):
        """Beside the host VM's own QEMU there may be others, see tools/vm/parts/qemu.sh."""
        beside = f"/opt/qemu-{self.version}/qemu-system-x86_64"
        return beside if host.exists(beside) else "qemu-system-x86_64"

    def vf_options(self):
        return self.options.format(enable=self.enable) + self.iommufd * ",iommufd=iommufd"

    def vf_objects(self):
        """What has to be there before a VF."""
        return [*self.more, *self.iommufd * ("-object", "iommufd,id=iommufd")]

    def has_pre_copy(self, host):
        """Whether a VF on that host is in the migration before its guest is stopped."""
        return self.protocol == "v1" or host.has_whole_v2()

    def source_parameters(self, host, switchover_bandwidth=None):
        """What a source of a migration needs to converge, unless it is told otherwise."""
        if switchover_bandwidth is None:
            if self.has_pre_copy(host):
                return {}
            switchover_bandwidth = PLENTY
        return {"avail_switchover_bandwidth": switchover_bandwidth}


# The oldest machine on which QEMU 10.0 and later send a VF's data by several channels.
MACHINE_10_0 = "pc-q35-10.0"
V5_2 = Qemu("5.2", "v1", "x-enable-migration", "pc-q35-5.2")
V7_2 = Qemu("7.2", "v1", "x-enable-migration")
V10_0 = Qemu("10.0", "v2", "enable-migration")
# Whatever trixie-backports has when it is fetched.
NEWEST = Qemu("newest", "v2", "enable-migration")
