"""A bucket of what a provider allows each minute. Pure arithmetic, without a clock."""

from math import inf

import attrs

# Sums of floats are off by less, and no provider counts so closely.
A_TRIFLE = 1e-3


@attrs.define
class Bucket:
    """What may be taken at once, and what flows in again.

    It begins full, with a minute's worth, and is full again after an idle minute. So in
    any *s* seconds at most ``per_minute * (1 + s / 60)`` are taken out of it. What is
    reserved keeps its room until it is settled: what is given back then finds the
    bucket no fuller than if it had never been reserved.

    Args:
        per_minute: How much flows in.

    Raises:
        ValueError: *per_minute* is not positive.

    Example::

        bucket = Bucket(60)
        bucket.reserve(60, now=0)
        assert bucket.wait(10, now=0) == inf  # all of it may still come to be used
        bucket.settle(60, used=55, now=0)
        assert bucket.wait(10, now=0) == 5

    """

    per_minute: float = attrs.field(validator=attrs.validators.gt(0))
    _left: float = attrs.field(init=False)
    _reserved: float = attrs.field(default=0.0, init=False)
    _as_of: float = attrs.field(default=-inf, init=False)

    def __attrs_post_init__(self) -> None:
        self._left = self.per_minute

    def left(self, now: float) -> float:
        """Return what can be taken; less than nothing if too much was."""
        if now > self._as_of:
            flown = self._left + (now - self._as_of) * self.per_minute / 60
            self._left = min(flown, self.per_minute - self._reserved)
            self._as_of = now
        return self._left

    def wait(self, amount: float, now: float) -> float:
        """Return in how many seconds *amount* is there if nothing else is taken.

        Infinite, if something has to be settled first. An amount that never fits in is
        there when the bucket is full.
        """
        amount = min(amount, self.per_minute)
        missing = amount - self.left(now)
        if missing <= A_TRIFLE:
            return 0.0
        if amount > self.per_minute - self._reserved + A_TRIFLE:
            return inf
        return missing * 60 / self.per_minute

    def reserve(self, amount: float, now: float) -> None:
        """Take *amount*, of which some may be given back."""
        self._left = self.left(now) - amount
        self._reserved += amount

    def settle(self, reserved: float, *, used: float, now: float) -> None:
        """End a reservation, of which so much was used."""
        self._left = self.left(now) + reserved - used
        self._reserved -= reserved
