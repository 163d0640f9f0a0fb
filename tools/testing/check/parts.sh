# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The parts of tools/check. Each ends with "N passed, N failed, N skipped" and
# exit status 0 or 1; or with 4 and a last word on stderr, if it cannot be tried
# any more. Its stdout is TAP with notes for whoever watches:
#
#	# begins NAME		before a test, or whatever takes its time
#	# time=1.234 s		after a test's result: what it took
#	# again=all		after a failure that no test alone is to blame for
#
# In kernels: a pattern of the kernels that it runs in, its name goes on with one
# of those; "-" if it wants none. No pattern may fit what follows its part's name in
# another part's: e2e-virtio is no e2e. Alone: nothing runs beside it. Minutes are those
# of two cores without KVM, with three parts at a time; the longest begin first. In
# the command K is the kernel.
# What follows -- is what is run; where something has failed, its tests' names are
# put in its place. A command without -- is run as a whole again.
# shellcheck disable=SC2034 # for tools/check
logs=build/check
# shellcheck disable=SC2034
fetch_kernel=(tools/vm/fetch --kernel)

selftests=tools/testing/selftests/vfmig
e2e=tools/testing/e2e/check
ordinary='@([0-9]*|newest)'

#    name             in kernels  how     min.  command
part static           -           beside  9     tools/testing/static/run
part unit             -           beside  1     tools/testing/unit/run
part fuzz             -           alone   10    tools/testing/fuzz/run
part hosts            -           alone   15    $e2e --kernels 6.1,6.12 -- "7.2 (v1) and 10.0" upgrade vlan
part emulator         -           beside  3     tools/testing/emulator/run
part emulator-virtio  -           beside  2     tools/testing/emulator/virtio/run
part plugin-igb       -           beside  1     tools/testing/agent/igb/run
part emulator-foreign newest      beside  2     tools/testing/emulator/virtio/foreign/run
part region-mock      'debug*'    beside  15    $selftests/check --kernel K -- mock
part region-mock      "$ordinary" beside  8     $selftests/check --kernel K -- mock
part region-igbvf     'debug*'    beside  16    $selftests/check --kernel K -- igbvf
part region-igbvf     "$ordinary" beside  6     $selftests/check --kernel K -- igbvf
part region-oob       'debug*'    beside  16    $selftests/check --kernel K -- oob
part region-oob       '6.*'       beside  8     $selftests/check --kernel K -- oob
# The rules of all drivers run in 6.1; here, those that want more than its v2 has.
part region-oob       newest      beside  3     $selftests/check --kernel K -- oob.oob_ oob.v2_precopy oob.v2_size oob.both_same.pre_copied
part region-sample    newest      beside  2     $selftests/check --kernel K -- sample
part region-virtio    '6.*'       beside  11    $selftests/check --kernel K -- virtio virtio14
part region-virtio    debug       beside  25    $selftests/check --kernel K -- virtio virtio14
# By our owner what no older kernel has a feature for.
part region-virtio    newest      beside  5     $selftests/check --kernel K -- virtio14pci virtio.virtio_context.size virtio14.virtio_parts.left_by_size
part iommufd-mock     'debug-*'   beside  12    $selftests/check --kernel K --iommu iommufd -- mock
part iommufd-igbvf    'debug-*'   beside  10    $selftests/check --kernel K --iommu iommufd -- igbvf
# What takes a debug kernel the longest is its VM to come up and to be scanned for leaks: one for each driver.
part trouble-mock     'debug*'    beside 12    $selftests/trouble-check --kernel K -- mock
part trouble-igbvf    'debug*'    beside 11    $selftests/trouble-check --kernel K -- igbvf
part trouble-oob      'debug*'    beside 11    $selftests/trouble-check --kernel K -- oob
# Not in debug-newest: Linux's own virtio-pci, which has the owner while the VM
# boots, allocates under a spinlock there, and lockdep is off from then on.
part trouble-virtio   debug       beside 20    $selftests/trouble-check --kernel K -- virtio virtio14
part kunit            'debug*'    beside  5     tools/testing/kunit/run --kernel K
part vfio             newest      beside  1     tools/testing/vfio/run --kernel K
part e2e              "$ordinary" beside  16    $e2e --kernel K --
part e2e-virtio       "$ordinary" beside  4     $e2e --kernel K --virtio standard=draft --virtio standard=1.4 --
part e2e-virtio14     "$ordinary" beside  2     $e2e --kernel K --virtio standard=1.4 --
part e2e-oob          '@(6.1|newest)' beside 3  $e2e --kernel K --virtio admin=off --
part e2e              debug       beside  4     $e2e --kernel K -- demo
part e2e-virtio       debug       beside  3     $e2e --kernel K --virtio standard=draft -- demo
part e2e              'debug-*'   beside  12    $e2e --kernel K -- demo iommufd

#     name    in kernels  parts
group default 6.1         static unit emulator emulator-virtio plugin-igb emulator-foreign region-mock region-igbvf region-oob region-sample region-virtio vfio e2e e2e-virtio e2e-virtio14 e2e-oob
group debug   debug       region-mock region-igbvf iommufd-mock iommufd-igbvf trouble-mock trouble-igbvf trouble-oob trouble-virtio kunit e2e e2e-virtio
