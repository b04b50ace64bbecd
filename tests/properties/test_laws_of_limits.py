"""Limits: what a provider is asked at the most, and that everybody has a turn.

A rush is drawn: some calls, each with its tokens and its end, and the limits. The calls
come in a drawn order, to a provider that notes when each begins. Time is virtual.
"""

from functools import partial
from itertools import combinations_with_replacement
from math import inf

import attrs
import pytest
import trio
from hypothesis import strategies as st
from laws import law

from exeunt.team.models.bucket import Bucket
from exeunt.team.models.errors import Busy, Cut
from exeunt.team.models.limiting import Limited, Traffic
from exeunt.team.models.model import Answer, Message, Prompt, Usage
from exeunt.team.models.wire import estimate
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

ENDS = ("answer", "answer", "answer", "busy", "cut", "cancel")
EMPTY = Prompt(messages=(Message("user", ""),), max_tokens=1)
OVERHEAD = estimate(EMPTY, "").prompt_tokens


@attrs.frozen
class Ask:
    """One call."""

    comes: int  # seconds after the beginning
    tokens: int  # that it reserves
    share: float  # of those tokens, that its answer takes
    seconds: int  # that the provider takes
    end: str
    patience: int  # seconds after which a caller leaves who is to be cancelled

    @property
    def used(self) -> int:
        match self.end:
            case "answer":
                return int(self.tokens * self.share)
            case "busy":
                return 0
            case _:
                return self.tokens


@attrs.frozen
class Rush:
    asks: tuple[Ask, ...]
    at_once: int
    requests: int | None
    tokens: int | None


@st.composite
def rushes(draw: st.DrawFn, ends: tuple[str, ...] = ENDS) -> Rush:
    ask = st.builds(
        Ask,
        comes=st.integers(0, 20),
        tokens=st.integers(OVERHEAD + 1, 60),
        share=st.sampled_from((0.0, 0.5, 1.0)),
        seconds=st.sampled_from((0, 1, 5, 60)),
        end=st.sampled_from(ends),
        patience=st.integers(0, 30),
    )
    return Rush(
        asks=tuple(draw(st.lists(ask, min_size=1, max_size=8))),
        at_once=draw(st.integers(1, 4)),
        requests=draw(st.sampled_from((None, 1, 2, 3))),
        tokens=draw(st.sampled_from((None, 60, 100, 150))),
    )


