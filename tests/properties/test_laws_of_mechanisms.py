"""What the team's decisions promise, held against slower ways to the same figures."""

import ast
from collections import Counter
from fractions import Fraction
from math import comb
from typing import Any

from hypothesis import assume, strategies as st
from laws import law

from exeunt.team.mechanisms.admission import Admission, Full
from exeunt.team.mechanisms.binomials import at_least, at_most, exactly, interval
from exeunt.team.mechanisms.clusters import cluster
from exeunt.team.mechanisms.extracting import extract, parses, tidy
from exeunt.team.mechanisms.gating import delivered, examples_needed, tries, trust
from exeunt.team.mechanisms.mutants import mutants
from exeunt.team.mechanisms.overload import simulate
from exeunt.team.mechanisms.pricing import Offer, cheapest, escalate
from exeunt.team.mechanisms.probes import probes
from exeunt.team.mechanisms.redflags import Sign, flags
from exeunt.team.mechanisms.stopping import Posterior, give_up, patience
from exeunt.team.mechanisms.voting import (
    Race,
    chance,
    expected_votes,
    may_vote,
    needed_lead,
    tally,
)

CHANCES = st.integers(1, 99).map(lambda hundredths: hundredths / 100)
COUNTS = st.integers(0, 40)


def near(one: float, other: float, within: float = 1e-9) -> bool:
    return abs(one - other) <= within * max(1, abs(other))


# --- votes ---


@law(
    "mechanisms: ahead by k",
    votes=st.lists(st.integers(0, 3), max_size=30),
    k=st.integers(1, 4),
)
def test_a_race_is_won_when_one_is_k_ahead_and_not_before(
    votes: list[int], k: int
) -> None:
    race = Race[int](k)
    decided = None
    for n, vote in enumerate(votes, 1):
        race.vote(vote)
        counts = Counter(votes[:n])
        (first, most), *rest = counts.most_common()
        if decided is None and most - max((m for _, m in rest), default=0) >= k:
            decided = first, n
        assert (race.winner, race.votes) == (decided or (None, n))


def walk(p: float, k: int) -> tuple[float, float]:
    """Follow the lead of the right choice, step by step, until the race is over."""
    at = {0: 1.0}
    won = steps = 0.0
    while sum(at.values()) > 1e-13:
        steps += sum(at.values())
        after: dict[int, float] = {}
        for lead, weight in at.items():
            for step, share in ((1, p), (-1, 1 - p)):
                after[lead + step] = after.get(lead + step, 0.0) + weight * share
        won += after.pop(k, 0.0)
        after.pop(-k, None)
        at = after
    return won, steps


@law("mechanisms: formulas of the race", p=CHANCES, k=st.integers(1, 6))
def test_the_formulas_of_the_race_are_those_of_the_walk(p: float, k: int) -> None:
    won, steps = walk(p, k)
    assert near(chance(p, k), won)
    assert near(expected_votes(p, k), steps, 1e-8)


@law(
    "mechanisms: the least lead",
    p=st.integers(51, 99).map(lambda hundredths: hundredths / 100),
    steps=st.integers(1, 10**6),
    target=CHANCES,
)
def test_the_needed_lead_is_enough_and_the_least(
    p: float, steps: int, target: float
) -> None:
    k = needed_lead(p, steps, target)
    assert chance(p, k) ** steps >= target * (1 - 1e-6)
    assert k == 1 or chance(p, k - 1) ** steps < target * (1 + 1e-6)


@law("mechanisms: who may vote", right=COUNTS, runner_up=COUNTS)
def test_a_vote_is_allowed_if_luck_alone_would_be_rare(
    right: int, runner_up: int
) -> None:
    n = right + runner_up
    luck = Fraction(sum(comb(n, i) for i in range(right, n + 1)), 2**n)
    assert may_vote(right, runner_up) == (luck <= Fraction(1, 20))


@law("mechanisms: a tally", answers=st.lists(st.integers(0, 3)))
def test_a_tally_is_the_right_and_the_commonest_wrong(answers: list[int]) -> None:
    wrong = [answers.count(n) for n in (1, 2, 3)]
    assert tally(answers, truth=0) == (answers.count(0), max(wrong))


# --- counts and chances ---


@law("mechanisms: tails", count=COUNTS, tries=COUNTS, p=CHANCES)
def test_tails_are_sums_of_binomials(count: int, tries: int, p: float) -> None:
    exact = Fraction(round(p * 100), 100)
    tail = sum(
        comb(tries, n) * exact**n * (1 - exact) ** (tries - n)
        for n in range(min(count, tries) + 1)
    )
    assert near(at_most(count, tries, p), float(tail))
    assert near(at_least(count + 1, tries, p), float(1 - tail))


@law("mechanisms: coverage", tries=st.integers(1, 30), p=CHANCES)
def test_an_interval_holds_the_truth_as_often_as_it_says(tries: int, p: float) -> None:
    bounds = [interval(n, tries) for n in range(tries + 1)]
    held = [low <= p <= high for low, high in bounds]
    shares = [exactly(n, tries, p) for n in range(tries + 1)]
    assert sum(share for share, each in zip(shares, held, strict=True) if each) > 0.95
    assert all(low <= n / tries <= high for n, (low, high) in enumerate(bounds))


