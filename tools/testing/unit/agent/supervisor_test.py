#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""vfmig-agent with a driver made of a socket: what it does when workers end, hang, are told off. TAP.

    supervisor_test.py AGENT DIR-OF-PLUGINS
"""
import glob
import os
import queue
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

AGENT, PLUGINS = sys.argv[1:]
DEVICE = "0000:01:10.0"
HELLO, SET_STATE, PENDING, SAVE, LOAD, LOADED, ABORT = range(1, 8)
RUNNING, SAVING, RESUMING = 1, 2, 4
NEW = 1
BEGINS = NEW | 2
WINDOW = 1 << 20
# Of a worker: <tools/agent/worker_fds.h>
WINDOW_FD = 7
REQUEST = struct.Struct("=QIIII5Q")
REPLY = struct.Struct("=QiI6Q64s")
# What is waited for comes within that, or never.
LIMIT = 60
EIO, EINVAL, EPROTO, EOPNOTSUPP, ETIMEDOUT = 5, 22, 71, 95, 110

results = []


def ok(good, name):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} {name}", flush=True)


class Channel:
    """The driver's end of a worker's channel."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(LIMIT)
        self.device = self.socket.recv(64).decode()
        self.last_id = 0

    def send(self, kind, *arguments, flags=0, timeout_ms=60000):
        self.last_id += 1
        arguments += (0,) * (5 - len(arguments))
        self.socket.send(REQUEST.pack(self.last_id, kind, flags, timeout_ms, 0, *arguments))

    def reply(self):
        """(status, first argument, reason)"""
        reply = REPLY.unpack(self.socket.recv(REPLY.size))
        assert reply[0] == self.last_id and reply[2] == 0, "a reply to another request"
        assert not reply[1] or not any(reply[3:9]), "a failure with arguments"
        return reply[1], reply[3], reply[9].rstrip(b"\0").decode("ascii")

    def ask(self, kind, *arguments, flags=0):
        """(status, first argument)"""
        self.send(kind, *arguments, flags=flags)
        return self.reply()[:2]

    def ask_why(self, kind):
        self.send(kind)
        return self.reply()

    def begin(self, state):
        return self.ask(SET_STATE, state, WINDOW, flags=BEGINS)[0]

    def ended(self):
        try:
            return not self.socket.recv(REPLY.size)
        except ConnectionResetError:
            # It had not read all of its requests.
            return True


