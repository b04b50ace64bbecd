"""What is delivered holds, what is not has a reason, and nothing is paid for twice."""

import re
from collections.abc import Callable
from typing import Any

import attrs
import trio
from crews import (
    CRASHING,
    FAILING,
    HELPED,
    PASSING,
    RAISING,
    UNFITTING,
    InProcess,
    Play,
    Workers,
    expected,
    failures,
    garbage,
    plays,
)
from hypothesis import assume, strategies as st
from laws import law
from trio.testing import MockClock

from exeunt.team.briefs.function import Example
from exeunt.team.briefs.reading import Brief
from exeunt.team.budget import Budget
from exeunt.team.crew import open_team
from exeunt.team.journal import Journal
from exeunt.team.mechanisms.stopping import patience
from exeunt.team.models.budgeted import Budgeted, spent_before
from exeunt.team.models.model import Model
from exeunt.team.models.price import Price
from exeunt.team.models.remembered import Remembered, key_of
from exeunt.team.roles.messages import Delivered, Escalated, Rejected, Verdict
from exeunt.team.roles.news import News, Settled
from exeunt.team.roles.tools import Policy
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

PRICE = Price.tokens()
PLENTY = 10**9
HOPE = 0.5
TRIES = patience(HOPE)  # few, since what is never right takes them all


def run(main: Callable[[], Any]) -> Any:
    return trio.run(main, clock=MockClock(autojump_threshold=0))


def policy(play: Play, **more: Any) -> Policy:
    return Policy(
        **{"width": play.width, "p_min": HOPE, "doubt": 0, "splits": 0} | more
    )


async def verdict_of(play: Play, model: Model, rules: Policy, **more: Any) -> Verdict:
    async with open_team(model, sandbox=InProcess(), policy=rules, **more) as team:
        return await team.deliver(play.brief)


def check(play: Play, verdict: Verdict) -> None:
    """Each function is accepted or has a reason; what is delivered holds."""
    names = {each.name for each in play.brief.functions}
    if isinstance(verdict, Delivered):
        assert verdict.sources.keys() == names
        assert not [*failures(play.brief, verdict.package.files)]
        return
    assert isinstance(verdict, Escalated)
    assert verdict.missing.keys() | verdict.sources.keys() == names
    assert not verdict.missing.keys() & verdict.sources.keys()
    assert all(verdict.missing.values())


@law(
    "teams: what is delivered holds",
    play=plays(PASSING, PASSING, UNFITTING, HELPED, FAILING, RAISING, CRASHING),
    splits=st.integers(0, 1),
    doubt=st.sampled_from([0, 0, 2]),
)
def test_all_is_accepted_or_has_a_reason(play: Play, splits: int, doubt: int) -> None:
    rules = policy(play, splits=splits, doubt=doubt)
    check(play, run(lambda: verdict_of(play, Workers(play), rules)))


@law(
    "teams: parts that were accepted fit",
    play=plays(("right",), UNFITTING, plans=["no plan"]),
)
def test_no_part_spoils_another(play: Play) -> None:
    check(play, run(lambda: verdict_of(play, Workers(play), policy(play))))


@law(
    "teams: garbage is no answer",
    play=plays(PASSING, plans=["no plan"]),
    said=st.lists(garbage(), min_size=1, max_size=4),
)
def test_who_says_garbage_only_ends_in_a_verdict(play: Play, said: list[str]) -> None:
    answers = dict.fromkeys(play.answers, said)
    wild = attrs.evolve(play, answers=answers, plans=said, helpers=said)
    verdict = run(lambda: verdict_of(wild, Workers(wild), policy(wild, splits=1)))
    assert isinstance(verdict, Escalated)
    check(wild, verdict)


@law("teams: as one after the other", play=plays(PASSING, FAILING, RAISING))
def test_a_team_comes_to_what_one_would_come_to(play: Play) -> None:
    verdict = run(lambda: verdict_of(play, Workers(play), policy(play)))
    sources, missing = expected(play, TRIES)
    assert not isinstance(verdict, Rejected)
    assert verdict.sources == sources
    assert isinstance(verdict, Escalated) == bool(missing)
    if isinstance(verdict, Escalated):
        in_order = [e.name for e in play.brief.functions if e.name in missing]
        assert [*verdict.missing] == in_order
        for name, why in missing.items():
            assert verdict.missing[name].startswith(why)


