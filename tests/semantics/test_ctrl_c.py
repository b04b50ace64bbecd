"""S17: Ctrl-C."""
# ruff: noqa: N802 - the names begin with the ids of the promises

import signal
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import trio
from troupe import Do, Doer, Line, Player

import exeunt
from exeunt import Handle, Ledger, Reason, start, start_soon
from exeunt.exceptions import AgentClosed


@pytest.fixture(autouse=True)
def sigint_as_in_a_terminal() -> Iterator[None]:
    """Undo what programs in the background get: that they ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
async def test_S17_1_a_keyboard_interrupt_kills_and_goes_on(
    error: BaseException,
) -> None:
    with pytest.RaisesGroup(type(error)) as raised:
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            await player.send(Line("oops", error=error))
    assert raised.value.exceptions[0] is error
    assert player.outcome is not None
    assert player.outcome.reason is Reason.KILLED
    assert player.outcome.error is error


async def test_S17_2_its_message_is_interrupted() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            player.send_nowait(Line("oops", error=KeyboardInterrupt()))
            player.send_nowait(Line("waits"))
    ledger = player.statistics().ledger
    assert ledger == Ledger(accepted=2, interrupted=1, undelivered=1)


def test_S17_3_ctrl_c_can_break_a_turn_that_is_stuck() -> None:
    async def get_stuck() -> None:
        signal.raise_signal(signal.SIGINT)
        for _ in range(1_000_000):
            pass
        raise AssertionError("nothing has broken the loop")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            doer = await start(nursery, Doer)
            await doer.send(Do(get_stuck))

    with pytest.RaisesGroup(KeyboardInterrupt):
        trio.run(main)


OURS = str(Path(exeunt.__file__).parent)


@contextmanager
def ctrl_c_at(step: int) -> Iterator[list[int]]:
    """Press Ctrl-C when the given line of exeunt's own code is about to run."""
    steps = [0]

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
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


def test_S17_4_the_ledger_adds_up_at_whatever_step_ctrl_c_is_pressed() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            player = start_soon(nursery, Player, said, capacity=1)
            players.append(player)
            for text in ("one", "two", "three"):
                begun.append(text)
                await player.send(Line(text))
                accepted.append(text)
            begun.append("four")
            await player.ask(Line("four"))
            accepted.append("four")
            player.stop()

    for step in count(1):
        players: list[Handle[Line]] = []
        said: list[str] = []
        begun: list[str] = []
        accepted: list[str] = []
        with ctrl_c_at(step) as steps, suppress(KeyboardInterrupt):
            try:
                trio.run(main)
            except* (KeyboardInterrupt, AgentClosed):
                assert steps[0] >= step
        for player in players:
            assert player.outcome is not None
            ledger = player.outcome.ledger
            assert len(accepted) <= ledger.accepted <= len(begun)
            assert ledger.settled == ledger.accepted
            assert ledger.handled <= len(said) <= ledger.handled + ledger.interrupted
        if steps[0] < step:
            return  # it has run to its end, so Ctrl-C has been pressed everywhere


class Clumsy(Player):
    """Fails whenever its lifespan is left."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            raise OSError


async def test_S17_5_an_error_while_leaving_does_not_take_its_place() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as nursery:
            clumsy = await start(nursery, Clumsy)
            await clumsy.send(Line("oops", error=KeyboardInterrupt()))
