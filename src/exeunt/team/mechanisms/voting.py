"""First to be ahead by k: how a majority of mediocre workers becomes a good one.

The race is the one of "Solving a Million-Step LLM Task with Zero Errors" (MAKER, arXiv
2511.09030): votes are drawn until one choice is k ahead of every other. With one wrong
choice it is the gambler's ruin (Feller, vol. I, XIV.2), which the formulas come from.
Several wrong choices share the wrong votes, so the chance is then a lower bound.

A vote amplifies what is said most often, true or not. So it is worth nothing before
`may_vote` has seen, on tasks with known answers, that most often means right.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from math import ceil, exp, expm1, inf, log, tanh
from typing import Generic, TypeVar

import attrs

from .binomials import at_least

Choice = TypeVar("Choice", bound=Hashable)


@attrs.define
class Race(Generic[Choice]):
    """Counts votes until one choice is *k* ahead of every other.

    Votes that come when it is decided change nothing: with several workers at once,
    some are always under way then.

    Args:
        k: how many votes ahead, 1 or more.

    Raises:
        ValueError: *k* is less than 1.

    Example::

        from exeunt.team.mechanisms.voting import Race

        race = Race(k=2)
        for answer in ("yes", "no", "yes", "yes"):
            race.vote(answer)
        assert race.winner == "yes"
    """

    k: int = attrs.field(validator=attrs.validators.ge(1))
    winner: Choice | None = attrs.field(default=None, init=False)
    _votes: Counter[Choice] = attrs.field(factory=Counter[Choice], init=False)

    def vote(self, choice: Choice) -> None:
        """Count one vote."""
        if self.winner is not None:
            return
        self._votes[choice] += 1
        if self.lead >= self.k:
            self.winner = self._votes.most_common(1)[0][0]

    @property
    def votes(self) -> int:
        """How many votes it took so far, or took until it was decided."""
        return self._votes.total()

    @property
    def lead(self) -> int:
        """How many votes the first choice is ahead of the second."""
        first, second, *_ = *(n for _, n in self._votes.most_common(2)), 0, 0
        return first - second


def chance(p: float, k: int) -> float:
    """Return how likely the right choice wins a race to be ahead by *k*.

    Args:
        p: how likely a vote is right, if there is one wrong choice.
        k: how many votes ahead wins.

    Returns:
        ``1 / (1 + ((1 - p) / p) ** k)``.

    Example::

        from exeunt.team.mechanisms.voting import chance

        assert round(chance(p=0.9, k=3), 3) == 0.999
    """
    # Written so that neither the power nor the quotient can overflow.
    return 1 / (1 + exp(min(-k * _log_odds(p), 700)))


def expected_votes(p: float, k: int) -> float:
    """Return how many votes a race to be ahead by *k* takes in the mean.

    Returns:
        ``k * (2 * chance(p, k) - 1) / (2 * p - 1)``, and its limit ``k * k`` where
        both choices are equally likely.

    Example::

        from exeunt.team.mechanisms.voting import expected_votes

        assert round(expected_votes(p=0.75, k=3), 1) == 5.6
    """
    odds = _log_odds(p)
    # 2P - 1 and 2p - 1 as hyperbolic tangents keep their digits near one half.
    return k * tanh(k * odds / 2) / tanh(odds / 2) if odds else float(k * k)


def needed_lead(p: float, steps: int, target: float = 0.95) -> int:
    """Return the least *k* with which a whole of many steps is right often enough.

    Args:
        p: how likely a vote is right, more than one half.
        steps: how many races have to be won, all of them.
        target: how likely the whole has to be right.

    Returns:
        ``ceil(log(target ** (-1 / steps) - 1) / log((1 - p) / p))``, at least 1.

    Raises:
        ValueError: *p* is not above one half, so that no *k* is enough; or *target* is
            not between 0 and 1.

    Example::

        from exeunt.team.mechanisms.voting import needed_lead

        assert needed_lead(p=0.9, steps=1_000) == 5
    """
    if not p > 0.5:
        raise ValueError(
            f"a vote that is right with {p} is not made right by more votes"
        )
    if not 0 < target < 1:
        raise ValueError(f"target is a share between 0 and 1, not {target}")
    missing = log(expm1(-log(target) / steps))
    return max(1, ceil(-missing / _log_odds(p)))


def tally(answers: Iterable[Hashable], truth: Hashable) -> tuple[int, int]:
    """Count the right answers to one task, and those of the commonest wrong one.

    Example::

        from exeunt.team.mechanisms.voting import tally

        assert tally([4, 5, 4, 3, 5, 5], truth=4) == (2, 3)
    """
    counts = Counter(answers)
    right = counts.pop(truth, 0)
    return right, max(counts.values(), default=0)


def may_vote(right: int, runner_up: int, confidence: float = 0.95) -> bool:
    """Return whether the right answer has been seen to be the commonest one.

    It is the sign test, of the right answers against the commonest wrong ones: were
    both equally likely, so many right ones would be rarer than ``1 - confidence``. The
    commonest wrong answer is known only afterwards, which makes the test stricter.

    Args:
        right: right answers to tasks of one kind; sum up what `tally` counts for each.
        runner_up: answers that were the commonest wrong one.
        confidence: how sure it has to be.

    Example::

        from exeunt.team.mechanisms.voting import may_vote

        assert may_vote(right=16, runner_up=5)
        assert not may_vote(right=3, runner_up=0)  # it could be luck
    """
    return at_least(right, right + runner_up, 0.5) <= 1 - confidence


def _log_odds(p: float) -> float:
    """Return by how much right is likelier than wrong, as a logarithm."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a chance from 0 to 1, not {p}")
    if p in (0, 1):
        return inf if p else -inf
    return log(p / (1 - p))