@law(
    "teams: the schedule has no say",
    play=plays(PASSING, PASSING, FAILING, RAISING, HELPED, most=3),
    pauses=st.lists(st.integers(0, 5), min_size=1, max_size=7),
    schedule=schedules(),
    lead=st.integers(1, 2),
    splits=st.integers(0, 1),
)
def test_the_order_of_the_answers_changes_nothing(
    play: Play, pauses: list[int], schedule: Schedule, lead: int, splits: int
) -> None:
    rules = policy(play, leak=-1.0 if lead > 1 else 1.0, lead=lead, splits=splits)
    one = run(lambda: verdict_of(play, Workers(play), rules))
    slower = attrs.evolve(play, pauses=pauses)
    other = schedule.run(lambda: verdict_of(slower, Workers(slower), rules))
    assert other == one


@law("teams: settled once", play=plays(PASSING, FAILING, RAISING, CRASHING * 6))
def test_each_function_is_settled_once(play: Play) -> None:
    heard: list[News] = []

    async def main() -> Verdict:
        rules = policy(play)
        async with open_team(Workers(play), sandbox=InProcess(), policy=rules) as team:
            with team.news.subscribe(capacity=10_000) as news:
                verdict = await team.deliver(play.brief)
                team.news.close()
                heard.extend([each async for each in news])
            return verdict

    verdict = run(main)
    settled = [each for each in heard if isinstance(each, Settled)]
    names = [each.function for each in settled]
    assert len(names) == len({*names})
    assert not isinstance(verdict, Rejected)
    assert {s.function for s in settled if s.accepted} == verdict.sources.keys()
    if isinstance(verdict, Escalated):
        reasons = {s.function: s.why for s in settled if not s.accepted}
        silent = {n: w for n, w in verdict.missing.items() if n not in reasons}
        assert reasons.items() <= verdict.missing.items()
        assert all(re.match("it uses|its engineer crashed", w) for w in silent.values())


@law(
    "teams: two have to agree where the gate is weak",
    play=plays(("right", "odd", "wrong"), plans=["no plan"]),
)
def test_nothing_wins_by_less_than_the_lead(play: Play) -> None:
    rules = policy(play, leak=-1.0, lead=2, p_min=0.2)
    verdict = run(lambda: verdict_of(play, Workers(play), rules))
    assert not isinstance(verdict, Rejected)
    asked = [question.partition("(")[0] for question in verdict.questions]
    assert asked == [e.name for e in play.brief.functions if e.name in asked]
    for name in play.answers:
        won = race(play, name, patience(0.2))
        source = verdict.sources.get(name, "")
        if isinstance(verdict, Delivered) or source:
            assert source
            assert won == (-2 if "not in" in source else 2)
        elif not verdict.missing[name].startswith("it uses"):
            assert not won


def race(play: Play, name: str, tries: int) -> int:
    """Say by how many votes the right behaviour has won, below 0 if it has lost.

    Of each batch the first draft that passes has a vote.
    """
    lead = 0
    for start in range(0, tries, play.width):
        batch = range(start, min(start + play.width, tries))
        said = [play.kind(name, attempt) for attempt in batch]
        passed = next((kind for kind in said if kind != "wrong"), "")
        lead += (passed == "right") - (passed == "odd")
        if abs(lead) == 2:
            return lead
    return 0


def paid(play: Play, journal: Journal, limit: int) -> tuple[Workers, Budget, Model]:
    workers, budget = Workers(play), Budget(limit, before=spent_before(journal))
    return workers, budget, Budgeted(workers, budget, PRICE, journal)


@law(
    "teams: never above the budget",
    play=plays(PASSING, FAILING, FAILING, RAISING),
    limit=st.integers(1, 20_000),
    leaves=st.none() | st.none() | st.floats(0, 30),
)
def test_no_more_is_spent_than_there_is(
    play: Play, limit: int, leaves: float | None
) -> None:
    journal = Journal.in_memory()
    workers, budget, model = paid(play, journal, limit)
    verdicts: list[Verdict] = []

    async def main() -> None:
        with trio.move_on_after(10**6 if leaves is None else leaves):
            rules = policy(play, splits=1)
            verdicts.append(await verdict_of(play, model, rules, budget=budget))

    run(main)
    assert workers.charged <= budget.spent <= limit
    assert budget.reserved == 0
    assert sum(spent_before(journal).values()) == budget.spent
    assert verdicts or leaves is not None
    for verdict in verdicts:
        check(play, verdict)


