"""The tables of the page "Mediocre workers, good team", as Markdown."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from exeunt.team.mechanisms.admission import Admission
from exeunt.team.mechanisms.binomials import interval
from exeunt.team.mechanisms.clusters import cluster
from exeunt.team.mechanisms.gating import trust
from exeunt.team.mechanisms.overload import (
    Constant,
    Doorkeeper,
    exponential,
    simulate,
)
from exeunt.team.mechanisms.stopping import patience
from exeunt.team.mechanisms.voting import chance, expected_votes

from .judging import Judged
from .simulating import races

Row = Sequence[object]


def table(head: Row, rows: Iterable[Row]) -> str:
    """Write a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def share(successes: int, tries: int) -> str:
    """Write a share with the bounds between which its true value is likely to lie."""
    if not tries:
        return "-"
    low, high = interval(successes, tries)
    return f"{successes}/{tries} = {successes / tries:.2f} ({low:.2f} to {high:.2f})"


def by_task(verdicts: Iterable[Judged], which: str) -> dict[str, list[Judged]]:
    """Group the verdicts of a set by task, the first attempt first."""
    tasks: dict[str, list[Judged]] = defaultdict(list)
    for each in verdicts:
        if each.set == which:
            tasks[each.name].append(each)
    return {n: sorted(all_, key=lambda each: each.attempt) for n, all_ in tasks.items()}


def team(verdicts: Sequence[Judged]) -> str:
    """Compare one shot with what the gate takes of several."""
    rows: list[Row] = []
    for which in ("tasks", "hard"):
        tasks = by_task(verdicts, which)
        if not tasks:
            continue
        first = sum(all_[0].right for all_ in tasks.values())
        rows.append([which, "one shot", share(first, len(tasks)), "-", "-"])
        recorded = max(len(all_) for all_ in tasks.values())
        most = min(recorded, patience())
        rows += [_gated(which, n, tasks) for n in sorted({1, 2, 4, most})]
    return table(
        ["set", "mechanism", "accepted and right", "accepted and wrong", "to a human"],
        rows,
    )


def _gated(which: str, most: int, tasks: dict[str, list[Judged]]) -> Row:
    taken = [
        next((each for each in all_[:most] if each.accepted), None)
        for all_ in tasks.values()
    ]
    right = sum(each is not None and each.right for each in taken)
    wrong = sum(each is not None and not each.right for each in taken)
    label = f"first of {most} to pass the gate"
    cells = [share(count, len(tasks)) for count in (right, wrong, taken.count(None))]
    return [which, label, *cells]


def selection(verdicts: Sequence[Judged], drafts: int = 4) -> str:
    """Compare ways of choosing among the same drafts."""
    rows: list[Row] = []
    for which in ("tasks", "hard"):
        full = {
            name: all_[:drafts]
            for name, all_ in by_task(verdicts, which).items()
            if len(all_) >= drafts
        }
        if not full:
            continue
        for label, choose in _CHOICES.items():
            taken = [choose(all_) for all_ in full.values()]
            right = sum(each is not None and each.right for each in taken)
            wrong = sum(each is not None and not each.right for each in taken)
            rows.append(
                [which, label, share(right, len(full)), share(wrong, len(full))]
            )
    return table(["set", "chosen by", "right", "wrong"], rows)


def _first(all_: Sequence[Judged]) -> Judged | None:
    return all_[0]


def _gate(all_: Sequence[Judged]) -> Judged | None:
    return next((each for each in all_ if each.accepted), None)


def _vote(all_: Sequence[Judged], ahead: int = 1) -> Judged | None:
    sound = {each.attempt: each for each in all_ if not each.flagged}
    winner = cluster({n: (each.behaviour,) for n, each in sound.items()}).winner(ahead)
    return sound[winner.members[0]] if winner else None


def _gate_and_vote(all_: Sequence[Judged]) -> Judged | None:
    return _vote([each for each in all_ if each.accepted], 2)


_CHOICES = {
    "nobody: the first draft": _first,
    "the gate": _gate,
    "a vote of behaviours, ahead by 1": _vote,
    "a vote of behaviours, ahead by 2": lambda all_: _vote(all_, 2),
    "the gate, and two that agree": _gate_and_vote,
}