@law(
    "mechanisms: posterior",
    successes=st.integers(0, 8),
    failures=st.integers(0, 20),
    p=CHANCES,
)
def test_the_posterior_is_a_beta(successes: int, failures: int, p: float) -> None:
    grid = [(n + 0.5) / 2_000 for n in range(2_000)]
    density = [x**successes * (1 - x) ** failures for x in grid]
    above = sum(d for x, d in zip(grid, density, strict=True) if x > p)
    mean = sum(x * d for x, d in zip(grid, density, strict=True))
    known = Posterior(successes, failures)
    assert near(known.above(p), above / sum(density), 1e-4)
    assert near(known.mean, mean / sum(density), 1e-4)
    low, high = known.interval(0.9)
    assert near(known.above(low), 0.95)
    assert near(known.above(high), 0.05)


@law("mechanisms: patience", p_min=CHANCES, delta=CHANCES, failures=COUNTS)
def test_patience_ends_where_giving_up_begins(
    p_min: float, delta: float, failures: int
) -> None:
    assert give_up(0, failures, p_min, delta) == (failures >= patience(p_min, delta))


@law("mechanisms: gates", p=CHANCES, alpha=CHANCES, most=st.integers(1, 30))
def test_a_gate_does_what_trying_step_by_step_does(
    p: float, alpha: float, most: int
) -> None:
    right, missing = 0.0, 1.0
    for _ in range(most):
        right += missing * p
        missing *= (1 - p) * (1 - alpha)
    assert near(delivered(p, alpha, most), right)
    assert near(delivered(p, alpha, 10_000), trust(p, alpha))
    assert near(tries(p, alpha) * (1 - (1 - p) * (1 - alpha)), 1)


@law("mechanisms: enough examples", caught=CHANCES, bound=CHANCES)
def test_so_many_examples_are_enough_and_no_fewer(caught: float, bound: float) -> None:
    needed = examples_needed(caught, bound)
    assert (1 - caught) ** needed <= bound < (1 - caught) ** (needed - 1)


OFFERS = st.lists(
    st.builds(Offer, st.text(), st.floats(0, 100), st.floats(0.01, 1)), min_size=2
)


@law("mechanisms: prices", offers=OFFERS)
def test_whose_success_is_cheapest_is_asked(offers: list[Offer]) -> None:
    best = min(offer.price / offer.chance for offer in offers)
    assert near(cheapest(offers).price / cheapest(offers).chance, best)
    small, large = offers[:2]
    assert escalate(small, large) == (cheapest([small, large]) is not small)


# --- clusters ---

BEHAVIOURS = st.dictionaries(
    st.integers(), st.tuples(*[st.sampled_from("ab")] * 3), max_size=12
)


@law("mechanisms: clusters", behaviours=BEHAVIOURS)
def test_clusters_are_those_who_do_the_same(
    behaviours: dict[int, tuple[str, ...]],
) -> None:
    found = cluster(behaviours)
    for group in found.groups:
        same = [name for name, does in behaviours.items() if does == group.behaviour]
        assert group.members == tuple(same)
    sizes = [len(group) for group in found.groups]
    assert sum(sizes) == len(behaviours)
    assert sizes == sorted(sizes, reverse=True)
    assert (found.winner() is None) == (not sizes or sizes[:1] == sizes[1:2])
    assert (found.entropy > 1e-9) == (len(sizes) > 1)
    if len(sizes) > 1:
        first, second = (group.behaviour for group in found.groups[:2])
        place = int(found.differing("012") or "")
        assert first[:place] == second[:place]
        assert first[place] != second[place]


# --- code ---

DEFINITIONS = [
    "import math",
    "LIMIT = 3",
    '@staticmethod\ndef half(x):\n    """Halve."""\n    return x / LIMIT',
    "class Stack:\n    size = 0\n\n    def push(self, x):\n        self.size += 1",
    "def area(r):\n    result = math.pi * r**2\n    return result",
]
TALK = [
    "print(half(3))",
    "assert half(4) == 2",
    "if __name__ == '__main__':\n    half(1)",
    "result = half(3)",
    "for n in range(3):\n    shown = half(n)\n    print(shown)",
    "half(3)",
]
PROSE = [
    "Sure! Here you are:",
    "def it does what you want.",
    "",
    "import: none\n\n1. It",
]
FENCES = [
    ("```python", "```"),
    ("```", "```"),
    ("~~~py", "~~~"),
    ("````Python 3", "````"),
]
MODULES = st.lists(st.sampled_from(TALK), max_size=4).flatmap(
    lambda talk: st.permutations([*DEFINITIONS, *talk])
)