@law(
    "teams: a resumed run is the same run",
    play=plays(PASSING, PASSING, FAILING, HELPED, most=2),
    place=st.integers(0, 10**6),
    doubt=st.sampled_from([0, 0, 1]),
)
def test_a_run_that_was_cut_goes_on_and_asks_nothing_twice(
    play: Play, place: int, doubt: int
) -> None:
    rules = policy(play, doubt=doubt, splits=1)

    def played(content: bytes) -> tuple[Verdict, Journal, Workers, Budget]:
        journal = Journal.in_memory(content)
        workers, budget, model = paid(play, journal, PLENTY)
        team = Remembered(model, journal)
        verdict = run(lambda: verdict_of(play, team, rules, memory=journal))
        return verdict, journal, workers, budget

    whole, first, _, before = played(b"")
    assert whole == run(lambda: verdict_of(play, Workers(play), rules))
    lines = first.content.splitlines(keepends=True)
    kept = b"".join(lines[: 1 + place % len(lines)])
    known = {record.data["key"] for record in Journal.in_memory(kept).of_kind("answer")}
    verdict, second, workers, after = played(kept)
    assert verdict == whole
    assert second.content.startswith(kept)
    assert not known & {key_of("workers", prompt) for prompt in workers.asked}
    answers = [record.data["key"] for record in second.of_kind("answer")]
    assert len(answers) == len({*answers})
    assert sum(spent_before(second).values()) == after.spent
    assert after.reserved == before.reserved == 0


@law(
    "teams: a full disk is said to be full",
    play=plays(PASSING, FAILING),
    room=st.integers(0, 40),
)
def test_a_full_disk_ends_in_a_verdict_and_loses_nothing(play: Play, room: int) -> None:
    journal, rules = Journal.in_memory(), policy(play)
    refused: list[bytes] = []

    class Disk:
        async def keep(self, line: bytes) -> None:
            await trio.lowlevel.checkpoint()
            if len(journal.records) >= room:
                refused.append(line)
                raise OSError(28, "no room")

    journal._store = Disk()
    workers, budget, model = paid(play, journal, PLENTY)
    team = Remembered(model, journal)
    verdict = run(lambda: verdict_of(play, team, rules, memory=journal))
    check(play, verdict)
    # What nobody could write down was in work when the disk was full, and no more.
    asked = [key_of("workers", prompt) for prompt in workers.asked]
    assert len(asked) == len({*asked})
    assert workers.charged <= budget.spent <= sum(spent_before(journal).values())
    if refused:
        assert isinstance(verdict, Escalated)
        assert any(w.startswith("the journal cannot") for w in verdict.missing.values())


def ring(brief: Brief) -> Brief:
    """Have the first that is used by another use it as well."""
    pairs = [(used, each.name) for each in brief.functions for used in each.uses]
    assume(pairs)
    used, by = pairs[0]
    return changed(brief, used, uses=(*brief[used].uses, by))


def changed(brief: Brief, name: str, **more: Any) -> Brief:
    functions = [
        attrs.evolve(each, **more) if each.name == name else each
        for each in brief.functions
    ]
    return attrs.evolve(brief, functions=tuple(functions))


def contradiction(brief: Brief) -> Brief:
    first = brief.functions[0]
    lie = Example(first.examples[0].call, "'something else'")
    return changed(brief, first.name, examples=(*first.examples, lie))


def few(brief: Brief) -> Brief:
    last = brief.functions[-1]
    return changed(brief, last.name, examples=last.examples[:3])


def twice(brief: Brief) -> Brief:
    return Brief(brief.name, brief.purpose, (*brief.functions, brief.functions[0]))


SPOILT: dict[str, Callable[[Brief], Brief]] = {
    "use each other": ring,
    "contradicts itself": contradiction,
    "needs 4 at least": few,
    "is described 2 times": twice,
}


@law(
    "teams: who is given helpers has them",
    play=plays(PASSING, HELPED, HELPED, plans=["no plan"], most=3),
    said=st.sampled_from(["good", "shared", "wrong", "taken"]),
)
def test_what_needs_help_is_built_with_it(play: Play, said: str) -> None:
    play = attrs.evolve(play, helpers=["none", said])
    verdict = run(lambda: verdict_of(play, Workers(play), policy(play, splits=1)))
    check(play, verdict)
    hard = {name for name, said in play.answers.items() if {*said} == {"needs help"}}
    if said == "good":
        assert isinstance(verdict, Delivered)
        for name in hard:
            assert verdict.sources[name].startswith(f"def help_{name}(n):")
    elif said != "shared":
        assert not isinstance(verdict, Rejected)
        assert not hard & verdict.sources.keys()


@law(
    "teams: what is not well defined costs nothing",
    play=plays(PASSING),
    said=st.sampled_from([*SPOILT]),
)
def test_a_spoilt_brief_is_rejected_and_costs_nothing(play: Play, said: str) -> None:
    workers = Workers(play)
    spoilt = attrs.evolve(play, brief=SPOILT[said](play.brief))
    verdict = run(lambda: verdict_of(spoilt, workers, policy(spoilt)))
    assert isinstance(verdict, Rejected)
    assert any(said in reason for reason in verdict.reasons)
    assert workers.asked == []
