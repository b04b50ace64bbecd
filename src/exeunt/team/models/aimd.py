"""How many calls a provider bears at once. Pure arithmetic.

As TCP finds out how much a line bears: additive increase, multiplicative decrease.
"""

from math import inf

import attrs

# How many rounds of calls go well where one more was too much before that is tried
# again. Each trial costs up to half of a round, so this one in eleven costs 5 %.
PATIENCE = 10


@attrs.define
class Width:
    """How many calls there may be at once.

    When the provider says that it is too many, half as many are allowed, but always
    one. Successes widen it again: by one each, up to where it was too much the last
    time; there, after `PATIENCE` rounds, by one; and beyond that by one each round.

    Args:
        most: What it begins with and never exceeds.

    Raises:
        ValueError: *most* is less than 1.

    Example::

        width = Width(8)
        width.busy(since=width.halvings, running=8)
        assert width.calls == 4
        width.succeeded(running=7)
        assert width.calls == 5

    """

    most: int = attrs.field(validator=attrs.validators.ge(1))
    halvings: int = attrs.field(default=0, init=False)
    _limit: float = attrs.field(init=False)
    _borne: float = attrs.field(default=inf, init=False)

    def __attrs_post_init__(self) -> None:
        self._limit = self.most

    @property
    def calls(self) -> int:
        """How many."""
        return int(self._limit)

    def busy(self, *, since: int, running: int) -> None:
        """Allow half as many, unless that was done after this call began.

        Args:
            since: What *halvings* was when the call began.
            running: How many calls there were at once, with this one.

        """
        self._borne = max(1, running - 1)
        if since == self.halvings:
            self._limit = max(1.0, self._limit / 2)
            self.halvings += 1

    def succeeded(self, *, running: int) -> None:
        """Allow more, if what is allowed was needed.

        Args:
            running: How many calls there were at once, with this one.

        """
        if running < self.calls:
            return
        if self._limit < self._borne:
            wider = min(self._limit + 1, self._borne)
        elif self._limit < self._borne + 1:
            wider = self._limit + 1 / (self._limit * PATIENCE)
        else:
            wider = self._limit + 1 / self._limit
        self._limit = min(wider, self.most)
