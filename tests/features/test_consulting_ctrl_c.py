"""Asking several: Ctrl-C comes as itself, after the losers have gone."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from types import FrameType
from typing import Any

import attrs
import pytest
import trio
from trio.lowlevel import enable_ki_protection
from trio.testing import MockClock

from exeunt import Agent, Request, consulting, first_valid, quorum, start

pytestmark = pytest.mark.usefixtures("ctrl_c")


@attrs.frozen
class Question(Request[Any], linked=True):
    pass


@attrs.define
class Expert(Agent[Question]):
    seconds: float

    async def handle(self, message: Question) -> None:
        await trio.sleep(self.seconds)


class Linger(Agent[Question]):
    """Takes two seconds to leave its turn."""

    async def handle(self, message: Question) -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(2)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Undo what programs in the background get: that they ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_the_losers_leave_comes_as_itself() -> None:
    @enable_ki_protection  # so that it is put off to the next chance
    def accept(_answer: object) -> bool:
        signal.raise_signal(signal.SIGINT)
        return True

    async def main() -> float:
        async with trio.open_nursery() as nursery:
            winner = await start(nursery, Expert, 1)
            loser = await start(nursery, Linger)
            with pytest.raises(KeyboardInterrupt):
                await first_valid([loser, winner], Question(), accept=accept)
            assert loser.statistics().handling is None
            nursery.cancel_scope.cancel()
        return trio.current_time()

    assert trio.run(main, clock=MockClock(autojump_threshold=0)) == 3


def test_ctrl_c_breaks_an_accept_that_is_stuck() -> None:
    def accept(_answer: object) -> bool:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("nothing has broken it")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            expert = await start(nursery, Expert, 0)
            with pytest.raises(KeyboardInterrupt):
                await quorum([expert], Question(), count=1, accept=accept)
            expert.stop()

    trio.run(main)


@contextmanager
def ctrl_c_at(step: int) -> Iterator[list[int]]:
    """Press Ctrl-C when the given line of the module is about to run."""
    steps = [0]

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code.co_filename != consulting.__file__:
            return None
        steps[0] += event == "line"
        if event == "line" and steps[0] == step:
            signal.raise_signal(signal.SIGINT)
        return trace

    tracer_before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield steps
    finally:
        sys.settrace(tracer_before)


def test_ctrl_c_at_any_line_comes_as_itself_and_leaves_nothing() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            asked = [await start(nursery, Expert, seconds) for seconds in (1, 1, 2)]
            asked.append(await start(nursery, Linger))
            try:
                await quorum(asked, Question(), count=2)
            except BaseException as error:
                raised.append(type(error))
            in_turn.extend(each.statistics().handling for each in asked)
            nursery.cancel_scope.cancel()

    for step in count(1):
        raised: list[type[BaseException]] = []
        in_turn: list[object] = []
        with ctrl_c_at(step) as steps:
            try:
                trio.run(main, clock=MockClock(autojump_threshold=0))
            except* KeyboardInterrupt:
                assert not raised  # it came when the call was over
        assert raised in ([], [KeyboardInterrupt])
        assert in_turn == [None] * 4
        if steps[0] < step:
            assert step > 50
            return  # it has run to its end, so Ctrl-C has been pressed everywhere