def repair(verdicts: Sequence[Judged], rounds: int = 3) -> str:
    """Compare repairing a first draft that failed with drawing anew."""
    anew = by_task(verdicts, "tasks")
    mended = by_task(verdicts, "tasks repaired")
    failed = [name for name, all_ in anew.items() if not all_[0].accepted]
    rows: list[Row] = []
    for most in range(1, rounds + 1):
        counts = [
            sum(
                any(
                    each.accepted and each.right
                    for each in tries[name]
                    if 1 <= each.attempt <= most
                )
                for name in failed
            )
            for tries in (mended, anew)
        ]
        rows.append([most, *(share(count, len(failed)) for count in counts)])
    return table(["more tries", "repaired", "drawn anew"], rows)


def drawn(verdicts: Sequence[Judged]) -> list[Judged]:
    """Leave out what was repaired."""
    return [each for each in verdicts if not each.set.endswith("repaired")]


def red_flags(verdicts: Sequence[Judged]) -> str:
    """Compare what was flagged, had it been run all the same, with what was not."""
    rows: list[Row] = []
    for label, flagged in (("kept", False), ("thrown away", True)):
        some = [each for each in drawn(verdicts) if bool(each.flagged) is flagged]
        rows.append([label, len(some), share(sum(e.right for e in some), len(some))])
    return table(["drafts", "how many", "right"], rows)


def leakage(verdicts: Sequence[Judged]) -> str:
    """Compare gates of few and of many examples with the formula."""
    sound = [each for each in drawn(verdicts) if not each.flagged]
    rows: list[Row] = []
    for size in (0, 1, 2, 3, 5, None):
        passed = [
            e for e in sound if e.examples >= (e.wanted if size is None else size)
        ]
        wrong = [each for each in sound if not each.right]
        leaked = sum(not each.right for each in passed)
        right = len(passed) - leaked
        p = sum(each.right for each in sound) / len(sound)
        alpha = leaked / len(wrong)
        formula = f"{trust(p, alpha):.2f}"
        label = "all" if size is None else size
        rows.append(
            [label, share(leaked, len(wrong)), share(right, len(passed)), formula]
        )
    head = ["examples", "wrong drafts that pass", "right of those that pass", "formula"]
    return table(head, rows)


def votes(many: int = 2000) -> str:
    """Hold simulated races against the formulas."""
    rows: list[Row] = []
    for p in (0.6, 0.75, 0.9):
        for k in (1, 2, 3, 4):
            won, cast = races(p, k, many)
            low, high = interval(won, many, 0.99)
            inside = "yes" if low <= chance(p, k) <= high else "NO"
            formula, mean = chance(p, k), expected_votes(p, k)
            rows.append(
                [
                    *(p, k, f"{won / many:.3f}", f"{formula:.3f}", inside),
                    *(f"{cast / many:.1f}", f"{mean:.1f}"),
                ]
            )
    head = ["p", "k", "won", "formula", "inside 99 %", "votes", "formula"]
    return table(head, rows)


DOORS: dict[str, Callable[[], Doorkeeper]] = {
    "Little's law, learned": lambda: Admission(workers=4, deadline=120, service=30),
    "room for 8": lambda: Constant(8),
    "room for 32": lambda: Constant(32),
    "no bound": Constant,
}


def goodput(door: Callable[[], Doorkeeper], load: float) -> float:
    """Say what share of what could be done in time is, at a load."""
    return simulate(door(), load=load, draw=exponential).goodput


def admission() -> str:
    """Compare Little's law with constants, under load."""
    rows: list[Row] = [
        [label, *(f"{goodput(door, load):.2f}" for load in (0.8, 1.5, 3))]
        for label, door in DOORS.items()
    ]
    return table(["door", "load 0.8", "load 1.5", "load 3"], rows)


TABLES = {
    "team": team,
    "selection": selection,
    "repair": repair,
    "red flags": red_flags,
    "leakage": leakage,
}
"""Those that are made of recorded answers."""
