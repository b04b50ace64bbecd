"""When it is enough: what a row of failures says of the chance that is left.

Before the first try every chance of success is taken to be as likely as any other, so
after some tries it is Beta distributed (Bayes, 1763). With whole numbers its tails are
binomial sums, and after nothing but failures they are a single power.
"""

from math import ceil, log

import attrs

from .binomials import at_most, crossing


@attrs.frozen
class Posterior:
    """What is known of a worker's chance of success after some tries.

    Args:
        successes: how many tries have succeeded.
        failures: how many have not.

    Example::

        from exeunt.team.mechanisms.stopping import Posterior

        after = Posterior(successes=0, failures=13)
        assert round(after.mean, 2) == 0.07
        assert round(after.above(0.2), 3) == 0.044
    """

    successes: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    failures: int = attrs.field(default=0, validator=attrs.validators.ge(0))

    @property
    def mean(self) -> float:
        """How likely the next try succeeds: Laplace's rule of succession."""
        return (self.successes + 1) / (self.successes + self.failures + 2)

    def above(self, chance: float) -> float:
        """Return how likely the chance of success is above *chance*.

        After failures only, it is ``(1 - chance) ** (failures + 1)``.
        """
        tries = self.successes + self.failures + 1
        return at_most(self.successes, tries, chance)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the bounds between which the chance lies with this confidence.

        What lies outside is as likely below them as above.
        """
        rest = (1 - confidence) / 2
        low = crossing(lambda chance: 1 - self.above(chance), rest)
        return low, crossing(lambda chance: 1 - self.above(chance), 1 - rest)


def give_up(
    successes: int, failures: int, p_min: float = 0.2, delta: float = 0.05
) -> bool:
    """Return whether it is unlikely that going on is worth its price.

    Args:
        successes: how many tries have succeeded.
        failures: how many have not.
        p_min: the chance of success below which trying is not worth it.
        delta: how likely it may be to be wrong in giving up.

    Example::

        from exeunt.team.mechanisms.stopping import give_up

        assert not give_up(successes=0, failures=12)
        assert give_up(successes=0, failures=13)
    """
    return Posterior(successes, failures).above(p_min) < delta


def patience(p_min: float = 0.2, delta: float = 0.05) -> int:
    """Return after how many failures in a row `give_up` gives up.

    Raises:
        ValueError: *p_min* or *delta* is not between 0 and 1.

    Example::

        from exeunt.team.mechanisms.stopping import patience

        assert patience(p_min=0.1) == 28
    """
    if not (0 < p_min < 1 and 0 < delta < 1):
        raise ValueError(f"p_min ({p_min}) and delta ({delta}) are between 0 and 1")
    guess = max(0, ceil(log(delta) / log(1 - p_min)) - 2)
    while not give_up(0, guess, p_min, delta):
        guess += 1
    return guess
