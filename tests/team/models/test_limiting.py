"""Limits: buckets, the width, and how much gets through a narrow provider."""

from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import Any

import attrs
import pytest
import trio
from hypothesis import given, strategies as st
from trio.testing import MockClock

from exeunt import Backoff
from exeunt.team.models.aimd import Width
from exeunt.team.models.bucket import Bucket
from exeunt.team.models.errors import Busy, Refused
from exeunt.team.models.limiting import Limited
from exeunt.team.models.model import Answer, Message, Prompt
from exeunt.team.models.retrying import Retrying
from exeunt.team.models.simulated import Simulated
from exeunt.team.models.wire import estimate


def prompt(seed: int = 0, max_tokens: int = 100, text: str = "") -> Prompt:
    return Prompt(messages=(Message("user", text),), max_tokens=max_tokens, seed=seed)


RESERVED = estimate(prompt(), "").prompt_tokens + 100


@attrs.define
class Narrow:
    """A provider that bears so many calls at once, and no more."""

    bears: int
    model: Simulated = Simulated(p=1, seconds=(1, 3))  # noqa: RUF009 - it is frozen
    running: int = 0
    answers: int = 0
    turned_away: int = 0
    name: str = "narrow"

    async def complete(self, asked: Prompt) -> Answer:
        await trio.lowlevel.checkpoint()
        if self.running >= self.bears:
            self.turned_away += 1
            raise Busy("too many at once")
        self.running += 1
        try:
            answer = await self.model.complete(asked)
        finally:
            self.running -= 1
        self.answers += 1
        return answer

    @asynccontextmanager
    async def stream(self, asked: Prompt) -> Any:
        async with self.model.stream(asked) as pieces:
            yield pieces


@pytest.mark.parametrize("bears", [1, 2, 8, 30])
@pytest.mark.parametrize("backoff", [Backoff(first=0.2, most=2), Backoff(first=4)])
async def test_at_threefold_load_the_provider_is_kept_busy(
    bears: int, backoff: Backoff, autojump_clock: MockClock
) -> None:
    provider = Narrow(bears)
    limited = Limited(provider, at_once=64)
    model = Retrying(limited, tries=1_000, backoff=backoff)
    seeds = count()

    async def caller() -> None:
        while True:
            await model.complete(prompt(next(seeds)))

    async with trio.open_nursery() as nursery:
        for _ in range(3 * bears):
            nursery.start_soon(caller)
        await trio.sleep(1_000)
        nursery.cancel_scope.cancel()
    assert provider.answers / (1_000 * bears / 2) >= 0.85
    assert provider.turned_away <= 64 + provider.answers / bears


async def test_a_stream_has_its_place_until_its_block_ends(
    autojump_clock: MockClock,
) -> None:
    limited = Limited(Simulated(p=1), at_once=1, tokens_per_minute=1000)
    async with trio.open_nursery() as nursery, limited.stream(prompt()) as pieces:
        assert [piece async for piece in pieces][:-1] == ["right"]
        nursery.start_soon(limited.complete, prompt())
        await trio.testing.wait_all_tasks_blocked()
        traffic = limited.statistics()
        assert (traffic.running, traffic.waiting) == (1, 1)
        assert traffic.tokens == 1000 - RESERVED
    traffic = limited.statistics()
    assert (traffic.running, traffic.waiting) == (0, 0)
    assert traffic.tokens == 1000 - 2  # the word of each


async def test_a_stream_that_is_left_keeps_what_it_has_handed_out() -> None:
    limited = Limited(
        Simulated(p=1, speech=lambda *_: "one two three"),
        tokens_per_minute=1000,
        at_once=1,
    )
    async with limited.stream(prompt()) as pieces:
        await pieces.receive()
        await pieces.receive()
        before = limited.statistics().tokens
    after = limited.statistics().tokens
    assert before is not None
    assert after == pytest.approx(before + 100 - 2, abs=1)


async def test_a_cancelled_answer_keeps_all_since_nobody_knows(
    autojump_clock: MockClock,
) -> None:
    model = Simulated(p=1, seconds=(6, 6))
    limited = Limited(model, at_once=1, tokens_per_minute=600)
    with trio.move_on_after(3):
        await limited.complete(prompt())
    left = limited.statistics().tokens
    # While it ran there was no room for what flowed in.
    assert left == pytest.approx(600 - RESERVED)


