"""Recognise what a task waits for, if it is one of Trio's own things.

By the public type of ``self`` in the innermost frames, or by the name of the function.
"""

from collections.abc import Sequence
from math import inf
from types import FrameType
from typing import Any

import trio
from trio.lowlevel import ParkingLot, Task

from .._core import setting
from .._core.trio_private import await_frames, birth_of
from .cause import Cause, NameOf
from .stack import is_trios
from .values import listed, seconds

_IO = {
    "wait_readable": "something to read",
    "wait_writable": "room to write",
    "wait_kevent": "the operating system",
    "wait_overlapped": "the operating system",
    "WaitForSingleObject": "the operating system",
}


def cause_in_trio(within: Sequence[FrameType], name_of: NameOf) -> Cause | None:
    """Return what the task waits for that stands in these frames, if it is Trio's."""
    weak: Cause | None = None
    for frame in reversed(within):
        if is_trios(frame):
            cause = _by_self(frame, name_of) or _by_function(frame, within)
            if cause is not None and not cause.weak:
                return _started(cause, within, name_of)
            weak = weak or cause
    return weak


def _by_self(frame: FrameType, name_of: NameOf) -> Cause | None:
    owner: Any = frame.f_locals.get("self")
    match owner:
        case trio.Lock() | trio.StrictFIFOLock() as lock:
            return _lock(lock, name_of)
        case trio.CapacityLimiter() as limiter:
            return _limiter(limiter, name_of)
        case trio.Semaphore():
            return Cause("lock", "a Semaphore")
        case trio.Event():
            return Cause("event", "an Event")
        case trio.Condition():
            return Cause("event", "a Condition")
        case trio.MemorySendChannel():
            return _channel("room in", frame.f_locals["self"].statistics())
        case trio.MemoryReceiveChannel():
            return _channel("something from", frame.f_locals["self"].statistics())
        case trio.Nursery() as nursery:
            return _nursery(nursery, name_of)
        case trio.Process() as process:
            return Cause("io", f"the end of process {process.pid}")
        case ParkingLot():
            return Cause("event", "a ParkingLot", weak=True)
        case _:
            receives_signals = type(owner).__name__ == "SignalReceiver"
            return Cause("signal", "a signal") if receives_signals else None


def _lock(lock: trio.Lock | trio.StrictFIFOLock, name_of: NameOf) -> Cause:
    owner = lock.statistics().owner
    a = f"a {type(lock).__name__}"
    if owner is None:
        return Cause("lock", a)
    return Cause("lock", f"{a} held by {name_of(owner)}", (owner,), (owner,))


def _limiter(limiter: trio.CapacityLimiter, name_of: NameOf) -> Cause:
    borrowers: list[Any] = limiter.statistics().borrowers
    tasks = in_order(each for each in borrowers if isinstance(each, Task))
    what = f"a place in a CapacityLimiter of {limiter.total_tokens}"
    if len(tasks) < len(borrowers):
        # The rest are threads, or what somebody has taken a place for.
        return Cause("thread", f"{what}, taken by a thread", helps=tuple(tasks))
    if tasks:
        what = f"{what}, taken by {listed([*map(name_of, tasks)])}"
    needs = tuple(tasks) if len(tasks) == 1 else ()
    return Cause("lock", what, needs, tuple(tasks))


def keepers_from(task: Task) -> tuple[Task, ...]:
    """Return who has what *task* waits for, if that is a lock or something like it.

    Looked at are only as many frames as it takes, since this is asked of every task.
    """
    for frame, _ in reversed(await_frames(task)):
        if frame.f_code.co_name == "acquire" and is_trios(frame):
            cause = _by_self(frame, str)
            return () if cause is None else cause.needs
    return ()


def _channel(wanted: str, figures: "trio.MemoryChannelStatistics") -> Cause:
    used = f"{figures.current_buffer_used} of {figures.max_buffer_size:g} used"
    ends = (
        f"{_ends(figures.open_send_channels, 'send')} and "
        f"{_ends(figures.open_receive_channels, 'receive')}"
    )
    return Cause("channel", f"{wanted} a memory channel ({used}; open: {ends})")


def _ends(count: int, which: str) -> str:
    return f"{count} {which} end" + "s" * (count != 1)


def _nursery(nursery: trio.Nursery, name_of: NameOf) -> Cause:
    tasks = in_order(nursery.child_tasks)
    who = f" with {listed([*map(name_of, tasks)])}" if tasks else ""
    return Cause("nursery", f"the end of a nursery{who}", tuple(tasks), tuple(tasks))


def _started(cause: Cause, within: Sequence[FrameType], name_of: NameOf) -> Cause:
    """Tell a nursery's end from that of the one in which `Nursery.start` waits."""
    starts = any(
        is_trios(frame)
        and frame.f_code.co_name == "start"
        and isinstance(frame.f_locals.get("self"), trio.Nursery)
        for frame in within
    )
    if cause.kind != "nursery" or not starts or not cause.needs:
        return cause
    who = listed([*map(name_of, cause.needs)])
    return Cause("nursery", f"{who} to have started", cause.needs, cause.helps)


def _by_function(frame: FrameType, within: Sequence[FrameType]) -> Cause | None:
    name = frame.f_code.co_name
    if name == "sleep_forever":
        return _sleep(within)
    if name == "to_thread_run_sync":
        called = setting.name_of(frame.f_locals["sync_fn"])
        return Cause("thread", f"a thread that runs {called}")
    if name == "wait_all_tasks_blocked":
        return Cause("idle", "every other task to wait")
    if name == "wait_child_exiting":
        return Cause("io", "the end of a process", weak=True)
    return Cause("io", _IO[name], weak=True) if name in _IO else None


def _sleep(within: Sequence[FrameType]) -> Cause:
    for frame in within:
        if is_trios(frame) and frame.f_code.co_name == "sleep_until":
            left = frame.f_locals.get("deadline", inf) - trio.current_time()
            if left < inf:
                return Cause("sleep", f"the end of a sleep, in {seconds(left)}")
    return Cause("sleep", "cancellation, in sleep_forever")


def in_order(tasks: Any) -> list[Task]:
    """Return *tasks* from the oldest to the youngest."""
    return sorted(tasks, key=birth_of)
