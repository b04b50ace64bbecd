"""Who is asked next: the one whose success is the cheapest to come by.

A worker that takes *price* a try and succeeds with *chance* takes ``price / chance``
until it succeeds. A larger model is worth it when that is less, and not before.
"""

from collections.abc import Iterable
from math import inf

import attrs


@attrs.frozen
class Offer:
    """A worker, what a try of it costs, and how likely it succeeds.

    Args:
        worker: who it is.
        price: what one try costs, in whatever unit all the prices are in.
        chance: how likely a try succeeds, best as `stopping.Posterior` has its mean.
    """

    worker: str
    price: float = attrs.field(validator=attrs.validators.ge(0))
    chance: float = attrs.field(
        validator=[attrs.validators.ge(0), attrs.validators.le(1)]
    )

    @property
    def price_of_success(self) -> float:
        """What it costs in the mean until a try succeeds; infinite if none does."""
        return self.price / self.chance if self.chance else inf


def cheapest(offers: Iterable[Offer]) -> Offer:
    """Return whose success costs least; of two that cost the same, the first.

    Raises:
        ValueError: there are no offers.
    """
    return min(offers, key=lambda offer: offer.price_of_success)


def escalate(small: Offer, large: Offer) -> bool:
    """Return whether the larger worker's success is cheaper than the smaller's.

    Example::

        from exeunt.team.mechanisms.pricing import Offer, escalate
        from exeunt.team.mechanisms.stopping import Posterior

        after = Posterior(successes=0, failures=3)
        small, large = Offer("0.5B", 1, after.mean), Offer("1.5B", 3, 0.7)
        assert escalate(small, large)
    """
    return small.price_of_success > large.price_of_success
