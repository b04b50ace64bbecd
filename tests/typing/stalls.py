"""What type checkers have to know of stalls. Checked, never run."""

from contextlib import AbstractContextManager
from typing import assert_type

import trio

from exeunt.stalls import Alarm, Kind, Place, Stall, Wait, watchdog, who_waits
from exeunt.stalls.failing import Stalled, fail_when_stalled


def looking() -> None:
    stall = who_waits()
    assert_type(stall, Stall)
    assert_type(stall.waits, tuple[Wait, ...])
    assert_type(stall.outside, tuple[Wait, ...])
    assert_type(stall.rings, tuple[tuple[str, ...], ...])
    assert_type(stall.forever, bool)
    for wait in stall.waits:
        kind: Kind = wait.kind
        assert_type(wait.place, Place | None)
        assert_type(wait.agent, str | None)
        wait.task = kind  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    who_waits(trio)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def bark(alarm: Alarm) -> None:
    assert_type(alarm.stall, Stall | None)
    assert_type(alarm.place, Place | None)
    assert alarm.kind != "meow"  # type: ignore[comparison-overlap]  # pyright: ignore[reportUnnecessaryComparison]


def hear(text: str) -> None: ...


async def watching(nursery: trio.Nursery) -> None:
    nursery.start_soon(watchdog)
    nursery.start_soon(watchdog, bark)
    await watchdog(bark, every=1, frozen_after=0.5)
    await watchdog(hear)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await watchdog(bark, 1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def failing(error: Stalled) -> None:
    assert_type(error.stall, Stall | None)
    block: AbstractContextManager[None] = fail_when_stalled()
    assert_type(block.__enter__(), None)
