"""What an agent is started with, checked where it is given."""

import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from .mailbox import Mailbox
from .overflow import OVERFLOWS, KeyOf

if TYPE_CHECKING:
    from .life import Life


@attrs.define
class Setting:
    """The name, the mailbox and the goodbye of an agent."""

    name: str | None = None
    capacity: int = 32
    cleanup: float = 5.0
    overflow: Any = "wait"
    key: KeyOf | None = None
    mailbox: Callable[[], Mailbox] | None = None  # if it is not one of its own
    pool: "Life | None" = None  # for which it works

    def check(self) -> None:
        """Complain about what is of the wrong kind or out of range."""
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"the name of an agent is a str, not {self.name!r}")
        _check_capacity(self.capacity)
        check_seconds("cleanup", self.cleanup)
        if self.overflow != "wait" or self.key is not None:
            self._check_overflow()

    def _check_overflow(self) -> None:
        if self.overflow not in OVERFLOWS:
            raise ValueError(
                f"overflow is one of {', '.join(map(repr, OVERFLOWS))}, "
                f"not {self.overflow!r}"
            )
        if self.overflow != "wait" and self.capacity == 0:
            raise ValueError(
                f"overflow={self.overflow!r} needs a capacity of 1 or more: "
                "where there is never room, nothing would ever be accepted"
            )
        if self.overflow == "latest" and (
            not callable(self.key) or inspect.iscoroutinefunction(self.key)
        ):
            raise TypeError(
                "overflow='latest' needs key=, a function that returns the key of a "
                f"message at once, not {self.key!r}"
            )
        if self.overflow != "latest" and self.key is not None:
            raise TypeError(
                f"key= goes with overflow='latest', not with {self.overflow!r}"
            )


def name_of(factory: Callable[..., object]) -> str:
    """Return what an agent is called that nobody has given a name."""
    maker: object = getattr(factory, "func", factory)  # what is in a partial
    return str(getattr(maker, "__name__", type(maker).__name__))


def check_factory(factory: object) -> None:
    """Complain about what cannot make agents."""
    if not callable(factory):
        raise TypeError(
            f"the factory {factory!r} is not callable: "
            "give an Agent's class, or a function that returns a new Agent"
        )


def check_number(what: str, seconds: object) -> float:
    """Return *seconds*, or complain that they are no number."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"{what} is a number of seconds, not {seconds!r}")
    return seconds


def check_seconds(what: str, seconds: object) -> None:
    """Complain about what is no length of time that ends."""
    if not 0 <= check_number(what, seconds) <= sys.float_info.max:
        raise ValueError(
            f"{what} is a finite number of seconds, 0 or more, not {seconds}: "
            "nothing may shield itself from cancellation for ever"
        )


def _check_capacity(capacity: object) -> None:
    if not isinstance(capacity, int) or isinstance(capacity, bool):
        raise TypeError(f"capacity is a number of messages, an int, not {capacity!r}")
    if capacity < 0:
        raise ValueError(f"capacity is 0 or more messages, not {capacity}")
