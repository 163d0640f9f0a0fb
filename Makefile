# SPDX-License-Identifier: GPL-2.0-only
#
# make		the modules, for the running kernel or for KDIR=<its build tree>;
#		W=1 and C=1 as in the kernel: more warnings, and sparse
# make install	and into /lib/modules/<that kernel>/updates; the kernel's name for
#		it is make modules_install
# make tests	the modules, sample-vfio-pci and mock-vfio-pci, which takes any PCI
#		function: for the tests, nothing to install
# make demo	a live migration of a VM with a VF, there and back, in a VM
# make demo-upgrade	the same from an old host to a new one and back: kernel 6.1,
#		QEMU 7.2 (v1) and kernel 6.12, QEMU 10.0 (v2)
# make demo-virtio	the same with a VF that is a virtio disk, which moves by its
#		owner's administration queue: emulated, as there is no other
# make demo-oob	the same with such a disk that nobody but its SoC can save, by
#		way of agents in userspace: a plugin of QEMU's RFC of 2022, unchanged
# make agent	build/agent/vfmig-agent and its plugins (file.so, soc.so, igb.so), with
#		Debian 12's compiler: for devices that have no migration interface of
#		their own
# make check	every test, in a VM; ends with "N passed, N failed, N skipped";
#		KERNELS="6.1 6.12 newest": on these kernels, else on 6.1
# make check-debug	the tests that want a kernel with KASAN, lockdep and fault
#		injection (built when first needed); ends in the same way;
#		KERNELS="debug debug-newest": on these, else on debug, which is 6.1
# make fuzz	fuzzes what parses streams, FUZZ_SECONDS=60
# make soak	hundreds of migrations there and back, in search of drift
# make bench	what a transfer costs, against its limits, on 6.1 and newest: a
#		table, build/bench/results.json, and plots
# make pre-push	what can be known of a change in seconds: static checks that build
#		no module, and the unit tests; see CONTRIBUTING.md
# make clean	what was built; the cache of fetched packages stays
# make help	this text

KDIR ?= /lib/modules/$(shell uname -r)/build
kbuild := -C $(KDIR) M=$(CURDIR)
# Debian's headers say it nowhere else, and lack what kbuild's own depmod needs.
release = $(shell awk '{ gsub("\"", ""); print $$3 }' $(KDIR)/include/generated/utsrelease.h)

modules:
	$(MAKE) $(kbuild) modules

tests:
	$(MAKE) $(kbuild) CONFIG_MOCK_VFIO_PCI=m CONFIG_SAMPLE_VFIO_PCI=m modules

install: modules
	$(MAKE) $(kbuild) INSTALL_MOD_DIR=updates modules_install
	depmod -a $(INSTALL_MOD_PATH:%=-b %) $(release)

modules_install: install

demo:
	tools/demo/demo

demo-upgrade:
	tools/demo/demo --upgrade

demo-virtio:
	tools/demo/demo --virtio

demo-oob:
	tools/demo/demo --oob

agent:
	tools/vm/enter -- $(MAKE) -s -C tools/agent OUTPUT=$(CURDIR)/build/agent

check:
	KERNELS="$(KERNELS)" tools/check

check-debug:
	KERNELS="$(KERNELS)" tools/check debug

fuzz:
	tools/testing/fuzz/run

soak:
	tools/testing/e2e/check --timeout 10800 soak

bench:
	tools/bench/run

pre-push:
	tools/testing/static/run --quick
	tools/testing/unit/run

clean:
	rm -rf build
	if [ -e $(KDIR) ]; then $(MAKE) $(kbuild) clean; fi

help:
	@sed -n '3,/^$$/s/^# \?//p' Makefile

.PHONY: modules tests install modules_install demo demo-upgrade demo-virtio demo-oob agent
.PHONY: check check-debug fuzz soak bench pre-push clean help
