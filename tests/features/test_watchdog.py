"""`watchdog`: it barks at what stands still for ever, and at nothing else."""

import logging
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Request, start
from exeunt._core.audience import looking_on
from exeunt.stalls import Alarm, watchdog, who_waits
from exeunt.stalls.failing import Stalled, fail_when_stalled
from exeunt.stalls.watching import Watch

OFTEN = 0.001
HANG = 60  # seconds after which a test that hangs fails


@attrs.frozen
class Meet:
    other: Handle[Any] = attrs.field(repr=lambda handle: handle.name)


@attrs.frozen
class Greet(Request[None]):
    pass


@attrs.frozen
class Block:
    wait: Callable[[], object]


class Friend(Agent[Meet | Greet | Block]):
    """Has a helper greet another one, and waits for it."""

    async def handle(self, message: Meet | Greet | Block) -> None:
        match message:
            case Meet(other):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(other.ask, Greet(), name="helper")
            case Block(wait):
                wait()
            case _:
                await trio.lowlevel.checkpoint()


class Ears:
    """Hears the alarms, in whatever thread."""

    def __init__(self, kind: str = "") -> None:
        self.heard: list[Alarm] = []
        self.threads: list[str] = []
        self.kind = kind
        self.barked = threading.Event()

    def __call__(self, alarm: Alarm) -> None:
        self.heard.append(alarm)
        self.threads.append(threading.current_thread().name)
        if alarm.kind.startswith(self.kind):
            self.barked.set()

    async def wait(self) -> Alarm:
        # Polling, as a deadline or a thread of the test's would be reason for hope.
        while not self.barked.is_set():
            await trio.lowlevel.checkpoint()
        return next(a for a in self.heard if a.kind.startswith(self.kind))


async def two_friends(nursery: trio.Nursery) -> tuple[Handle[Any], Handle[Any]]:
    one = await start(nursery, Friend, name="one")
    two = await start(nursery, Friend, name="two")
    one.send_nowait(Meet(two))
    two.send_nowait(Meet(one))
    await wait_all_tasks_blocked()
    return one, two


# What it remembers from look to look, without its thread.


@asynccontextmanager
async def watching() -> AsyncGenerator[tuple[Watch, list[Alarm], trio.Nursery]]:
    alarms: list[Alarm] = []
    async with trio.open_nursery() as nursery:
        with looking_on() as lives:
            watch = Watch(alarms.append, lives, clock=float)  # looking takes no time
            watch.meet_everybody()
            yield watch, alarms, nursery
        nursery.cancel_scope.cancel()


async def test_a_ring_seen_twice_is_reported_once() -> None:
    async with watching() as (watch, alarms, nursery):
        await two_friends(nursery)
        with trio.fail_after(HANG):  # so something may still happen
            watch.look()
            assert alarms == []
            watch.look()  # now they are known to be in the same turn
            assert alarms == []
            for _ in range(3):
                watch.look()
    [alarm] = alarms
    assert alarm.kind == "ring"
    assert alarm.stall is not None
    assert alarm.stall.rings == (
        ("agent 'one'", "helper #1", "agent 'two'", "helper #2"),
    )
    assert str(alarm).startswith("while others go on, some wait for each other:\n")


async def test_agents_that_were_there_before_are_watched_too() -> None:
    async with trio.open_nursery() as nursery:
        await two_friends(nursery)
        async with watching() as (watch, alarms, _):
            for _ in range(3):
                watch.look()
        assert [alarm.kind for alarm in alarms] == ["ring"]
        nursery.cancel_scope.cancel()


async def test_a_ring_that_comes_again_is_reported_again() -> None:
    async with watching() as (watch, alarms, nursery):
        for _ in range(2):
            one, two = await two_friends(nursery)
            for _ in range(5):
                watch.look()
            one.cancel()
            two.cancel()
            await one.wait_closed()
            watch.look()
    assert [alarm.kind for alarm in alarms] == ["ring", "ring"]


async def test_who_is_slow_is_in_no_ring() -> None:
    class Slow(Agent[Greet]):
        async def handle(self, message: Greet) -> None:
            await trio.sleep_forever()

    async with watching() as (watch, alarms, nursery):
        slow = await start(nursery, Slow)
        nursery.start_soon(slow.ask, Greet())
        nursery.start_soon(slow.ask, Greet())
        await wait_all_tasks_blocked()
        for _ in range(5):
            watch.look()
    assert alarms == []


async def swap(first: trio.Lock, second: trio.Lock) -> None:
    async with first:
        await wait_all_tasks_blocked()
        async with second:
            pass


