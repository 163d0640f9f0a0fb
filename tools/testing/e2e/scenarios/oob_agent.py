# SPDX-License-Identifier: GPL-2.0-only
"""
An agent dies, or hangs, in each phase of a migration. The transfer fails with the reason,
the guest goes on where it is, a new agent is attached, and then the guest moves.
"""

from functools import partial

from lib import trouble
from lib.blame import blamed
from lib.held import HELD, held, let_go
from lib.migration import PAUSED_MS
from lib.qemus import V7_2, V10_0
from lib.scenario import sifted
from lib.tap import expect

from .oob import counting
from .virtio import OLD_AND_NEW

SLOW = 1 << 20
# It is gone, or its supervisor has said for it that it is; or nobody was attached any more.
REASON = "agent"


def kill(agent):
    agent.kill_worker()


def hang(agent):
    """Its supervisor ends it when the limit of its call has come."""
    agent.freeze_worker()


def kill_all(agent):
    """And another one is started."""
    agent.kill()
    agent.start()


def restart(agent):
    agent.restart()


def moves_after(guest, there, **how):
    guest.check_alive()
    guest.move(there, **how)


def while_it_runs(end, bed):
    """Nobody notices; and the next agent is the one that the guest moves by."""
    with counting(bed, OLD_AND_NEW) as (guest, there):
        here = guest.vm.vf
        errors = here.errors()
        for source, target in ((here, there), (there, here)):
            end(bed.agent(source))
            moves_after(guest, target)
        expect(here.errors() == errors, f"the driver complains: {here.complaint()}")


def in_pre_copy(bed):
    """RAM is sent, the function runs."""
    with counting(bed, (HELD, V7_2)) as (guest, there):
        here = guest.vm.vf
        with bed.agent(here).replaced(), blamed(here, REASON), \
                guest.failing(there, **held(guest.vm.qemu, SLOW)) as migration:
            migration.wait_active()
            migration.check_early()
            kill(bed.agent(here))
            let_go(migration)
        moves_after(guest, there, downtime_limit=PAUSED_MS)


def when_stopped(of_source, qemus, bed):
    """
    The state has not been sent; the destination waits for it. The supervisor goes as well: by
    v2 no agent need have been asked by then, and the next one would do. An operator
    starts that, while the guest waits for its disk.
    """
    with counting(bed, qemus) as (guest, there):
        whose = guest.vm.vf if of_source else there
        with blamed(whose, REASON), guest.failing(there, tells=of_source, watched=True) as migration:
            migration.wait_switchover()
            bed.agent(whose).kill()
            migration.go_on()
        bed.agent(whose).start()
        bed.agent(whose).await_let_run()
        moves_after(guest, there)


def while_asked(request, skip, of_source, reason, end, qemus, bed):
    """The SoC does not answer, and while the plugin waits its process ends."""
    with counting(bed, qemus) as (guest, there):
        whose = guest.vm.vf if of_source else there
        bed.soc_hangs(request, whose, skip=skip)
        with bed.agent(whose).replaced(), blamed(whose, reason), \
                guest.failing(there, tells=of_source):
            bed.await_met()
            end(bed.agent(whose))
        bed.end_trouble()
        moves_after(guest, there)


# What the plugin is at, the request of its SoC, how many of these there were before, whose agent it
# is. A load has no answer: the plugin may be at what comes next already. Before a load the
# destination's function is stopped, which asks for the state four times, and its beginning three times.
REQUESTS = [("stops the function", trouble.SET_STATE, 1, True, REASON),
            ("asks what is pending", trouble.PENDING, 0, True, REASON),
            ("saves", trouble.SAVE, 0, True, REASON),
            ("loads", trouble.LOAD, 0, False, REASON),
            ("asks whether all is loaded", trouble.GET_STATE, 7, False, "whether all is loaded")]
OLD, NEW = (V7_2, V7_2), (V10_0, V10_0)


def title(qemus):
    return f"oob agent: {qemus[0].version} ({qemus[0].protocol})"


SIFT = {
    "6.1": ["killed while the VM runs", "killed while RAM", "7.2 (v1): killed with its supervisor at the source",
            "7.2 (v1): killed while its plugin saves", "hangs while its plugin loads"],
    "newest": ["restarted", "10.0 (v2): killed with its supervisor at the destination",
               "10.0 (v2): killed while its plugin saves", "10.0 (v2): killed while its plugin asks whether"],
}
SCENARIOS = sifted(SIFT, [
    ("oob agent: killed while the VM runs: then a move", partial(while_it_runs, kill_all)),
    ("oob agent: restarted while the VM runs: then a move", partial(while_it_runs, restart)),
    ("oob agent: 7.2 (v1): killed while RAM is sent: the guest stays", in_pre_copy),
    *((f"{title(qemus)}: killed with its supervisor {where} when the guest is stopped: it stays",
       partial(when_stopped, of_source, qemus))
      for qemus in (OLD, NEW) for where, of_source in (("at the source", True), ("at the destination", False))),
    *((f"{title(qemus)}: {how} while its plugin {what}: the guest stays",
       partial(while_asked, *request, end, qemus))
      for what, *request in REQUESTS
      for how, end, qemus in (("killed", kill, OLD), ("killed", kill, NEW), ("hangs", hang, OLD))),
])
