"""Where the blows of a sweep fall, given a run without any."""

from collections import Counter
from collections.abc import Iterator

from .blows import Blow, Kind
from .trial import Trial

Blows = tuple[Blow, ...]


def cancellations(first: Trial) -> Iterator[Blows]:
    """Cancel the victims, or the scenario if there is none, at every moment."""
    return _everywhere("victim" if first.victims.ever else "cancel", first)


def crashes(first: Trial) -> Iterator[Blows]:
    """Crash before and after every message, and at every failpoint."""
    for turn in range(len(first.witness.begun)):
        yield (Blow("crash-before", turn),)
        yield (Blow("crash-after", turn),)
    passed: Counter[str] = Counter()
    for name in first.passed:
        yield (Blow("fail", passed[name], name),)
        passed[name] += 1


def interrupts(first: Trial) -> Iterator[Blows]:
    """Press Ctrl-C at every moment."""
    return _everywhere("interrupt", first)


def double_interrupts(first: Trial) -> Iterator[Blows]:
    """Press it at every moment, and a second time ever later."""
    for (blow,) in interrupts(first):
        yield (blow,)
        later = 1
        while not blow.idle and blow.at + later < first.run.steps:
            yield blow, Blow("interrupt", blow.at + later)
            later *= 2


def _everywhere(kind: Kind, first: Trial) -> Iterator[Blows]:
    """Deal such a blow before every step, and whenever every task waits."""
    for step in range(first.run.steps):
        yield (Blow(kind, step),)
    for moment in range(first.sight.idle_moments):
        yield (Blow(kind, moment, idle=True),)