class Agent:
    """A supervisor under test, with its driver and its service manager."""

    def __init__(self, *options, listening=True, environment=None):
        self.dir = tempfile.TemporaryDirectory()
        self.path = self.dir.name + "/driver"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.dir.name + "/notify")
        self.told = queue.Queue()
        # As the service manager does: who tells something waits until there is room.
        threading.Thread(target=self.take_notes, daemon=True).start()
        self.listener = None
        if listening:
            self.listen()
        self.process = subprocess.Popen(
            [AGENT, *options], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            # One that it was given by mistake, and its workers must not have.
            pass_fds=[os.dup2(self.notify.fileno(), 60)],
            env=dict(os.environ, FAKE_DRIVER=self.path, NOTIFY_SOCKET=self.dir.name + "/notify",
                     **(environment or {})))
        self.log = []

    def take_notes(self):
        try:
            while note := self.notify.recv(4096):
                self.told.put(note.decode().split("\n"))
        except OSError:
            pass

    def listen(self):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen()
        self.listener.settimeout(LIMIT)

    def attached(self):
        return Channel(self.listener.accept()[0])

    def notified(self, wanted):
        """Whether the service manager is told that, whatever it is told before."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            try:
                if wanted in self.told.get(timeout=LIMIT):
                    return True
            except queue.Empty:
                break
        return False

    def says(self, wanted):
        """Whether that comes in the log, from here on."""
        signal.alarm(LIMIT)
        try:
            for line in self.process.stderr:
                self.log.append(line.decode().rstrip())
                if wanted in self.log[-1]:
                    return True
        except TimeoutError:
            pass
        finally:
            signal.alarm(0)
        return False

    def end(self):
        self.process.terminate()
        status = self.process.wait(LIMIT)
        self.log += self.process.stderr.read().decode().splitlines()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        self.notify.shutdown(socket.SHUT_RD)
        self.notify.close()
        if self.listener:
            self.listener.close()
        self.dir.cleanup()


def of(plugin, arg="", *more):
    return "--device", DEVICE, "--plugin", f"{PLUGINS}/{plugin}.so", "--arg", arg, *more


def test_waits_for_the_driver():
    with Agent(*of("odd"), listening=False) as agent:
        ok(agent.says(f"{DEVICE}: no fake driver"), "it says why it cannot attach")
        ok(agent.notified("READY=1"), "it is ready all the same")
        ok(agent.notified("STATUS=agent of 0 of 1 functions"), "and tells that it is no agent")
        agent.listen()
        channel = agent.attached()
        ok(channel.device == DEVICE, "it attaches when it can")
        ok(channel.begin(RESUMING) == 0 and agent.says("set_state 0x4") and
           agent.log[-1] == f"{DEVICE}: | set_state 0x4", "what a plugin says is told from what the agent does")
        channel.ask(ABORT)
        ok(agent.notified("STATUS=agent of 1 of 1 functions"), "and tells so")
        channel.send(HELLO)
        reply = channel.socket.recv(REPLY.size)
        ok(reply[16:48].rstrip(b"\0") == b"odd" and struct.unpack("=QQ", reply[48:64]) == (0, 1 << 20) and
           not any(reply[64:]),
           "the worker says what it hosts")
        ok(agent.end() == 0 and channel.ended(), "SIGTERM ends it and its worker")
        ok(sum("no fake driver" in line for line in agent.log) == 1, "a reason is told once")


def test_requests():
    with Agent(*of("odd")) as agent:
        channel = agent.attached()
        ok(channel.ask(77)[0] == -EOPNOTSUPP, "an unknown request is refused")
        ok(channel.ask(HELLO, flags=0x80)[0] == -EOPNOTSUPP, "so is an unknown flag")
        ok(channel.ask(SAVE, 0, 1)[0] == -EINVAL, "so is a save before there is a window")
        ok(channel.ask(SET_STATE, RUNNING | SAVING | 1 << 32, WINDOW, flags=BEGINS)[0] == -EINVAL,
           "so is a state of 33 bits")
        ok(channel.ask(PENDING, flags=NEW)[0] == -EOPNOTSUPP, "so is NEW with what begins nothing")
        ok(channel.ask(SET_STATE, RUNNING | SAVING, 0, flags=BEGINS)[0] == -EINVAL, "so is a window of nothing")
        ok(channel.begin(RUNNING | SAVING) == 0, "a migration begins")
        _, pending = channel.ask(PENDING)
        ok(channel.ask(SAVE, 1 << 20, 1)[0] == -EINVAL, "a save behind the window is refused")
        ok(channel.ask(SAVE, (1 << 64) - 1, 2)[0] == -EINVAL, "so is one that is about 2^64")
        ok(channel.ask(SAVE, (1 << 20) - 5, 5) == (0, 5), "one to its end is not")
        ok(channel.ask(PENDING) == (0, pending - 5), "what is left is announced")
        ok(channel.ask(ABORT)[0] == 0, "an abort is answered")
        channel.send(PENDING)
        ok(channel.reply()[::2] == (-EPROTO, "no migration is under way"), "a failure has its reason")
        ok(channel.ask(ABORT)[0] == 0, "an abort outside of a migration is answered, too")
        ok(channel.begin(RESUMING) == 0, "a load begins")
        ok(channel.ask(LOAD, 0, 2, 0, 3)[0] == 0 and channel.ask(LOAD, 8, 1, 2, 3)[0] == 0,
           "a piece comes in parts")
        ok(channel.ask(LOADED)[0] == 0 and channel.ask(SET_STATE, RUNNING)[0] == 0, "a load ends")
        agent.end()
        ok(sum(line.endswith("load of 3 bytes") for line in agent.log) == 1, "the plugin had it whole")


def test_driver_goes():
    with Agent(*of("odd")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.socket.close()
        ok(agent.says("set_state 0x1") and agent.says("cleanup") and
           agent.says("the driver has let go of the agent"), "a migration is aborted when the driver goes")
        ok(agent.attached().ask(HELLO)[0] == 0, "and there is a new agent")


def test_cannot_abort():
    with Agent(*of("odd", "get-state")) as agent:
        channel = agent.attached()
        status, _, reason = channel.ask_why(ABORT)
        ok(status == -EIO and reason == "get_state() returned -1", "an abort that fails is answered")
        ok(channel.ended() and agent.attached().ask(HELLO)[0] == 0, "and a new agent can be asked for it again")


def test_told_to_end():
    with Agent(*of("odd")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        status = agent.end()
        ok(status == 0 and channel.ended() and any("set_state 0x1" in line for line in agent.log) and
           "cleanup" in agent.log[-2], "SIGTERM aborts what is under way")
        ok(agent.log[-1].endswith("ended as it was told to"), "and no worker is started again")
    with Agent(*of("odd", "spin:save", "--limit-ms", "500")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.ask(PENDING)
        channel.send(SAVE, 0, 1)
        agent.says("now: spin:save")
        ok(agent.end() == 0 and channel.reply()[0] == -ETIMEDOUT and channel.ended(),
           "it ends a plugin that spins, too")


def test_ends(arg, sentence, name, limit_ms=60000, timeout_ms=60000):
    with Agent(*of("odd", arg, "--limit-ms", str(limit_ms))) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.ask(PENDING)
        channel.send(SAVE, 0, 5, timeout_ms=timeout_ms)
        status, _, reason = channel.reply()
        ok(status == (-ETIMEDOUT if "in time" in sentence else -EIO) and reason == sentence[:63],
           f"{name}: the driver is told: {reason}")
        ok(channel.ended(), f"{name}: and that the agent has gone")
        ok(agent.says(sentence), f"{name}: the log says why")
        ok(agent.attached().begin(RESUMING) == 0, f"{name}: there is a new agent")


def test_loses_its_files():
    with Agent(*of("odd", "reopens:save", "--limit-ms", "500")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.ask(PENDING)
        channel.send(SAVE, 0, 5)
        agent.says("now: reopens")
        # As the driver does when its own limit is over.
        channel.socket.shutdown(socket.SHUT_RDWR)
        ok(agent.says("the worker did not return in time"), "a plugin that nobody can ask any more is killed")
        ok(agent.attached().ask(HELLO)[0] == 0, "and there is a new agent")


def test_all_calls_share_a_limit():
    # Each of the three calls of this request would be in time.
    with Agent(*of("odd", "each-waits-ms=250", "--limit-ms", "500")) as agent:
        channel = agent.attached()
        channel.send(SET_STATE, RESUMING, WINDOW, flags=BEGINS)
        status, _, reason = channel.reply()
        ok(status == -ETIMEDOUT and "did not return in time" in reason, f"all calls of a request have one limit: {reason}")


def test_window_is_taken_away():
    with Agent(*of("odd")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.ask(PENDING)
        channel.ask(SAVE, 0, 5)
        worker, _ = worker_of(agent)
        with open(f"/proc/{worker}/fd/{WINDOW_FD}", "r+b") as window:
            window.truncate(0)
        ok(channel.ask(SAVE, 4096, 5) == (0, 5), "a plugin that is at the window when that is taken away does not crash")
        ok(channel.ask(ABORT)[0] == 0, "and can be told that the migration has ended")


def loaded_and_saved(channel, length):
    channel.begin(RESUMING)
    channel.ask(LOAD, 0, length, 0, length)
    channel.ask(LOADED)
    channel.ask(SET_STATE, 0)
    channel.begin(SAVING)
    channel.ask(PENDING)
    channel.ask(SAVE, 0, length)
    channel.ask(SET_STATE, 0)


def test_damage():
    content = os.urandom(1000)
    with tempfile.TemporaryDirectory() as name:
        os.chown(name, 65534, 65534)
        with open(f"{name}/state", "wb") as file:
            file.write(content)
        os.chown(f"{name}/state", 65534, 65534)
        with Agent(*of("file", f"{name}/state")) as agent:
            channel = agent.attached()
            channel.begin(SAVING)
            length = channel.ask(PENDING)[1]
            channel.ask(SAVE, 0, length)
            channel.ask(SET_STATE, 0)
            with open(f"/proc/{worker_of(agent)[0]}/fd/{WINDOW_FD}", "r+b") as window:
                saved = window.read(length)
                loaded_and_saved(channel, length)
                window.seek(0)
                ok(window.read(length) == saved, "what was loaded and has not run is saved again")
                found = 0
                for at in range(0, length, 7):
                    channel.begin(RESUMING)
                    window.seek(0)
                    window.write(saved[:at] + bytes([saved[at] ^ 1]) + saved[at + 1:])
                    window.flush()
                    found += channel.ask(LOAD, 0, length, 0, length)[0] == -EIO or channel.ask(LOADED)[0] == -EIO
                    channel.ask(ABORT)
            ok(found == len(range(0, length, 7)), "the file plugin finds each damaged byte before the function runs")
            with open(f"{name}/state", "rb") as file:
                ok(file.read() == content and os.listdir(name) == ["state"], "and loads none of it")


def test_complete_save_is_left():
    with Agent(*of("odd")) as agent:
        channel = agent.attached()
        channel.begin(SAVING)
        while pending := channel.ask(PENDING)[1]:
            while pending:
                _, saved = channel.ask(SAVE, 0, min(pending, WINDOW))
                pending -= saved
        ok(agent.end() == 0 and not any("set_state 0x1" in line for line in agent.log) and
           any(line.endswith("cleanup") for line in agent.log),
           "SIGTERM does not run a function whose state is complete elsewhere")


def test_pauses():
    with Agent(*of("no-version")) as agent:
        began, gaps = time.monotonic(), []
        for _ in range(4):
            channel = agent.attached()
            gaps.append(time.monotonic() - began)
            channel.ended()
            began = time.monotonic()
        ok(gaps[1] > 0.08 and gaps[2] > 0.18 and gaps[3] > 0.38,
           "one that fails at once is started again later and later: " +
           ", ".join(f"{gap:.2f}" for gap in gaps[1:]))
        agent.end()
        ok(sum("get_plugin_version" in line and "worker:" not in line for line in agent.log) == 1,
           "and its reason is told once")


def worker_of(agent):
    """Its process, and what the kernel says of it."""
    with open(f"/proc/{agent.process.pid}/task/{agent.process.pid}/children") as children:
        worker = children.read().strip()
    with open(f"/proc/{worker}/status") as status:
        return worker, dict(line.strip("\n").split(":\t", 1) for line in status if ":\t" in line)


# SIGCANCEL and SIGSETXID, which no process can set: whatever was started by glibc's posix_spawn() has
# them ignored.
LIBRARYS_OWN = 1 << 31 | 1 << 32


def signals_are_default(agent):
    """A library may block some for a moment."""
    deadline = time.monotonic() + LIMIT
    told = None
    while time.monotonic() < deadline:
        worker, facts = worker_of(agent)
        odd = {name: facts[name] for name in ("SigIgn", "SigBlk") if int(facts[name], 16) & ~LIBRARYS_OWN}
        if not odd:
            return True
        if odd != told:
            print(f"# process {worker}, {facts['Name']}, {facts['State']}: {odd}", flush=True)
        told = odd
        time.sleep(0.01)
    return False


def test_registers():
    devices = glob.glob("/sys/bus/pci/devices/*")
    if not devices:
        ok(True, "one with registers has no capabilities # SKIP there are no PCI functions")
        return
    with Agent(*of("odd", "", "--registers", os.path.basename(devices[0]))) as agent:
        channel = agent.attached()
        channel.ask(HELLO)
        _, facts = worker_of(agent)
        ok(facts["Uid"] == "0\t0\t0\t0" and int(facts["CapEff"], 16) == int(facts["CapPrm"], 16) == 0 and
           facts["NoNewPrivs"] == "1", "one with registers is root, without capabilities")


def test_privileges():
    with Agent(*of("odd", "", "--network", "no")) as agent:
        channel = agent.attached()
        channel.ask(HELLO)
        worker, facts = worker_of(agent)
        nobody = "65534\t65534\t65534\t65534"
        ok(facts["Uid"] == nobody and facts["Gid"] == nobody and not facts["Groups"].strip(),
           "a worker is nobody, and in no group")
        ok(facts["NoNewPrivs"] == "1" and int(facts["CapEff"], 16) == int(facts["CapPrm"], 16) == 0,
           "it has no privileges and gets none")
        ok(signals_are_default(agent), "its signals are as by default")
        ok(os.readlink(f"/proc/{worker}/ns/net") != os.readlink("/proc/self/ns/net"), "it has no network")
        files = {int(fd): os.readlink(f"/proc/{worker}/fd/{fd}") for fd in os.listdir(f"/proc/{worker}/fd")}
        ok(sorted(files) == list(range(WINDOW_FD + 1)), "it has its files and no others")
        ok(subprocess.run(["cat", f"/proc/{worker}/environ"], user=65534, group=65534, extra_groups=[], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode, "another one of the same user cannot look into it")
        with open(f"/proc/{worker}/environ") as environment:
            ok("NOTIFY_SOCKET" not in environment.read(), "it cannot speak to the service manager")


def test_watchdog():
    with Agent(*of("odd"), environment={"WATCHDOG_USEC": "200000"}) as agent:
        ok(agent.notified("WATCHDOG=1") and agent.notified("WATCHDOG=1"), "the watchdog is fed")


def test_supervisor_dies():
    with Agent(*of("odd", "wait:get_state")) as agent:
        channel = agent.attached()
        channel.send(SET_STATE, RESUMING, WINDOW, flags=BEGINS)
        agent.says("init")
        agent.process.send_signal(signal.SIGKILL)
        ok(channel.ended(), "no worker outlives the supervisor, not even in a call")


def test_configuration():
    plugin = f"{PLUGINS}/odd.so"
    good = f"[agent]\nlimit-ms = 300\n[{DEVICE}]\nplugin = {plugin}\narg = a;b = c\nnetwork = no\nmost-bytes = 1M\n"
    cases = [
        ("", "there is no function"),
        ("plugin = /x\n", ":1: [] plugin = /x: the section is not the address"),
        (f"\n\n[{DEVICE}]\narg = x\n", f":3: [{DEVICE}] has no plugin"),
        (f"[agent]\n\n [{DEVICE}]\n", f":3: [{DEVICE}] has no plugin"),
        ("# x\n[agents]\n", ":2: [agents]: the section is not the address of a function"),
        (f"[{DEVICE}]\nplugin = /x\nuser = x\nregisters = {DEVICE}\n", f":1: [{DEVICE}] has both a user and registers"),
        (f"[{DEVICE}]\nregisters = x\n", ":2: [0000:01:10.0] registers = x: it is no address of a function"),
        (f"[{DEVICE}]\nplugin = x.so\n", ":2: [0000:01:10.0] plugin = x.so: it is no absolute path"),
        (f"[{DEVICE}]\nplugin = /x\nplugin = /y\n", ":3: [0000:01:10.0] plugin = /y: it is set twice"),
        (f"[{DEVICE}]\nnetwork = no\n[agent]\n[{DEVICE}]\nnetwork = yes\n", ":5: [0000:01:10.0] network = yes: it is set twice"),
        (f"[{DEVICE}]\nplugins = /x\n", "there is no such setting of a function"),
        (f"[{DEVICE}]\nnetwork = maybe\n", "it is neither yes nor no"),
        (f"[{DEVICE}]\nmost-bytes = -1\n", "it is no number"),
        (f"[{DEVICE}]\nname = {'1' * 33}\n", "a name has 1 to 32 printable characters and no space"),
        (f"[{DEVICE}]\nname = a b\n", "a name has 1 to 32 printable characters and no space"),
        (f"[{DEVICE}]\nmost-bytes = 65G\n", "the driver takes 64G"),
        (f"[{DEVICE}]\nlimit-ms = x\n", "it is no time"),
        (f"[{DEVICE}]\nplugin\n", ":2:"),
        (f"[{DEVICE}\n", ":1: it is neither a [section] nor a setting"),
        ("[0000:01:10.8]\nplugin = /x\n", "is not the address of a function"),
        ("[01:10.0]\nplugin = /x\n", "is not the address of a function"),
        ("[agent]\nlimit-ms = 0\n", "it is no time"),
        ("[agent]\nlimit = 1\n", "there is no such setting of the agent"),
        (f"[{DEVICE}]\nplugin = {'/x' * 120}\n", ":2: a line has at most 198 characters"),
    ]
    with tempfile.NamedTemporaryFile("w") as file:
        for text, wanted in cases:
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()
            done = subprocess.run([AGENT, "--config", file.name], stderr=subprocess.PIPE, timeout=LIMIT,
                                  env=dict(os.environ, FAKE_DRIVER="/none"))
            said = done.stderr.decode().strip()
            ok(done.returncode == 2 and wanted in said, f"configuration {text[:60]!r}: {said[-100:]}")
        file.seek(0)
        file.truncate()
        file.write(good + "[0000:01:10.1]\nplugin = " + plugin + "\n")
        file.flush()
        with Agent("--config", file.name) as agent:
            channels = [agent.attached(), agent.attached()]
            ok(sorted(channel.device for channel in channels) == [DEVICE, "0000:01:10.1"], "each function of the configuration has its worker")
            ok(agent.notified("STATUS=agent of 2 of 2 functions"), "and that is told")


def test_many():
    devices = [f"0000:{n // 8:02x}:00.{n % 8}" for n in range(100)]
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join(f"[{device}]\nplugin = {PLUGINS}/odd.so\n" for device in devices))
        file.flush()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        with Agent("--config", file.name) as agent:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            channels = [agent.attached() for _ in devices]
            ok(sorted(channel.device for channel in channels) == devices and
               all(channel.ask(HELLO)[0] == 0 for channel in channels), "there is an agent for each of many functions")
            channels[7].begin(RESUMING)
            ok(agent.end() == 0 and all(channel.ended() for channel in channels), "all end together")


def too_late(*_):
    raise TimeoutError


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, too_late)
    test_waits_for_the_driver()
    test_requests()
    test_driver_goes()
    test_cannot_abort()
    test_told_to_end()
    test_ends("spin:save", "save() did not return in time: the plugin was killed", "a plugin that spins",
              limit_ms=1000)
    test_ends("spin:save", "save() did not return in time: the plugin was killed", "one that spins longer than the driver waits",
              timeout_ms=1000)
    test_ends("crash:save", "the plugin was ended by SIGSEGV (Segmentation fault) in save()", "one that crashes")
    test_ends("exit:save", "the plugin ended its process with status 3 in save()", "one that exits")
    test_ends("child:save", "the plugin was ended by SIGABRT (Aborted) in save()", "one that leaves a child")
    test_ends("daemon:save", "the plugin was ended by SIGABRT (Aborted) in save()", "one that leaves a daemon")
    test_ends("closes:save", "the plugin was ended by SIGABRT (Aborted) in save()", "one that closes all of its files")
    test_loses_its_files()
    test_all_calls_share_a_limit()
    test_complete_save_is_left()
    test_window_is_taken_away()
    test_damage()
    test_pauses()
    test_privileges()
    test_registers()
    test_watchdog()
    test_supervisor_dies()
    test_configuration()
    test_many()
    print(f"1..{len(results)}")
    sys.exit(not all(results))