async def test_who_is_refused_has_used_nothing_and_it_stays_as_wide() -> None:
    @attrs.frozen
    class Refusing(Narrow):
        async def complete(self, asked: Prompt) -> Answer:
            raise Refused("no such model")

    limited = Limited(Refusing(1), at_once=4, tokens_per_minute=600)
    with pytest.raises(Refused):
        await limited.complete(prompt())
    assert limited.statistics().tokens == 600
    assert limited.statistics().at_once == 4


async def test_a_busy_of_somebody_else_in_the_block_is_not_the_providers() -> None:
    limited = Limited(Simulated(p=1), at_once=4)
    with pytest.raises(Busy):
        async with limited.stream(prompt()) as pieces:
            await pieces.receive()
            raise Busy("another provider")
    assert limited.statistics().at_once == 4


async def test_what_is_more_than_the_bucket_holds_waits_until_it_is_full(
    autojump_clock: MockClock,
) -> None:
    limited = Limited(Simulated(p=1), at_once=4, tokens_per_minute=60)
    await limited.complete(prompt(max_tokens=10))
    assert trio.current_time() == 0
    await limited.complete(prompt(max_tokens=1000))
    assert trio.current_time() == pytest.approx(1)  # it had used one token
    assert limited.statistics().tokens == pytest.approx(59)


def test_limits_are_positive() -> None:
    for wrong in ("at_once", "requests_per_minute", "tokens_per_minute"):
        with pytest.raises(ValueError, match="must be >"):
            Limited(Simulated(p=1), **{"at_once": 1, wrong: 0})


def test_a_burst_of_refusals_halves_once_and_one_is_always_allowed() -> None:
    width = Width(16)
    for running in range(16, 8, -1):
        width.busy(since=0, running=running)
    assert width.calls == 8
    for halvings in range(1, 9):
        width.busy(since=halvings, running=1)
    assert width.calls == 1


def test_successes_widen_only_what_is_needed() -> None:
    width = Width(16)
    width.busy(since=0, running=16)
    for _ in range(100):
        width.succeeded(running=7)
    assert width.calls == 8


def test_it_comes_back_fast_and_tries_more_slowly() -> None:
    width = Width(64)
    width.busy(since=0, running=9)  # it bears eight
    width.busy(since=1, running=9)
    width.busy(since=2, running=9)
    width.busy(since=3, running=9)
    assert width.calls == 4
    for _ in range(4):
        width.succeeded(running=64)
    assert width.calls == 8
    for _ in range(75):
        width.succeeded(running=64)
    assert width.calls == 8
    for _ in range(15):
        width.succeeded(running=64)
    assert width.calls == 9


AMOUNTS = st.tuples(st.floats(0, 30), st.integers(1, 80), st.floats(0, 1))


@given(steps=st.lists(AMOUNTS, max_size=30), late=st.integers(0, 3))
def test_a_bucket_allows_no_more_than_flows_in(
    steps: list[tuple[float, int, float]], late: int
) -> None:
    bucket, now = Bucket(60), 0.0
    taken: list[tuple[float, float]] = []
    open_ones: list[tuple[int, float]] = []
    for pause, amount, share in steps:
        now += pause
        if len(open_ones) > late:
            reserved, used = open_ones.pop(0)
            bucket.settle(reserved, used=used, now=now)
        if bucket.wait(amount, now) == 0 and amount <= 60:
            bucket.reserve(amount, now)
            open_ones.append((amount, amount * share))
            taken.append((now, amount * share))
    for begin, (first, _) in enumerate(taken):
        for end in range(begin, len(taken)):
            used = sum(amount for _, amount in taken[begin : end + 1])
            assert used <= 60 + (taken[end][0] - first) + 0.01


@given(pause=st.floats(0, 100), amount=st.integers(1, 60))
def test_after_the_wait_it_is_there_and_not_before(pause: float, amount: int) -> None:
    bucket = Bucket(60)
    bucket.reserve(60, now=0)
    bucket.settle(60, used=60, now=0)
    wait = bucket.wait(amount, now=pause)
    assert wait == pytest.approx(max(0, amount - pause), abs=0.01)
    assert bucket.wait(amount, now=pause + wait) == 0


async def test_a_cancelled_waiter_lets_the_next_one_pass(
    autojump_clock: MockClock,
) -> None:
    limited = Limited(Simulated(p=1), at_once=4, tokens_per_minute=120)
    await limited.complete(prompt(max_tokens=100, text="word " * 100))
    when: list[float] = []

    async def small() -> None:
        await limited.complete(prompt(max_tokens=1))
        when.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        with trio.move_on_after(2):
            nursery.start_soon(partial(small))
            await limited.complete(prompt(max_tokens=115))
    assert when == [2]
    assert limited.statistics().running == 0
