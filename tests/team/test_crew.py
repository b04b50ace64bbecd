"""The whole team delivers, rejects, or says what it could not do."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio

from exeunt.team.briefs.reading import read
from exeunt.team.budget import Budget
from exeunt.team.crew import open_team
from exeunt.team.journal import Journal
from exeunt.team.models.model import Answer, Pieces, Prompt, Usage
from exeunt.team.models.remembered import Remembered
from exeunt.team.roles.messages import Delivered, Escalated, Rejected, Verdict
from exeunt.team.roles.tools import Policy
from exeunt.team.sandbox import Check, Program, Report, Sandbox, Verdict as Judgement

BRIEF = read("""# sums

Some sums.

## `double(number: int) -> int`

Twice the number.

```python
>>> double(1)
2
>>> double(2)
4
>>> double(0)
0
>>> double(-3)
-6
```

## `four(number: int) -> int`

Four times the number, by `double`.

```python
>>> four(1)
4
>>> four(2)
8
>>> four(0)
0
>>> four(-3)
-12
```
""")
SURE = Policy(doubt=0)
WRONG = "def double(number):\n    return number"
RIGHT = "def double(number):\n    return 2 * number"
SUM = "def double(number):\n    return number + number"
FOUR = "def four(number):\n    return double(double(number))"


class InProcess(Sandbox):
    """Runs what the tests wrote themselves, in no time and in one namespace."""

    async def prepare(self) -> None:
        await trio.lowlevel.checkpoint()

    async def judge(self, program: Program, *, stop_early: bool = False) -> Report:
        await trio.lowlevel.checkpoint()
        space = space_of(program.sources)
        verdicts = tuple(verdict_of(space, check) for check in program.checks)
        return Report(verdicts, "all checked", "", len(program.checks))

    async def observe(
        self, sources: Mapping[str, str], calls: Sequence[str]
    ) -> tuple[str, ...]:
        await trio.lowlevel.checkpoint()
        space = space_of(sources)
        return tuple(seen(space, call) for call in calls)


def space_of(sources: Mapping[str, str]) -> dict[str, Any]:
    text = "\n".join(sources.values())
    space: dict[str, Any] = {}
    exec(re.sub(r"(?m)^from .*$", "", text), space)
    return space


def seen(space: dict[str, Any], call: str) -> str:
    try:
        return repr(eval(call, space))
    except Exception as error:
        return f"!{type(error).__name__}"


def verdict_of(space: dict[str, Any], check: Check) -> Judgement:
    got = seen(space, check.expression)
    return Judgement(check, got == (check.want or f"!{check.raises}"), got)


@attrs.define
class Scripted:
    """Says what it is told to for a function and an attempt, when it is told to."""

    says: Callable[[str, int], str]
    takes: Callable[[str, int], float] = lambda _name, _attempt: 0
    asked: list[tuple[str, int]] = attrs.Factory(list)
    said: list[tuple[str, int]] = attrs.Factory(list)
    name: str = "scripted"

    async def complete(self, prompt: Prompt) -> Answer:
        found = re.search(r"def (\w+)\(", prompt.messages[-1].content)
        which = "plan" if prompt.schema else found[1] if found else ""
        question = which, prompt.seed or 0
        self.asked.append(question)
        await trio.sleep(self.takes(*question))
        self.said.append(question)
        text = (
            "no plan" if which == "plan" else f"```python\n{self.says(*question)}\n```"
        )
        return Answer(text=text, usage=Usage(1, 1), truncated=False, model=self.name)

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        raise NotImplementedError
        yield


def third_is_right(name: str, attempt: int) -> str:
    """Be wrong, say nothing of use, and then be right in two ways."""
    if name == "four":
        return FOUR
    return [WRONG, "this is no code", RIGHT, SUM][attempt % 4]


async def delivered(
    model: Any, policy: Policy = SURE, present: Mapping[str, str] | None = None
) -> Verdict:
    async with open_team(model, sandbox=InProcess(), policy=policy) as team:
        return await team.deliver(BRIEF, present)


async def test_what_passes_is_delivered(autojump_clock: object) -> None:
    verdict = await delivered(Scripted(third_is_right))
    assert isinstance(verdict, Delivered)
    assert verdict.sources == {"double": RIGHT, "four": FOUR}
    assert "tests/test_part_1.py" in verdict.package.files


async def test_a_brief_that_is_not_well_defined_costs_nothing() -> None:
    model = Scripted(third_is_right)
    async with open_team(model, sandbox=InProcess()) as team:
        verdict = await team.deliver(read("# sums"))
    assert isinstance(verdict, Rejected)
    assert "wants no functions" in verdict.reasons[0]
    assert model.asked == []


async def test_nothing_is_begun_that_cannot_be_paid() -> None:
    model = Scripted(third_is_right)
    async with open_team(model, sandbox=InProcess(), budget=Budget(0)) as team:
        verdict = await team.deliver(BRIEF)
    assert isinstance(verdict, Rejected)
    assert "nothing left" in verdict.reasons[0]
    assert model.asked == []


async def test_a_full_team_says_when_to_ask_again(autojump_clock: object) -> None:
    verdicts: list[Verdict] = []
    model = Scripted(third_is_right, lambda *_: 1)
    async with open_team(
        model, sandbox=InProcess(), engineers=1, deadline=10, policy=SURE
    ) as team:

        async def ask() -> None:
            verdicts.append(await team.deliver(BRIEF))

        async with trio.open_nursery() as nursery:
            for _ in range(9):
                nursery.start_soon(ask)
    rejected = [each for each in verdicts if isinstance(each, Rejected)]
    assert 0 < len(rejected) < 9
    assert all(each.retry_after and each.retry_after > 0 for each in rejected)
    assert sum(isinstance(each, Delivered) for each in verdicts) == 9 - len(rejected)


async def test_what_nobody_can_write_is_named(autojump_clock: object) -> None:
    verdict = await delivered(Scripted(lambda *_: WRONG))
    assert isinstance(verdict, Escalated)
    assert "drafts failed" in verdict.missing["double"]
    assert verdict.missing["four"] == "it uses double"
    assert verdict.sources == {}


@pytest.mark.parametrize("seed", range(100))
async def test_the_lowest_number_wins_whatever_comes_first(
    seed: int, autojump_clock: object
) -> None:
    def takes(name: str, attempt: int) -> float:
        return hash((seed, len(name), attempt)) % 97

    model = Scripted(third_is_right, takes)
    verdict = await delivered(model, Policy(doubt=0, width=4))
    assert isinstance(verdict, Delivered)
    assert verdict.sources == {"double": RIGHT, "four": FOUR}
    assert verdict.package.files == (await usual()).package.files


async def usual() -> Delivered:
    verdict = await delivered(Scripted(third_is_right))
    assert isinstance(verdict, Delivered)
    return verdict


async def test_those_after_the_winner_are_cancelled(autojump_clock: object) -> None:
    model = Scripted(lambda *_: RIGHT, lambda _, attempt: 1 + 9 * attempt)
    model.says = lambda name, _: FOUR if name == "four" else RIGHT
    await delivered(model)
    assert ("double", 1) in model.asked
    assert ("double", 1) not in model.said


async def test_an_engineer_that_crashes_is_asked_again(autojump_clock: object) -> None:
    crashes = [KeyError("a bug"), None]

    def says(name: str, attempt: int) -> str:
        if crashes and (error := crashes.pop(0)):
            raise error
        return third_is_right(name, attempt)

    assert isinstance(await delivered(Scripted(says)), Delivered)


async def test_what_still_holds_stays(autojump_clock: object) -> None:
    model = Scripted(third_is_right)
    verdict = await delivered(model, present={"double": WRONG, "four": FOUR})
    assert isinstance(verdict, Delivered)
    assert verdict.sources["double"] == RIGHT
    assert {name for name, _ in model.asked} == {"plan", "double"}


async def test_a_resumed_run_asks_nothing_twice(autojump_clock: object) -> None:
    journal = Journal.in_memory()
    whole = await with_journal(journal, Scripted(third_is_right))
    lines = journal.content.splitlines(keepends=True)
    assert len(lines) > 8
    for kept in range(1, len(lines) + 1):
        cut = Journal.in_memory(b"".join(lines[:kept]))
        known = sum(record.kind == "answer" for record in cut.records)
        model = Scripted(third_is_right)
        assert await with_journal(cut, model) == whole
        total = sum(record.kind == "answer" for record in cut.records)
        assert len(model.said) <= total - known


async def with_journal(journal: Journal, model: Scripted) -> Verdict:
    async with open_team(
        Remembered(model, journal), sandbox=InProcess(), memory=journal, policy=SURE
    ) as team:
        return await team.deliver(BRIEF)


async def test_a_full_disk_ends_in_a_clear_verdict(autojump_clock: object) -> None:
    journal = Journal.in_memory()

    class Full:
        async def keep(self, line: bytes) -> None:
            await trio.lowlevel.checkpoint()
            raise OSError(28, f"no room for {len(line)} bytes")

    journal._store = Full()
    model = Scripted(third_is_right)
    verdict = await with_journal(journal, model)
    assert isinstance(verdict, Escalated)
    assert "make room on the disk" in verdict.missing["double"]
    # Nothing more is asked that could not be written down: a plan, and a batch.
    assert len(model.asked) == 1 + SURE.width


WEAK = Policy(width=1, doubt=8, leak=-1.0, lead=2)
ODD = "def double(number):\n    return {1: 2, 2: 4, 0: 0, -3: -6}.get(number, 7)"


def says_in_turn(*doubles: str) -> Callable[[str, int], str]:
    def says(name: str, attempt: int) -> str:
        return FOUR if name == "four" else doubles[attempt % len(doubles)]

    return says


async def test_behind_a_weak_gate_two_have_to_agree(autojump_clock: object) -> None:
    model = Scripted(says_in_turn(RIGHT, SUM))
    verdict = await delivered(model, WEAK)
    assert isinstance(verdict, Delivered)
    assert ("double", 1) in model.said
    assert verdict.questions == ()


async def test_what_drafts_do_otherwise_is_a_question(autojump_clock: object) -> None:
    verdict = await delivered(Scripted(says_in_turn(ODD, RIGHT, SUM, RIGHT)), WEAK)
    assert isinstance(verdict, Delivered)
    assert verdict.sources["double"] == RIGHT
    assert any(re.match(r"double\(.*may be anything", q) for q in verdict.questions)


async def test_a_tie_is_no_answer(autojump_clock: object) -> None:
    verdict = await delivered(Scripted(says_in_turn(ODD, RIGHT)), WEAK)
    assert isinstance(verdict, Escalated)
    assert verdict.missing["double"] == "drafts that pass do different things"
