"""What a test expects, and what it is told when something else comes."""

from collections.abc import Callable
from typing import Any

import attrs

from ..._core.handle import Handle
from ..._core.inside import life_of
from ..._model.lifecycle import Reason
from ..._model.outcome import Ledger, Outcome
from ..._model.request import Request
from ..._model.words import shown


class Unexpected(AssertionError):
    """Something else came than a test expected; the text says what, and all before.

    The agent under test is to blame, or the test.
    """


@attrs.frozen
class Arrival:
    """A message that has come to a probe."""

    message: Any
    asked: bool

    def __str__(self) -> str:
        return f"{'asked' if self.asked else 'sent '}  {shown(self.message)}"


@attrs.define(eq=False)
class Arrivals:
    """All that has come to a probe, and how much of it a test has taken."""

    all: list[Arrival] = attrs.field(factory=list[Arrival])
    taken: int = 0

    @property
    def next(self) -> Arrival | None:
        """What comes next, if it is there."""
        return self.all[self.taken] if self.taken < len(self.all) else None

    def __str__(self) -> str:
        if not self.all:
            return "Nothing has arrived."
        lines = [
            f"  {number}  {arrival}{'' if number < self.taken else '  (new)'}"
            for number, arrival in enumerate(self.all)
        ]
        return "\n".join(("All that has arrived:", *lines))


@attrs.define(eq=False)
class Answers:
    """How which requests are answered. What was said last counts."""

    _ways: dict[type, Callable[[Any], object]] = attrs.field(
        factory=dict[type, Callable[[Any], object]]
    )

    def say(self, kind: type, answer: Callable[[Any], object]) -> None:
        """Have requests of this kind answered by *answer*."""
        self._ways.pop(kind, None)
        self._ways[kind] = answer

    def to(self, request: object) -> Callable[[Any], object] | None:
        """Return what answers *request*, if anything does."""
        for kind in reversed(self._ways):
            if isinstance(request, kind):
                return self._ways[kind]
        return None


async def expect_closed(
    handle: Handle[Any],
    *,
    reason: Reason | None = None,
    ledger: Ledger | None = None,
) -> Outcome:
    """Wait until an agent has left, as it should, with an account that adds up.

    Always a checkpoint.

    Args:
        handle: the agent.
        reason: why it should have left; if not given, it is not looked at.
        ledger: what should have become of its messages; if not given, only whether
            each that was accepted has met its fate is looked at.

    Returns:
        How it has left.

    Raises:
        Unexpected: it has left otherwise.
        TypeError: *handle* is no `Handle`.
        WrongRun: called from another thread or another Trio run.

    Example::

        service.stop()
        await expect_closed(service, reason=Reason.STOPPED, ledger=Ledger())
    """
    __tracebackhide__ = True  # pytest need not show this
    life_of(handle, "what is expected to close")
    outcome = await handle.wait_closed()
    name = f"agent {handle.name!r}"
    if reason is not None and outcome.reason is not reason:
        raise Unexpected(f"{name} should have been {reason}, but: {outcome}")
    if ledger is not None and outcome.ledger != ledger:
        raise Unexpected(f"{name} should have had {ledger}; but: {outcome}")
    if outcome.ledger.settled != outcome.ledger.accepted:
        raise Unexpected(f"the account of {name} does not add up: {outcome}")
    return outcome


def check_kind(kind: object) -> None:
    """Complain about what is no class of requests."""
    __tracebackhide__ = True  # pytest need not show this
    if not isinstance(kind, type) or not issubclass(kind, Request):
        raise TypeError(f"when takes a class of requests, not {kind!r}")


def check_message(request: object) -> None:
    """Complain about a class where one of its messages is meant."""
    __tracebackhide__ = True  # pytest need not show this
    if isinstance(request, type):
        raise TypeError(
            "reply_to takes the request that expect() returned, not a class: "
            f"{request.__name__}"
        )


def called(what: object) -> str:
    """Return what a failure calls that which was expected."""
    if what is object:
        return "a message"
    name = str(getattr(what, "__qualname__", what))
    return f"a {name}" if isinstance(what, type) else f"one that {name} accepts"


def is_right(what: Any, message: object, who: object) -> bool:
    """Return whether *message* is of the class *what*, or accepted by it."""
    __tracebackhide__ = True  # pytest need not show this
    if isinstance(what, type):
        return isinstance(message, what)
    try:
        return bool(what(message))
    except Exception as error:
        raise Unexpected(
            f"{who!r} expected {called(what)}, and that raised on {shown(message)}"
        ) from error
