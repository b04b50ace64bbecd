"""Ctrl-C while the block of a supervisor is entered or left, in anybody's code."""

import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from types import FrameType
from typing import Any

import trio
from trio.testing import MockClock

from exeunt import Agent, open_supervisor

PLACES = ("contextlib.py", "supervision/opening.py", "supervision/stage.py")


class Guest(Agent[str]):
    """Notes when it comes and goes."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.notes.append("+")
        try:
            yield
        finally:
            self.notes.append("-")

    async def handle(self, message: str) -> None: ...


@contextmanager
def ctrl_c_at(step: int) -> Iterator[list[int]]:
    """Press Ctrl-C when the given line of these places is about to run."""
    steps = [0]

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        caller = frame.f_back
        if caller is None or not frame.f_code.co_filename.endswith(PLACES):
            return None
        if frame.f_code.co_filename == contextlib.__file__ and (
            not caller.f_code.co_filename.endswith(PLACES)
        ):
            return None  # somebody else's context manager
        steps[0] += event == "line"
        if event == "line" and steps[0] == step:
            signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield steps
    finally:
        sys.settrace(before)


def test_it_is_never_lost_and_everybody_says_goodbye() -> None:
    notes: list[str] = []

    async def main() -> None:
        async with open_supervisor() as supervisor:
            await supervisor.start(Guest, notes)

    for step in count(1):
        notes.clear()
        interrupted = False
        with ctrl_c_at(step) as steps:
            try:
                trio.run(main, clock=MockClock(autojump_threshold=0))
            except* KeyboardInterrupt:
                interrupted = True
        assert notes in ([], ["+", "-"])
        if steps[0] < step:
            assert step > 30
            return  # it has run to its end, so Ctrl-C has been pressed everywhere
        assert interrupted
