# SPDX-License-Identifier: GPL-2.0-only
"""
What the kernel holds: read when nobody has a device open, and again after many
migrations, and again, it must be the same.

Counts of what is ours alone are exact. Those of the whole kernel go up and down
by themselves; what is lost a little with every migration is more from reading
to reading. A kernel that keeps an object for every object it watches has no
such counts worth comparing, but it has kmemleak.
"""

import collections
import os
import re

PAGE = 4096
SLAB = "/sys/kernel/slab"
KMEMLEAK = "/sys/kernel/debug/kmemleak"
MAX_READINGS = 30
READINGS_ALIKE = 3
# Seen in repeated readings with nothing but rounds between them.
NOISE_PAGES = 64
NOISE_AREAS = 8
NOISE_OBJECTS = 64
# Freed lazily, and so counted by the areas in use instead.
LAZY_CACHE = "vmap_area"
_ours = re.compile(r"vfmig|vfio")


def _read(path):
    with open(path) as file:
        return file.read()


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)


def _pairs(path):
    for line in _read(path).splitlines():
        words = line.replace(":", "").split()
        yield words[0], int(words[1])


def _give_back():
    """What the kernel only keeps for later: caches, and slabs without an object."""
    _write("/proc/sys/vm/drop_caches", "3")
    for cache in os.listdir(SLAB):
        _write(f"{SLAB}/{cache}/shrink", "1")


def _kernel_pages():
    """
    Pages that are neither free nor a file's nor a process's, by their use. Of
    slabs the objects are counted: how many pages the same ones lie in changes.
    """
    on_cpu_lists = sum(int(line.split()[1]) for line in _read("/proc/zoneinfo").splitlines()
                       if line.split()[0] == "count:")
    vm = dict(_pairs("/proc/vmstat"))
    memory = {name: kib * 1024 // PAGE for name, kib in _pairs("/proc/meminfo")}
    pages = {
        "pages of stacks": memory["KernelStack"],
        "pages of vmalloc": memory["VmallocUsed"],
        "pages of CPUs": memory["Percpu"],
    }
    pages["other pages of the kernel"] = (
        memory["MemTotal"] - on_cpu_lists - sum(pages.values()) - sum(vm[name] for name in (
            "nr_free_pages", "nr_file_pages", "nr_anon_pages", "nr_page_table_pages",
            "nr_slab_reclaimable", "nr_slab_unreclaimable")))
    return pages


def _pinned_pages():
    # Each CPU keeps what it has counted lately to itself.
    _read("/proc/sys/vm/stat_refresh")
    vm = dict(_pairs("/proc/vmstat"))
    return vm["nr_foll_pin_acquired"] - vm["nr_foll_pin_released"]


def _slabs():
    """Name, objects, and how many of them a slab holds."""
    for line in _read("/proc/slabinfo").splitlines()[2:]:
        words = line.split()
        if words[0] != LAZY_CACHE:
            yield words[0], int(words[1]), int(words[4])


def _vmalloc_callers():
    """Of each area in use; a blank where the kernel names none."""
    for line in _read("/proc/vmallocinfo").splitlines():
        if "unpurged" not in line:
            yield " ".join(line.split()[2:3])


def _module_users():
    for name in os.listdir("/sys/module"):
        path = f"/sys/module/{name}/refcnt"
        if _ours.search(name) and os.path.exists(path):
            yield name, int(_read(path))


def _entries(path):
    return sum(len(directories) + len(files) for _, directories, files in os.walk(path))


class Reading:
    """One look at it all."""

    def __init__(self):
        self.exact = {f"users of module {name}": count for name, count in _module_users()}
        self.exact["pinned pages"] = _pinned_pages()
        self.exact["entries in debugfs"] = _entries("/sys/kernel/debug/vfmig")
        self.exact["interrupts of vfio"] = _read("/proc/interrupts").count("vfio")
        self.exact["descriptors of this process"] = len(os.listdir("/proc/self/fd"))
        callers = list(_vmalloc_callers())
        for caller, count in collections.Counter(filter(_ours.search, callers)).items():
            self.exact[f"vmalloc areas of {caller}"] = count

        self.noisy, self.noise = {}, {}
        if not os.path.exists(KMEMLEAK):
            self._read_noisy(len(callers))

    def _read_noisy(self, areas):
        self.noisy = {"vmalloc areas": areas, **_kernel_pages()}
        self.noise = dict.fromkeys(self.noisy, NOISE_PAGES)
        self.noise["vmalloc areas"] = NOISE_AREAS
        for name, objects, in_slab in _slabs():
            self.noisy[f"objects in {name}"] = objects
            # The slab a CPU allocates from counts as if it were full.
            self.noise[f"objects in {name}"] = max(NOISE_OBJECTS, in_slab * os.cpu_count())

    @classmethod
    def settled(cls):
        """
        The lowest of each count, until none gets lower: much is freed only a
        while after the last one has let go of it.
        """
        cpus = os.sched_getaffinity(0)
        # The other CPUs' slabs, once flushed, are not taken into use by this.
        os.sched_setaffinity(0, {min(cpus)})
        try:
            lowest, alike = cls(), 0
            for _ in range(MAX_READINGS):
                if lowest.noisy:
                    _give_back()
                alike = 0 if lowest._lower(cls()) else alike + 1
                if alike == READINGS_ALIKE:
                    break
            return lowest
        finally:
            os.sched_setaffinity(0, cpus)

    def _lower(self, other):
        """Takes over what is lower there; says whether anything was."""
        lower = False
        for mine, others in ((self.exact, other.exact), (self.noisy, other.noisy)):
            for name in mine:
                if others.get(name, 0) < mine[name]:
                    mine[name] = others.get(name, 0)
                    lower = True
        return lower


def _growth(before, after):
    for name, count in after.items():
        if count > before.get(name, 0):
            yield name, count - before.get(name, 0)


def most_grown(before, after, number=5):
    grown = sorted(_growth(before.noisy, after.noisy), key=lambda item: -item[1])
    return ", ".join(f"{name} {count:+d}" for name, count in grown[:number]) or "nothing"


def complaints(readings, rounds):
    """Of a first reading and some more, each after as many rounds."""
    first, last = readings[0], readings[-1]
    found = [f"{name}: {count} more than before"
             for name, count in _growth(first.exact, last.exact)]
    for name, count in _growth(first.noisy, last.noisy):
        counts = [reading.noisy.get(name, 0) for reading in readings]
        ever_more = all(one < other for one, other in zip(counts, counts[1:]))
        allowed = max(last.noise[name], rounds // 2)
        if ever_more and count > allowed:
            found.append(f"{name}: {counts}, {count} more after {rounds} round trips, "
                         f"noise is {allowed}")
    return found