async def test_a_ring_of_plain_tasks_seen_twice_is_reported_once() -> None:
    left, right = trio.Lock(), trio.Lock()
    async with watching() as (watch, alarms, nursery):
        nursery.start_soon(swap, left, right, name="one")
        nursery.start_soon(swap, right, left, name="two")
        nursery.start_soon(trio.sleep, HANG)  # so something may still happen
        await wait_all_tasks_blocked(0.001)
        watch.look()
        assert alarms == []
        for _ in range(3):
            watch.look()
    [alarm] = alarms
    assert alarm.kind == "ring"
    assert alarm.stall is not None
    assert alarm.stall.rings == (("one", "two"),)


async def test_a_ring_may_lead_through_a_lock_and_a_nursery() -> None:
    async def hold(lock: trio.Lock) -> None:
        async with lock, trio.open_nursery() as nursery:
            nursery.start_soon(wants, lock)

    async def wants(lock: trio.Lock | trio.CapacityLimiter) -> None:
        async with lock:
            pass

    async def limit(limiter: trio.CapacityLimiter) -> None:
        async with limiter, trio.open_nursery() as nursery:
            nursery.start_soon(wants, limiter, name="wants a place")

    async with watching() as (watch, alarms, nursery):
        nursery.start_soon(hold, trio.Lock())
        nursery.start_soon(limit, trio.CapacityLimiter(1))
        nursery.start_soon(trio.sleep, HANG)
        await wait_all_tasks_blocked()
        for _ in range(3):
            watch.look()
    rings: list[set[str]] = [set(*a.stall.rings) for a in alarms if a.stall]
    assert len(rings) == 2
    assert {"hold", "wants"} in rings
    assert {"limit", "wants a place"} in rings


async def test_who_waits_for_a_lock_is_in_no_ring_by_that_alone() -> None:
    lock, semaphore = trio.Lock(), trio.Semaphore(0)

    async def hold() -> None:
        async with lock:
            await trio.sleep(HANG)

    async with watching() as (watch, alarms, nursery):
        nursery.start_soon(hold)
        nursery.start_soon(semaphore.acquire)
        await wait_all_tasks_blocked()
        nursery.start_soon(lock.acquire)
        await wait_all_tasks_blocked()
        for _ in range(5):
            watch.look()
    assert alarms == []


async def test_it_remembers_nobody_who_has_left() -> None:
    async with watching() as (watch, _, nursery):
        for _ in range(3):
            async with await start(nursery, Friend):
                pass
        assert len(watch.lives) == 3
        watch.look()
        assert watch.lives == []


async def test_it_does_not_look_for_more_than_a_hundredth_of_the_time() -> None:
    looks: list[float] = []
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1  # so each look takes a second
        return now

    with looking_on() as lives:
        watch = Watch(print, lives, clock=clock)
        while now < 1_000:
            before = now
            watch.look()
            looks += [before] if now - before > 1 else []
    assert len(looks) == 10


# With its thread.


def test_a_standstill_is_reported_once() -> None:
    ears = Ears()

    async def main() -> None:
        done = trio.Event()

        def hear(alarm: Alarm) -> None:
            ears(alarm)
            done.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(watchdog, hear, every=OFTEN))
            await done.wait()
            for _ in range(3):
                await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    trio.run(main)
    [alarm] = ears.heard
    assert alarm.kind == "standstill"
    assert alarm.stall is not None
    assert [wait.task for wait in alarm.stall.waits] == ["main"]
    assert str(alarm).startswith("nothing seems to happen any more: every task waits")
    assert ears.threads == ["MainThread"]


@pytest.mark.parametrize("hope", ["deadline", "thread", "socket"])
def test_where_there_is_hope_it_keeps_silent(hope: str) -> None:
    ears, looks, release = Ears(), Looks(5), threading.Event()

    async def main() -> None:
        with trio.CancelScope() as scope:

            def leave() -> None:
                release.set()
                scope.cancel()

            looks.enough = leave
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(watchdog, ears, every=OFTEN))
                if hope == "deadline":
                    await trio.sleep(HANG)
                elif hope == "thread":
                    await trio.to_thread.run_sync(release.wait)
                else:
                    mine, others = trio.socket.socketpair()
                    with mine, others:
                        await mine.recv(1)

    trio.run(main, instruments=[looks])
    assert looks.seen >= 5
    assert [alarm.kind for alarm in ears.heard if alarm.kind != "frozen"] == []


