"""How far a test can be trusted that some wrong candidates pass.

A gate lets every right candidate through, and a wrong one with the chance *alpha*, its
leakage. What it accepts is right with ``p / (p + (1 - p) * alpha)`` (Bayes' theorem),
however often one tries. So *alpha*, and not *p*, decides about a whole of many modules.
"""

from math import ceil, log

import attrs

from .binomials import interval


def trust(p: float, alpha: float) -> float:
    """Return how likely an accepted candidate is right.

    Args:
        p: how likely a candidate is right.
        alpha: how likely a wrong one is accepted.

    Raises:
        ZeroDivisionError: neither right nor wrong ones are ever accepted.

    Example::

        from exeunt.team.mechanisms.gating import trust

        assert round(trust(p=0.53, alpha=0.05), 3) == 0.958
    """
    return p / accepted(p, alpha)


def tries(p: float, alpha: float) -> float:
    """Return how many candidates it takes in the mean until one is accepted.

    Raises:
        ZeroDivisionError: neither right nor wrong ones are ever accepted.
    """
    return 1 / accepted(p, alpha)


def accepted(p: float, alpha: float) -> float:
    """Return how likely a candidate is accepted, right or wrong."""
    return p + (1 - p) * alpha


def delivered(p: float, alpha: float, most: int) -> float:
    """Return how likely at most so many candidates bring one accepted that is right."""
    return trust(p, alpha) * (1 - (1 - accepted(p, alpha)) ** most)


def whole(p: float, alpha: float, modules: int) -> float:
    """Return how likely a whole is right of which each module was accepted.

    Example::

        from exeunt.team.mechanisms.gating import whole

        assert round(whole(p=0.53, alpha=0.01, modules=10), 2) == 0.92
        assert round(whole(p=0.53, alpha=0.88, modules=10), 3) == 0.003
    """
    return trust(p, alpha) ** modules


@attrs.frozen
class Leakage:
    """What is known of a gate's leakage, from wrong candidates that were held to it.

    Mutants of an accepted candidate will do for wrong ones. Those that do the same as
    before pass every gate, so the estimate is too high rather than too low.

    Args:
        passed: how many of them it let through.
        tried: how many they were.

    Example::

        from exeunt.team.mechanisms.gating import Leakage

        leakage = Leakage(passed=3, tried=33)
        assert round(leakage.estimate, 2) == 0.09
        assert round(leakage.interval()[1], 2) == 0.24
    """

    passed: int
    tried: int

    @property
    def estimate(self) -> float:
        """The share that passed; 1 if none was tried, since nobody knows better."""
        return self.passed / self.tried if self.tried else 1.0

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the bounds between which alpha lies with this confidence, exactly."""
        return interval(self.passed, self.tried, confidence)


def examples_needed(caught: float, bound: float) -> int:
    """Return how many examples hold the leakage at a bound or below it.

    Args:
        caught: how likely one example shows that a wrong candidate is wrong; taken to
            be the same for each example, whatever the others show.
        bound: the leakage that is wanted.

    Returns:
        The least n with ``(1 - caught) ** n <= bound``.

    Raises:
        ValueError: *caught* or *bound* is not between 0 and 1.

    Example::

        from exeunt.team.mechanisms.gating import examples_needed

        assert examples_needed(caught=0.5, bound=0.02) == 6
    """
    if not (0 < caught < 1 and 0 < bound < 1):
        raise ValueError(f"caught ({caught}) and bound ({bound}) are between 0 and 1")
    # One less than the quotient asks for, and then up: it may be off by a last digit.
    needed = max(1, ceil(log(bound) / log(1 - caught)) - 1)
    while (1 - caught) ** needed > bound:
        needed += 1
    return needed


def mutants_needed(bound: float, confidence: float = 0.95) -> int:
    """Return how many wrong candidates, all caught, show the leakage to be below.

    They would all be caught with ``(1 - bound) ** n``, were it not; see the "rule of
    three" (Hanley and Lippman-Hand, JAMA 249, 1983).

    Example::

        from exeunt.team.mechanisms.gating import mutants_needed

        assert mutants_needed(bound=0.02) == 149
    """
    return examples_needed(caught=bound, bound=1 - confidence)