@law(
    "mechanisms: code without talk",
    pieces=MODULES,
    before=st.sampled_from(PROSE),
    after=st.sampled_from(PROSE),
    fence=st.sampled_from(FENCES),
    closed=st.booleans(),
    cut=st.integers(1, 9),
)
def test_all_the_definitions_are_kept_and_all_the_talk_is_not(
    pieces: list[str],
    before: str,
    after: str,
    fence: tuple[str, str],
    closed: bool,
    cut: int,
) -> None:
    start, end = fence
    first, second = ("\n".join(part) for part in (pieces[:cut], pieces[cut:]))
    last = f"\n{end}\n{after}" if closed else ""
    code = extract(
        f"{before}\n{start}\n{first}\n{end}\n{after}\n{start}\n{second}{last}"
    )
    assert code is not None
    assert tidy(code) == code
    wanted = [piece for piece in pieces if piece in DEFINITIONS]
    assert ast.dump(ast.parse(code)) == ast.dump(ast.parse("\n".join(wanted)))
    assert not flags(code, wanted={"half": ["x"], "area": ["r"]})


GARBAGE = st.text("defx(:)= \n`'\"\\1[@#\x00é", max_size=60)


@law("mechanisms: garbage", text=GARBAGE, truncated=st.booleans())
def test_garbage_is_flagged_and_breaks_nothing(text: str, truncated: bool) -> None:
    code = extract(text)
    found = {flag.sign for flag in flags(text, truncated=truncated, wanted={"f": []})}
    assert found
    assert (code is None) == (Sign.NO_CODE in found)
    assert (code is not None and not parses(code)) == (Sign.NO_PYTHON in found)


SOURCES = st.lists(
    st.sampled_from(
        [
            "if a < b and a != 3:\n        a += 1\n    else:\n        a = b // 2",
            "for i in range(len(b)):\n        a = max(a, b[i:a])",
            "a = max(b, b)",
            "while not a:\n        break",
            "return a - 1",
            "return sorted(b, key=len)[1:2]",
            "x: int = a % 2",
        ]
    ),
    min_size=1,
    max_size=4,
).map(lambda body: "def f(a: int, b=1):\n    '''Doc.'''\n    " + "\n    ".join(body))


@law("mechanisms: mutants", source=SOURCES, most=st.integers(0, 60))
def test_mutants_are_small_mistakes_no_two_alike(source: str, most: int) -> None:
    found = mutants(source, most)
    texts = [each.source for each in found]
    assert len({*texts, ast.unparse(ast.parse(source))}) == len(texts) + 1
    assert len(found) == min(most, len(mutants(source, 10**6)))
    for text in texts:
        tree = ast.parse(text)
        assert ast.get_docstring(tree.body[0]) == "Doc."  # type: ignore[arg-type]
        assert text.startswith("def f(a: int, b=")
    assert found == mutants(source, most)


LITERALS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


@law("mechanisms: probes", arguments=st.lists(LITERALS, max_size=3), most=COUNTS)
def test_probes_are_calls_that_no_example_has(arguments: list[Any], most: int) -> None:
    example = f"f({', '.join(map(repr, arguments))})"
    header = f"f({', '.join('abc'[: len(arguments)])})"
    found = probes(header, [f"len({example})"], most)
    assert len(set(found)) == len(found) <= most
    assert example not in found
    for each in found:
        call = ast.parse(each, mode="eval").body
        assert isinstance(call, ast.Call)
        given = [ast.literal_eval(argument) for argument in call.args]
        # One argument at a time, and each of the kind it was.
        changed = [n for n, it in enumerate(given) if repr(it) != repr(arguments[n])]
        assert len(changed) == 1
        assert type(given[changed[0]]) is type(arguments[changed[0]])


# --- room for work ---


@law(
    "mechanisms: room",
    workers=st.integers(1, 5),
    deadline=st.floats(1, 500),
    times=st.lists(st.none() | st.floats(0.1, 200), max_size=60),
)
def test_work_is_let_in_while_there_is_room(
    workers: int, deadline: float, times: list[float | None]
) -> None:
    admission = Admission(workers, deadline, service=30)
    for took in times:
        before = admission.inside
        waiting = 0.5 * (workers * deadline / admission.service - workers)
        assume(abs(waiting - round(waiting)) > 1e-6)
        answer = admission.try_admit()
        assert isinstance(answer, Full) == (before >= workers + max(0, int(waiting)))
        if isinstance(answer, Full):
            assert answer.retry_after > 0
            assert admission.inside == before
            admission.left(took)
        elif before >= workers:
            assert answer.eta <= max(deadline, 2 * admission.service)
    assert admission.inside <= len(times)


@law(
    "mechanisms: a day",
    load=st.sampled_from([0.5, 1.0, 3.0]),
    workers=st.integers(1, 6),
    seed=st.integers(0, 10**6),
)
def test_nobody_is_lost_in_a_day(load: float, workers: int, seed: int) -> None:
    door = Admission(workers, deadline=120, service=30, weight=1e-9)
    limit = door.limit
    day = simulate(door, load=load, workers=workers, jobs=200, seed=seed)
    assert day.on_time + day.late + day.refused + day.inside == 200
    assert day.most <= limit
    assert day.inside == door.inside
