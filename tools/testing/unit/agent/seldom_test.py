#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""vfmig-agent where plugins, and those who run it, do what is seldom done. TAP.

    seldom_test.py AGENT DIR-OF-PLUGINS
"""
import ctypes
import mmap
import os
import platform
import pty
import resource
import signal
import socket
import struct
import sys
import threading
import time

from supervisor_test import (ABORT, AGENT, DEVICE, HELLO, LIMIT, PENDING, PLUGINS, RUNNING, SAVE, SAVING, Agent, of, ok,
                             results, too_late, worker_of)


def await_sleep(process):
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        with open(f"/proc/{process}/stat") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "S":
                return
        time.sleep(0.01)


def test_signals():
    with Agent(*of("odd", "has-signals")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        worker, _ = worker_of(agent)
        await_sleep(worker)
        os.kill(int(worker), signal.SIGUSR1)
        ok(channel.ask(PENDING)[0] == 0, "a plugin may have signals of its own")


def test_children():
    with Agent(*of("odd", "asks-child:init"), environment={"FAKE_NO_WINDOW": "yes"}) as agent:
        channel = agent.attached()
        channel.ask(ABORT)
        ok(agent.says("its child says something"), "a child of a plugin has the plugin's files")


def test_told_to_end_in_a_request():
    with Agent(*of("odd", "wait-for-term:save")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.ask(PENDING)
        channel.send(SAVE, 0, 5)
        agent.says("now: wait-for-term:save")
        agent.process.terminate()
        ok(channel.reply()[:2] == (0, 5) and channel.ended(), "what SIGTERM finds under way is done and answered")


def test_told_to_end_without_stdin():
    with Agent(*of("odd", "takes-stdin")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        ok(agent.end() == 0 and any("set_state 0x1" in line for line in agent.log),
           "SIGTERM aborts what is under way although the plugin has closed its stdin")


def test_cannot_be_left():
    with Agent(*of("odd", "no-abort")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.ask(SAVE, 0, 5)
        agent.end()
        ok(agent.log[-1] == f"{DEVICE}: set_state() returned 1", f"SIGTERM is told to have failed: {agent.log[-1]}")


def test_does_not_hear():
    with Agent(*of("odd", "ignores-term", "--limit-ms", "2000")) as agent:
        channel = agent.attached()
        channel.ask(ABORT)
        ok(agent.end() == 0 and agent.log[-1].endswith("the worker did not return in time: the plugin was killed"),
           f"it says that it has ended one that does not hear: {agent.log[-1]}")


def test_terminal_goes():
    with Agent(*of("odd", "", "--limit-ms", "50000")) as agent:
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        agent.process.send_signal(signal.SIGHUP)
        ok(agent.says("set_state 0x1") and agent.process.wait(LIMIT) == 0, "it ends in order when its terminal goes")
        ok(agent.notified("EXTEND_TIMEOUT_USEC=101000000"), "and tells how long that may take")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Agent(*of("odd")) as agent:
        signal.signal(signal.SIGHUP, before)
        channel = agent.attached()
        agent.process.send_signal(signal.SIGHUP)
        channel.socket.close()
        ok(agent.attached().ask(HELLO)[0] == 0, "nohup keeps it from that")


def test_pauses_are_of_one_kind():
    with Agent(*of("odd", "crash:save"), listening=False) as agent:
        agent.says("no fake driver")
        ok(agent.says("the next try is in 100 ms"), "it says when it tries again")
        # It would wait longer by now.
        agent.listen()
        channel = agent.attached()
        channel.begin(RUNNING | SAVING)
        channel.ask(PENDING)
        channel.send(SAVE, 0, 5)
        ok(agent.says("ended by SIGSEGV") and agent.says("the next try is in ") and
           agent.log[-1].endswith(" 100 ms"), f"what could not be attached to for long is soon attached to again: {agent.log[-1]}")


def test_terminal():
    process, terminal = pty.fork()
    if not process:
        os.execl(AGENT, AGENT, "check", "--plugin", f"{PLUGINS}/odd.so", "--arg", "reaches /dev/tty")
    said = b""
    try:
        while more := os.read(terminal, 4096):
            said += more
    except OSError:
        # Its other end is closed.
        pass
    os.close(terminal)
    ok(os.waitpid(process, 0)[1] == 0 and b"/dev/tty: No such device or address" in said,
       "a plugin cannot type into the terminal of who has started its agent")


def test_keys():
    call = ctypes.CDLL(None).syscall
    keyctl, add_key, join, session = 250, 248, 1, -3
    if platform.machine() != "x86_64" or call(keyctl, join, None) < 0 or \
            call(add_key, b"user", b"vfmig-test", b"x", 1, session) < 0:
        ok(True, "a plugin does not have the keys of a session # SKIP there are no keys")
        return
    with Agent(*of("odd", "seeks-key")) as agent:
        agent.attached().ask(ABORT)
        ok(agent.says("key: ") and agent.log[-1].endswith("key: Required key not available"),
           f"a plugin does not have the keys of who has started its agent: {agent.log[-1]}")


def answers(agent):
    for _ in range(5):
        try:
            return agent.attached().ask(HELLO)[0] == 0
        except (struct.error, ConnectionError):
            # Its worker could not be watched.
            pass
        except TimeoutError:
            break
    return False


def test_few_files():
    with Agent(*of("odd"), listening=False) as agent:
        agent.says("no fake driver")
        process = agent.process.pid
        limits = resource.prlimit(process, resource.RLIMIT_NOFILE)
        # One for the thread that attaches, one for the channel.
        resource.prlimit(process, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{process}/fd")) + 1, limits[1]))
        agent.listen()
        ok(agent.says('user "nobody" cannot be looked up: Too many open files'), "it says when there are too many files")
        resource.prlimit(process, resource.RLIMIT_NOFILE, limits)
        ok(answers(agent), "and goes on when there are not")
    with Agent(*of("odd"), environment={"FAKE_UNWATCHED": "yes"}) as agent:
        ok(answers(agent), "a worker that could not be watched is followed by another one")


def test_half_a_load():
    """The bytes go while soc.so sends them; its SoC would take what it is asked next for the rest."""
    listener = socket.create_server(("127.0.0.1", 0))
    plugin = ctypes.CDLL(f"{PLUGINS}/soc.so")
    plugin.vfio_lm_get_plugin_ops.restype = ctypes.POINTER(ctypes.c_void_p * 7)
    calls = plugin.vfio_lm_get_plugin_ops().contents
    init = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)(calls[0])
    load = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64)(calls[2])
    get_state = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(calls[5])
    pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    at = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(at + mmap.PAGESIZE), mmap.PAGESIZE, 0)
    handle = init(b"device", f"127.0.0.1:{listener.getsockname()[1]}".encode())
    connection = listener.accept()[0]
    waits = threading.Event()

    def give_up():
        waits.set()
        connection.shutdown(socket.SHUT_RDWR)

    guard = threading.Timer(LIMIT, give_up)
    guard.start()
    ok(load(handle, at, len(pages)) < 0, "soc.so: a load whose bytes have gone fails")
    ok(get_state(handle, ctypes.byref(ctypes.c_uint32())) and not waits.is_set(),
       "soc.so: what comes next does not wait for a SoC that waits for the rest")
    guard.cancel()


signal.signal(signal.SIGALRM, too_late)
test_signals()
test_children()
test_told_to_end_in_a_request()
test_told_to_end_without_stdin()
test_cannot_be_left()
test_does_not_hear()
test_terminal_goes()
test_pauses_are_of_one_kind()
test_terminal()
test_keys()
test_few_files()
test_half_a_load()
print(f"1..{len(results)}")
sys.exit(not all(results))
