"""The experiments: simulated votes and gates lie where the formulas say."""

from pathlib import Path

import pytest
from benchmarks.mediocre import tables
from benchmarks.mediocre.__main__ import made, written
from benchmarks.mediocre.judging import judged
from benchmarks.mediocre.simulating import gates, races
from benchmarks.mediocre.tape import answers

from exeunt.team.mechanisms.binomials import interval
from exeunt.team.mechanisms.gating import delivered
from exeunt.team.mechanisms.voting import chance

PAGE = Path(__file__).parents[2] / "docs/explanation/mediocre-workers.md"


@pytest.mark.parametrize("p", [0.4, 0.6, 0.75, 0.9])
@pytest.mark.parametrize("k", range(1, 7))
def test_votes_are_won_as_often_as_the_formula_says(p: float, k: int) -> None:
    low, high = interval(races(p, k, 2000)[0], 2000, 0.99)
    assert low <= chance(p, k) <= high


@pytest.mark.parametrize(
    ("p", "alpha"), [(0.2, 0), (0.2, 0.05), (0.5, 0.05), (0.5, 0.3)]
)
@pytest.mark.parametrize("most", range(1, 13))
def test_gates_deliver_as_often_as_the_formula_says(
    p: float, alpha: float, most: int
) -> None:
    low, high = interval(gates(p, alpha, most, 2000), 2000, 0.99)
    assert low <= delivered(p, alpha, most) <= high


def test_each_recorded_answer_has_its_verdict() -> None:
    tape = [(each.set, each.name, each.attempt) for each in answers()]
    assert [(each.set, each.name, each.attempt) for each in judged()] == tape
    assert len({*tape}) == len(tape) > 300


def test_the_page_has_the_tables_that_are_measured() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text, made()) == text


def test_the_page_gets_each_table_at_its_place() -> None:
    page = "a\n<!-- table: it -->\nold\n<!-- end -->\nb\n"
    new = "a\n<!-- table: it -->\n\nnew\n\n<!-- end -->\nb\n"
    assert written(page, {"it": "new"}) == new
    with pytest.raises(ValueError, match="unpack"):
        written("no place", {"it": "new"})


def test_the_team_is_right_where_one_shot_is_right_half_of_the_time() -> None:
    tasks = tables.by_task(judged(), "tasks")
    first = sum(all_[0].right for all_ in tasks.values())
    kept = [next((e for e in all_[:13] if e.accepted), None) for all_ in tasks.values()]
    right = sum(bool(each and each.right) for each in kept)
    wrong = sum(bool(each and not each.right) for each in kept)
    assert len(tasks) >= 30
    assert 0.4 <= first / len(tasks) <= 0.6
    assert right / len(tasks) >= 0.85
    assert wrong / len(tasks) <= 0.03