@attrs.define
class Run:
    """What happened, and the provider to which it happens."""

    rush: Rush
    name: str = "provider"
    came: list[int] = attrs.field(factory=list)
    began: dict[int, float] = attrs.field(factory=dict)
    running: set[int] = attrs.field(factory=set)
    gone: list[int] = attrs.field(factory=list)  # who left the line
    crowds: list[tuple[int, int, Traffic]] = attrs.field(factory=list)
    width: int = 0  # when it was last too much
    halved: int = 0  # so often it should have been
    halved_before: dict[int, int] = attrs.field(factory=dict)
    last: Traffic | None = None
    limited: Limited = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        rush = self.rush
        self.limited = Limited(
            self,  # type: ignore[arg-type]  # it is never asked for a stream
            at_once=rush.at_once,
            requests_per_minute=rush.requests,
            tokens_per_minute=rush.tokens,
        )

    async def complete(self, prompt: Prompt) -> Answer:
        number = prompt.seed or 0
        ask = self.rush.asks[number]
        self.began[number] = trio.current_time()
        self.running.add(number)
        self.halved_before[number] = self.halved
        self.crowds.append((number, len(self.running), self.limited.statistics()))
        try:
            await trio.sleep(inf if ask.end == "cancel" else ask.seconds)
        finally:
            self.running.remove(number)
        if ask.end == "busy":
            self.width = self.limited.statistics().at_once
            raise Busy("too much")
        if ask.end == "cut":
            raise Cut("broken", partial="")
        return Answer(
            text="", usage=Usage(0, ask.used), truncated=False, model=self.name
        )

    async def call(self, number: int) -> None:
        ask = self.rush.asks[number]
        await trio.sleep(ask.comes)
        prompt = Prompt(
            messages=(Message("user", ""),),
            max_tokens=ask.tokens - OVERHEAD,
            seed=number,
        )
        self.came.append(number)
        with trio.move_on_after(ask.patience if ask.end == "cancel" else inf):
            try:
                await self.limited.complete(prompt)
            except Cut:
                pass
            except Busy:
                self.check_width(number)
            finally:
                if number not in self.began:
                    self.gone.append(number)

    def check_width(self, number: int) -> None:
        """Check that it has been halved, once for all that began before."""
        width = self.limited.statistics().at_once
        if self.halved_before[number] == self.halved:
            assert width == max(1, self.width // 2)
            self.halved += 1
        else:
            assert width == self.width

    async def __call__(self) -> None:
        async with trio.open_nursery() as nursery:
            for number in range(len(self.rush.asks)):
                nursery.start_soon(partial(self.call, number))
        await trio.sleep(3600)
        self.last = self.limited.statistics()


def play(rush: Rush, schedule: Schedule) -> Run:
    run = Run(rush)
    schedule.run(run)
    return run


@law("limits: never more at once", rush=rushes(), schedule=schedules())
def test_there_are_never_more_at_once_than_may_be(
    rush: Rush, schedule: Schedule
) -> None:
    run = play(rush, schedule)
    for _, crowd, traffic in run.crowds:
        assert traffic.running == crowd <= traffic.at_once <= rush.at_once
    assert len(run.crowds) == len(run.began)


@law("limits: never more than flows in", rush=rushes(), schedule=schedules())
def test_in_no_window_of_time_more_is_used_than_flows_in(
    rush: Rush, schedule: Schedule
) -> None:
    run = play(rush, schedule)
    for first, last in combinations_with_replacement(sorted(run.began.values()), 2):
        inside = [n for n, when in run.began.items() if first <= when <= last]
        minutes = 1 + (last - first) / 60
        if rush.requests:
            assert len(inside) <= rush.requests * minutes + 0.01
        if rush.tokens:
            used = sum(rush.asks[number].used for number in inside)
            assert used <= rush.tokens * minutes + 0.01


@law("limits: everybody has a turn", rush=rushes(), schedule=schedules())
def test_turns_are_in_the_order_of_coming_and_nothing_is_left_behind(
    rush: Rush, schedule: Schedule
) -> None:
    run = play(rush, schedule)
    assert [*run.began] == [n for n in run.came if n not in run.gone]
    assert len(run.came) == len(rush.asks)
    assert {rush.asks[number].end for number in run.gone} <= {"cancel"}
    assert run.last is not None
    assert (run.last.running, run.last.waiting) == (0, 0)
    assert 1 <= run.last.at_once <= rush.at_once
    assert run.last.requests == rush.requests
    assert run.last.tokens == rush.tokens


@law(
    "limits: nobody waits without a reason",
    rush=rushes(ends=("answer",)),
    schedule=schedules(),
)
def test_each_begins_as_soon_as_the_ones_before_it_allow(
    rush: Rush, schedule: Schedule
) -> None:
    run = play(rush, schedule)
    oracle = Oracle(rush)
    for number in run.came:
        assert run.began[number] == pytest.approx(oracle.begin(rush.asks[number]))


@attrs.define
class Oracle:
    """Knows when a call begins, without any tasks."""

    rush: Rush
    clock: float = 0.0
    running: list[tuple[float, int, int]] = attrs.field(factory=list)
    requests: Bucket | None = attrs.field(init=False)
    tokens: Bucket | None = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.requests = Bucket(self.rush.requests) if self.rush.requests else None
        self.tokens = Bucket(self.rush.tokens) if self.rush.tokens else None

    def begin(self, ask: Ask) -> float:
        self.clock = max(self.clock, ask.comes)
        while later := self.wait(ask):
            self.clock = min(later, *(end for end, _, _ in self.running), inf)
        if self.requests:
            self.requests.reserve(1, self.clock)
            self.requests.settle(1, used=1, now=self.clock)
        if self.tokens:
            self.tokens.reserve(ask.tokens, self.clock)
        self.running.append((self.clock + ask.seconds, ask.tokens, ask.used))
        return self.clock

    def wait(self, ask: Ask) -> float:
        """Return when to look again if nobody leaves, or 0 if the call may begin."""
        for ended in sorted(each for each in self.running if each[0] <= self.clock):
            self.running.remove(ended)
            end, tokens, used = ended
            if self.tokens:
                self.tokens.settle(tokens, used=used, now=end)
        if len(self.running) >= self.rush.at_once:
            return inf
        wait = max(
            self.requests.wait(1, self.clock) if self.requests else 0.0,
            self.tokens.wait(ask.tokens, self.clock) if self.tokens else 0.0,
        )
        return self.clock + wait if wait else 0.0