class Looks(trio.abc.Instrument):
    """Counts how often the watchdog has looked, and says when it is enough."""

    def __init__(self, most: int) -> None:
        self.seen = 0
        self.most = most
        self.enough: Callable[[], object] = bool

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.seen += task.name == "exeunt.stalls.watching.watchdog"
        if self.seen == self.most:
            trio.lowlevel.current_trio_token().run_sync_soon(self.enough)


def test_a_loop_that_does_not_move_is_reported_with_its_line() -> None:
    ears = Ears("frozen")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            friend = await start(nursery, Friend)
            nursery.start_soon(partial(watchdog, ears, every=OFTEN, frozen_after=OFTEN))
            await wait_all_tasks_blocked()
            await friend.send(Block(until_barked))
            await friend.aclose()
            nursery.cancel_scope.cancel()

    def until_barked() -> None:
        while not any(alarm.place for alarm in ears.heard):
            ears.barked.wait(OFTEN)

    trio.run(main)
    places = [alarm.place for alarm in ears.heard if alarm.place is not None]
    assert {Path(place.file).name for place in places} == {"test_watchdog.py"}
    assert {place.function for place in places} <= {"until_barked", "main"}
    assert "Trio's loop has not moved for 0 s" in str(ears.heard[0])
    assert set(ears.threads) == {"exeunt watchdog"}


def test_its_thread_leaves_with_it() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watchdog)
            await wait_all_tasks_blocked()
            assert dogs() == 1
            nursery.cancel_scope.cancel()
        assert dogs() == 0

    trio.run(main)


def dogs() -> int:
    names = [thread.name for thread in threading.enumerate()]
    return names.count("exeunt watchdog")


def test_its_report_may_fail() -> None:
    def fail(alarm: Alarm) -> None:
        raise KeyError(alarm.kind)

    async def main() -> None:
        with pytest.RaisesGroup(pytest.RaisesExc(KeyError, match="standstill")):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(watchdog, fail, every=OFTEN))
        assert dogs() == 0

    trio.run(main)


def test_its_report_may_fail_in_its_thread_too() -> None:
    failed = threading.Event()

    def fail(alarm: Alarm) -> None:
        failed.set()
        raise KeyError(alarm.kind)

    async def main() -> None:
        dog = partial(watchdog, fail, every=OFTEN, frozen_after=OFTEN)
        with pytest.RaisesGroup(pytest.RaisesExc(KeyError, match="frozen")):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(dog)
                await wait_all_tasks_blocked()
                failed.wait(HANG)
                await trio.sleep_forever()
        assert dogs() == 0

    trio.run(main)


def test_without_a_report_it_logs(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(watchdog, every=OFTEN, frozen_after=HANG))
            with trio.CancelScope() as scope:
                handler = Handler(scope.cancel)
                logging.getLogger("exeunt").addHandler(handler)
                try:
                    await trio.sleep_forever()
                finally:
                    logging.getLogger("exeunt").removeHandler(handler)
            nursery.cancel_scope.cancel()

    trio.run(main)
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith("nothing seems to happen any more")


class Handler(logging.Handler):
    """Calls back at each record."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__()
        self.call = call

    def emit(self, record: logging.LogRecord) -> None:
        self.call()


def test_nobody_sees_the_watchdog_itself() -> None:
    async def main() -> None:
        with fail_when_stalled():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watchdog)
                await wait_all_tasks_blocked()
                assert [wait.task for wait in who_waits().waits] == ["main"]
                await trio.sleep_forever()

    with pytest.raises(Stalled) as raised:
        trio.run(main)
    assert raised.value.stall is not None
    assert [wait.task for wait in raised.value.stall.waits] == ["main"]


def test_a_nursery_is_kept_open_by_the_watchdog_too() -> None:
    async def main() -> None:
        with fail_when_stalled():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watchdog)

    with pytest.raises(Stalled) as raised:
        trio.run(main)
    assert raised.value.stall is not None
    [wait] = raised.value.stall.waits
    assert wait.what == "the end of a nursery with watchdog"


@pytest.mark.parametrize("seconds", [0, -1, inf])
@pytest.mark.parametrize("what", ["every", "frozen_after"])
async def test_seconds_are_positive(what: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"{what} is a positive number of seconds"):
        await watchdog(**{what: seconds})  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["every", "frozen_after"])
async def test_seconds_are_a_number(what: str) -> None:
    with pytest.raises(TypeError, match=f"{what} is a number of seconds, not '5'"):
        await watchdog(**{what: "5"})  # type: ignore[arg-type]


async def test_a_report_can_be_called() -> None:
    with pytest.raises(TypeError, match="report is a function of an Alarm, not 'me'"):
        await watchdog("me")  # type: ignore[arg-type]
