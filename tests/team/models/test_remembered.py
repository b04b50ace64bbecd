"""Nothing is asked twice."""

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from exeunt.team.journal import Journal
from exeunt.team.models.errors import Busy
from exeunt.team.models.model import Answer, Message, Prompt
from exeunt.team.models.remembered import Remembered, key_of
from exeunt.team.models.simulated import Simulated
from exeunt.testing import sweep_cancellation, victim

PROMPT = Prompt(
    messages=(Message("user", "say it"),), max_tokens=50, temperature=1, seed=1
)


SLOW = Simulated(p=1, seconds=(1, 3), speech=lambda *_: "one two")


@attrs.define
class Counting:
    inner: Simulated = SLOW
    begun: int = 0
    ended: int = 0
    name: str = "counting"

    async def complete(self, prompt: Prompt) -> Answer:
        self.begun += 1
        answer = await self.inner.complete(prompt)
        self.ended += 1
        return answer

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> Any:
        self.begun += 1
        async with self.inner.stream(prompt) as pieces:
            yield pieces


async def listen(model: Remembered) -> list[str | Answer]:
    async with model.stream(PROMPT) as pieces:
        return [piece async for piece in pieces]


async def test_the_same_question_has_the_same_answer(autojump_clock: object) -> None:
    counting = Counting()
    model = Remembered(counting, Journal.in_memory())
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await model.complete(PROMPT))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
    assert (counting.begun, counting.ended) == (1, 1)
    assert answers[0] == answers[1] == answers[2] == await model.complete(PROMPT)
    assert await listen(model) == ["one two", answers[0]]
    assert counting.begun == 1
    await model.complete(attrs.evolve(PROMPT, seed=2))
    assert counting.begun == 2
    assert model.name == "counting"


async def test_a_streamed_answer_is_there_in_the_next_run(tmp_path: Path) -> None:
    counting = Counting(Simulated(p=1, speech=lambda *_: "one two"))
    async with Journal.open(tmp_path / "run.jsonl") as journal:
        *pieces, answer = await listen(Remembered(counting, journal))
        assert pieces == ["one", " two"]
    async with Journal.open(tmp_path / "run.jsonl") as journal:
        model = Remembered(counting, journal)
        assert await model.complete(PROMPT) == answer
        assert await listen(model) == ["one two", answer]
    assert counting.begun == 1


async def test_an_empty_answer_is_remembered_as_well() -> None:
    counting = Counting(Simulated(p=1, speech=lambda *_: ""))
    model = Remembered(counting, Journal.in_memory())
    assert await listen(model) == await listen(model) == [await model.complete(PROMPT)]
    assert counting.begun == 1


async def test_a_draw_without_a_seed_is_refused() -> None:
    model = Remembered(Counting(), Journal.in_memory())
    drawn = attrs.evolve(PROMPT, seed=None)
    with pytest.raises(ValueError, match="give each draw its own seed"):
        await model.complete(drawn)
    with pytest.raises(ValueError, match="give each draw its own seed"):
        await model.stream(drawn).__aenter__()


def test_all_that_a_model_is_told_is_part_of_the_question() -> None:
    others = [
        attrs.evolve(PROMPT, messages=(Message("system", "say it"),)),
        attrs.evolve(PROMPT, messages=(Message("user", "say it"),) * 2),
        attrs.evolve(PROMPT, max_tokens=51),
        attrs.evolve(PROMPT, temperature=0.5),
        attrs.evolve(PROMPT, seed=2),
        attrs.evolve(PROMPT, schema={}),
    ]
    keys = {key_of("a", prompt) for prompt in [PROMPT, *others]}
    assert len(keys | {key_of("b", PROMPT)}) == 8
    one, same = {"x": 1, "y": 2}, {"y": 2, "x": 1}
    assert key_of("a", attrs.evolve(PROMPT, schema=one)) == key_of(
        "a", attrs.evolve(PROMPT, schema=same)
    )
    # It has to be the same one in every version, or journals are worth nothing.
    assert key_of("a", PROMPT)[:16] == "189bcb634dc22114"


async def test_an_error_is_not_remembered() -> None:
    @attrs.define
    class Late(Counting):
        async def complete(self, prompt: Prompt) -> Answer:
            self.begun += 1
            if self.begun == 1:
                raise Busy("later")
            return await Simulated(p=1).complete(prompt)

    model = Remembered(Late(), Journal.in_memory())
    with pytest.raises(Busy):
        await model.complete(PROMPT)
    assert (await model.complete(PROMPT)).text == "right"


def test_wherever_the_cancel_comes_an_answer_is_there_or_asked_again() -> None:
    async def scenario() -> None:
        counting, journal = Counting(), Journal.in_memory()
        model = Remembered(counting, journal)
        with victim():
            async with trio.open_nursery() as nursery:
                for _ in range(2):
                    nursery.start_soon(model.complete, PROMPT)
        known = len(journal.records)
        begun = counting.begun
        assert (await model.complete(PROMPT)).text == "one two"
        assert counting.begun - begun == 1 - known
        assert not journal._at_work

    assert sweep_cancellation(scenario, schedules=5).runs > 20
