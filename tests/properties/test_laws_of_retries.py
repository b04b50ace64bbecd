"""Asking again: when, how often, and never into the caller's deadline.

A script of failures is drawn, and how much time the caller has. What must come of it
and when is worked out without a clock.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Backoff
from exeunt.team.models.errors import Busy, Malformed, ModelError, Refused, Retryable
from exeunt.team.models.model import Answer, Message, Pieces, Prompt, Usage
from exeunt.team.models.pieces import Piece
from exeunt.team.models.retrying import Retrying
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

PROMPT = Prompt(messages=(Message("user", "hello"),), max_tokens=9, seed=7)
ANSWER = Answer(text="ab", usage=Usage(1, 2), truncated=False, model="scripted")


@attrs.frozen
class Failure:
    """What comes of one try, before the answer does."""

    kind: type[ModelError]
    after: int | None
    seconds: int
    pieces: int  # that a stream hands out before

    def error(self) -> ModelError:
        if issubclass(self.kind, Retryable):
            return self.kind("later", after=self.after)
        return self.kind("no")


@attrs.frozen
class Case:
    failures: tuple[Failure, ...]
    tries: int
    jitter: float
    patience: float
    streams: bool


FAILURE = st.builds(
    Failure,
    kind=st.sampled_from((Busy, Retryable, Busy, Retryable, Refused, Malformed)),
    after=st.sampled_from((None, None, 0, 1, 7)),
    seconds=st.integers(0, 2),
    pieces=st.sampled_from((0, 0, 0, 1)),
)
CASES = st.builds(
    Case,
    failures=st.lists(FAILURE, max_size=5).map(tuple),
    tries=st.integers(1, 5),
    jitter=st.sampled_from((0.0, 0.5, 1.0)),
    patience=st.sampled_from((inf, inf, 0.5, 3.5, 10.5)),
    streams=st.booleans(),
)


@attrs.define
class Scripted:
    """A model that fails as it is written."""

    case: Case
    asked: list[float] = attrs.field(factory=list)
    name: str = "scripted"

    def _next(self) -> Failure | None:
        self.asked.append(trio.current_time())
        number = len(self.asked) - 1
        failures = self.case.failures
        return failures[number] if number < len(failures) else None

    async def complete(self, prompt: Prompt) -> Answer:
        failure = self._next()
        await trio.sleep(failure.seconds if failure else 1)
        if failure:
            raise failure.error()
        return ANSWER

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncIterator[Pieces]:
        failure = self._next()
        inlet, outlet = trio.open_memory_channel[Piece](5)
        await trio.sleep(failure.seconds if failure else 1)
        with inlet, outlet, trio.CancelScope() as block:
            for piece in [*"ab", ANSWER][: failure.pieces if failure else 3]:
                inlet.send_nowait(piece)
            if failure and not failure.pieces:
                block.cancel()
            inlet.close()
            yield outlet
        if failure:
            raise failure.error()


@attrs.define
class Result:
    asked: list[float]
    said: list[Piece] = attrs.field(factory=list)
    error: ModelError | None = None
    cut_off: bool = False
    ended: float = 0.0


async def _perform(case: Case) -> Result:
    model = Scripted(case)
    backoff = Backoff(first=1, most=4, jitter=case.jitter)
    retrying = Retrying(model, tries=case.tries, backoff=backoff)
    result = Result(model.asked)
    with trio.move_on_after(case.patience) as scope:
        try:
            if case.streams:
                async with retrying.stream(PROMPT) as pieces:
                    async for piece in pieces:
                        result.said.append(piece)
            else:
                result.said = [*"ab", await retrying.complete(PROMPT)]
        except ModelError as error:
            result.error = error
        result.ended = trio.current_time()
    result.cut_off = scope.cancelled_caught
    return result


@law("retries: as often as it may help", case=CASES, schedule=schedules())
def test_it_is_asked_again_until_that_cannot_help(
    case: Case, schedule: Schedule
) -> None:
    result = schedule.run(_perform, case)
    clock, last = 0.0, None
    for number, when in enumerate(result.asked, start=1):
        assert when >= clock
        if last is not None:
            check_pause(case, when - clock, number - 1, last)
        last = case.failures[number - 1] if number <= len(case.failures) else None
        clock = when + (last.seconds if last else 1)
    if result.cut_off:
        # The time has run out in a try, and in no pause.
        assert result.asked[-1] <= case.patience <= clock
        return
    assert abs(result.ended - clock) <= 1e-9
    check_end(case, result, last)


def check_pause(case: Case, pause: float, failures: int, last: Failure) -> None:
    assert issubclass(last.kind, Retryable)
    assert not (case.streams and last.pieces)
    longest = min(4, 2 ** (failures - 1))
    if last.after is not None:
        assert abs(pause - last.after) <= 1e-9
    else:
        assert longest * (1 - case.jitter) - 1e-9 <= pause <= longest + 1e-9


def check_end(case: Case, result: Result, last: Failure | None) -> None:
    if last is None:
        assert result.error is None
        assert result.said == [*"ab", ANSWER]
        return
    assert isinstance(result.error, last.kind)
    handed = last.pieces if case.streams else 0
    assert len(result.said) == handed
    if not issubclass(last.kind, Retryable) or handed:
        assert not hasattr(result.error, "__notes__")
        return
    (note,) = result.error.__notes__
    if len(result.asked) == case.tries:
        assert f"asked {case.tries} times" in note
    else:
        longest = min(4, 2 ** (len(result.asked) - 1))
        pause = longest if last.after is None else last.after
        assert result.ended + pause >= case.patience
        assert "not asked again" in note


@law("retries: the same again", case=CASES, schedule=schedules(), other=schedules())
def test_the_pauses_hang_on_the_seed_and_not_on_the_schedule(
    case: Case, schedule: Schedule, other: Schedule
) -> None:
    first = schedule.run(_perform, case)
    assert first.asked == other.run(_perform, case).asked
