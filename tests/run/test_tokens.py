"""Tokens are shared by all processes: never more than there are, given back by the dead, and everybody has a turn."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

from privnb.errors import PrivnbError
from privnb.run.tokens import TokenPool

HOLD = """
import sys, time
from privnb.run.tokens import TokenPool
token = TokenPool(sys.argv[1]).acquire()
print("held", flush=True)
time.sleep(600)
"""


def _holder(folder):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_there_are_never_more_tokens_than_the_pool_has(tmp_path):
    pool = TokenPool(tmp_path, 2)
    assert TokenPool(tmp_path).size == 2
    first = pool.acquire()
    with TokenPool(tmp_path).acquire() as second:
        assert first and second
        assert pool.acquire(block=False) is None
        assert pool.acquire(timeout=0.05) is None
    again = pool.acquire(block=False)
    assert again is not None
    again.release()
    again.release()
    with pool.acquire(block=False):
        assert pool.acquire(block=False) is None, "to release twice gives back one token"
    first.release()


def test_a_pool_that_is_gone_is_named(tmp_path):
    with pytest.raises(PrivnbError, match="holds no tokens"):
        TokenPool(tmp_path / "nowhere")


def test_a_dead_process_gives_its_token_and_its_place_back(tmp_path):
    pool = TokenPool(tmp_path, 1)
    holder = _holder(tmp_path)
    assert pool.acquire(block=False) is None
    waiter = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    while not list(tmp_path.glob("ticket-*")):
        time.sleep(0.01)
    for process in (waiter, holder):  # the one who waits in front dies, then the one who holds
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    with pool.acquire(timeout=30) as token:
        assert token is not None
    assert not list(tmp_path.glob("ticket-*"))


def test_a_fork_does_not_keep_its_parents_token(tmp_path):
    pool = TokenPool(tmp_path, 1)
    token = pool.acquire()
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    try:
        assert pool.acquire(block=False) is None, "the child's closing of its copy unlocks nothing"
        token.release()
        assert pool.acquire(block=False) is not None
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_who_waited_longer_goes_first(tmp_path):
    pool = TokenPool(tmp_path, 1)
    token = pool.acquire()
    with pool.request() as earlier, pool.request() as later:
        assert earlier.poll() is None and later.poll() is None
        token.release()
        assert later.poll() is None and pool.acquire(block=False) is None
        token = earlier.poll()
        assert token is not None
        token.release()
        later.poll().release()


def _take_turns(folder, name, turns, barrier, log):
    pool = TokenPool(folder)
    barrier.wait()
    for _ in range(turns):
        with pool.acquire():
            with log.open("a") as file:
                file.write(name)
            time.sleep(0.005)


def test_three_processes_take_turns(tmp_path):
    pool = TokenPool(tmp_path / "pool", 1)
    context, log, turns = multiprocessing.get_context("spawn"), tmp_path / "log", 12
    barrier = context.Barrier(3)
    processes = [context.Process(target=_take_turns, args=(pool.folder, name, turns, barrier, log)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    order = log.read_text()
    assert len(order) == 3 * turns
    first_done = min(order.rindex(name) for name in "abc")
    fewest = min(order[: first_done + 1].count(name) for name in "abc")
    assert fewest >= turns // 2, f"one process was kept waiting: {order}"
