"""The simulated model is as good as it says, whatever the order of the calls."""

from math import sqrt

import pytest
import trio
from hypothesis import given, settings, strategies as st
from trio.testing import MockClock

from exeunt.team.models.model import Answer, Message, Prompt, Usage
from exeunt.team.models.simulated import Simulated
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


def prompt(seed: int | None = 0, max_tokens: int = 100) -> Prompt:
    messages = (Message("system", "be brief"), Message("user", "six times seven?"))
    return Prompt(messages=messages, max_tokens=max_tokens, seed=seed)


@pytest.mark.parametrize("p", [0, 0.1, 0.45, 0.9, 1])
def test_it_is_right_as_often_as_told(p: float) -> None:
    model = Simulated(p=p)
    right = sum(model.is_right(prompt(seed)) for seed in range(10_000))
    assert abs(right / 10_000 - p) <= 3 * sqrt(p * (1 - p) / 10_000)


async def test_its_wrong_answers_are_equally_likely(autojump_clock: MockClock) -> None:
    model = Simulated(p=0.2, wrong=4)
    texts = [(await model.complete(prompt(seed))).text for seed in range(2_000)]
    assert {*texts} == {"right", "wrong 1", "wrong 2", "wrong 3", "wrong 4"}
    for text in {*texts}:
        assert 310 <= texts.count(text) <= 490  # 400 and five deviations


@settings(max_examples=100)
@given(schedule=schedules(), p=st.floats(0, 1))
def test_what_it_answers_and_when_hangs_on_the_prompt_alone(
    schedule: Schedule, p: float
) -> None:
    model = Simulated(p=p, wrong=3, seconds=(1, 9))

    async def ask_all() -> dict[int, tuple[str, float]]:
        said: dict[int, tuple[str, float]] = {}

        async def ask(seed: int) -> None:
            answer = await model.complete(prompt(seed))
            said[seed] = answer.text, round(trio.current_time(), 9)

        async with trio.open_nursery() as nursery:
            for seed in range(8):
                nursery.start_soon(ask, seed)
        return said

    assert schedule.run(ask_all) == Schedule().run(ask_all)


async def test_another_model_of_the_same_quality_is_right_elsewhere() -> None:
    one, other = Simulated(p=0.5), Simulated(p=0.5, seed=1)
    seeds = range(100)
    both = [(one.is_right(prompt(s)), other.is_right(prompt(s))) for s in seeds]
    assert {*both} == {(a, b) for a in (True, False) for b in (True, False)}


async def test_a_stream_says_the_same_as_a_whole_answer_in_the_same_time(
    autojump_clock: MockClock,
) -> None:
    model = Simulated(p=1, seconds=(2, 8), speech=lambda *_: "forty\ntwo  \n")
    whole = await model.complete(prompt())
    took = trio.current_time()
    async with model.stream(prompt()) as pieces:
        *words, end = [piece async for piece in pieces]
    assert "".join(str(word) for word in words) == whole.text == "forty\ntwo  \n"
    assert end == whole
    assert whole.usage == Usage(5, 3)
    assert 2 <= took <= 8
    assert trio.current_time() == pytest.approx(2 * took)
    with pytest.raises(trio.ClosedResourceError):
        await pieces.receive()


async def test_an_answer_that_is_too_long_is_cut() -> None:
    model = Simulated(p=1, speech=lambda *_: "one two three")
    assert await model.complete(prompt(max_tokens=2)) == Answer(
        text="one two", usage=Usage(5, 2), truncated=True, model="simulated"
    )
    assert not (await model.complete(prompt(max_tokens=3))).truncated


@pytest.mark.parametrize(
    "wrong", [{"p": 1.1}, {"p": 0.5, "wrong": 0}, {"p": 1, "seconds": (2, 1)}]
)
def test_what_is_out_of_range_is_said_so(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r" is |seconds"):
        Simulated(**wrong)  # type: ignore[arg-type]
