"""Chances of counts, without any library: tails, and intervals for an unknown chance.

All counts are whole numbers, so the incomplete beta function is a binomial sum,
``I_x(a, b) = P(Bin(a + b - 1, x) >= a)`` (Abramowitz & Stegun 26.5.7), and its inverse
is found by halving.
"""

from collections.abc import Callable
from math import exp, fsum, lgamma, log


def at_most(count: int, tries: int, chance: float) -> float:
    """Return how likely *count* successes or fewer are in so many tries."""
    if count >= tries:
        return 1.0
    if not 0 < chance < 1:
        return float(chance == 0 and count >= 0)
    return min(1.0, fsum(exactly(n, tries, chance) for n in range(count + 1)))


def at_least(count: int, tries: int, chance: float) -> float:
    """Return how likely *count* successes or more are in so many tries."""
    return at_most(tries - count, tries, 1 - chance)


def exactly(count: int, tries: int, chance: float) -> float:
    """Return how likely just *count* successes are, for a chance within 0 and 1."""
    ways = lgamma(tries + 1) - lgamma(count + 1) - lgamma(tries - count + 1)
    return exp(ways + count * log(chance) + (tries - count) * log(1 - chance))


def interval(
    successes: int, tries: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Return between which bounds the chance lies that so many successes speak of.

    It is the exact interval of Clopper and Pearson (Biometrika 26, 1934): in at least
    *confidence* of all cases the true chance is in it, however few the tries.

    Raises:
        ValueError: there are more successes than tries, or *confidence* is no share.

    Example::

        from exeunt.team.mechanisms.binomials import interval

        low, high = interval(successes=29, tries=33)
        assert (round(low, 2), round(high, 2)) == (0.72, 0.97)
    """
    if not 0 <= successes <= tries:
        raise ValueError(f"{successes} of {tries} tries cannot have succeeded")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is a share between 0 and 1, not {confidence}")
    rest = (1 - confidence) / 2
    low, high = 0.0, 1.0
    if successes > 0:
        low = crossing(lambda chance: at_least(successes, tries, chance), rest)
    if successes < tries:
        high = crossing(lambda chance: 1 - at_most(successes, tries, chance), 1 - rest)
    return low, high


def crossing(rises: Callable[[float], float], level: float) -> float:
    """Return where a function that rises from 0 to 1 on [0, 1] passes a level."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if rises(middle) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2
