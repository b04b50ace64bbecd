"""When a crashed agent is started again, and when it is enough. Pure arithmetic.

The words are Erlang/OTP's. What differs is said where it does.
"""

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from math import inf
from random import random

import attrs


class Strategy(StrEnum):
    """Who is started again when one agent has crashed."""

    ONE_FOR_ONE = "one_for_one"
    """The one that crashed."""
    ONE_FOR_ALL = "one_for_all"
    """All the agents of the supervisor."""
    REST_FOR_ONE = "rest_for_one"
    """The one that crashed and those that use it, directly or not."""


class Restart(StrEnum):
    """After which end an agent is started again."""

    PERMANENT = "permanent"
    """After every end, except its supervisor's own."""
    TRANSIENT = "transient"
    """After a crash."""
    TEMPORARY = "temporary"
    """Never: a crash is an error."""


def _number_of_seconds(
    _: object, field: "attrs.Attribute[float]", value: object
) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{field.name} is a number of seconds, not {value!r}")
    if not 0 <= value < inf:
        raise ValueError(
            f"{field.name} is a finite number of seconds, 0 or more, not {value}"
        )


@attrs.frozen
class Backoff:
    """How long to wait before a crashed agent is started again.

    The wait doubles from *first* to *most* with each crash, and is shortened by
    chance, so that what crashed together does not come back together. An agent that
    lived for longer than *most* seconds before it crashed begins with *first* again.

    Args:
        first: seconds before the first restart; 0.1 if not given.
        most: seconds that no wait exceeds; 30 if not given.
        jitter: which share of each wait is left to chance, from 0 to 1; half of it if
            not given.
        chance: draws a number from 0 to 1; give your own to have the same run twice.

    Raises:
        TypeError: an argument is no number.
        ValueError: an argument is out of range, or *most* is less than *first*.

    Example::

        patient = Backoff(first=0.1, most=30, jitter=0.5)
        assert patient.delay(crashes=3, chance=0.0) == 0.4
    """

    first: float = attrs.field(default=0.1, validator=_number_of_seconds)
    most: float = attrs.field(default=30.0, validator=_number_of_seconds)
    jitter: float = attrs.field(default=0.5)
    chance: Callable[[], float] = attrs.field(default=random, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.most < self.first:
            raise ValueError(f"most ({self.most}) is less than first ({self.first})")
        if not isinstance(self.jitter, (int, float)):
            raise TypeError(f"jitter is a number, not {self.jitter!r}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter is a share, from 0 to 1, not {self.jitter}")

    def delay(self, crashes: int, chance: float) -> float:
        """Return how many seconds to wait after this many crashes in a row.

        With a jitter of 1 it is the "full jitter" and with 0.5 the "equal jitter" of
        Marc Brooker's "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).

        Args:
            crashes: how many times in a row the agent has crashed, from 1 on.
            chance: a number from 0 to 1, drawn at random.

        Returns:
            ``min(most, first * 2 ** (crashes - 1)) * (1 - jitter * chance)``.

        Raises:
            ValueError: *chance* is out of range.
        """
        if not 0 <= chance <= 1:
            raise ValueError(f"chance is a number from 0 to 1, not {chance}")
        # Beyond 2 ** 1023 a float is infinite, and there most is the answer anyway.
        doubled = self.first * 2.0 ** min(crashes - 1, 1023)
        return min(self.most, doubled) * (1 - self.jitter * chance)


@attrs.define
class Budget:
    """How many restarts a supervisor has left; OTP calls it the restart intensity."""

    max_restarts: int
    within: float  # seconds
    _spent: deque[tuple[float, BaseException]] = attrs.field(
        factory=deque[tuple[float, BaseException]], init=False
    )

    def spend(self, now: float, failure: BaseException) -> bool:
        """Note a failure; return whether one more restart is within the limit.

        At most ``max_restarts`` in any ``within`` seconds: of two restarts that are
        exactly so far apart, the older counts no longer.
        """
        while self._spent and self._spent[0][0] <= now - self.within:
            self._spent.popleft()
        if len(self._spent) >= self.max_restarts:
            return False
        self._spent.append((now, failure))
        return True

    @property
    def failures(self) -> list[BaseException]:
        """The failures that count, the first one first."""
        return [failure for _, failure in self._spent]
