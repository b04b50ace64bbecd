"""A scenario: who says what to an agent, and who ends it. A value, and its player.

It needs no Hypothesis: write one by hand, or draw one with
`exeunt.testing.strategies.scenarios`. The record is kept by those who play, not by the
runtime, so that what the runtime says of itself can be held against it. Its order is
the order of events: one run is one thread.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args

import attrs

from ..._core.agent import Agent
from ..._model.request import Request
from .playing import Play
from .record import Record

__all__ = ["End", "Line", "Scenario"]

Way = Literal["send", "send_nowait", "ask"]
Crash = Literal["before", "after"]
EndWay = Literal["stop", "cancel", "aclose", "short_aclose", "outer_cancel"]

_LONGEST = 1e6  # far below the watchdog of a Schedule


class _Sparing:
    """Shows only what is not as usual, so that a scenario can be read."""

    __slots__ = ()

    def __repr__(self) -> str:
        fields: Any = attrs.fields(type(self))  # type: ignore[arg-type]
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields
            if getattr(self, field.name) != field.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def _one_of(kinds: Any) -> Callable[[object, "attrs.Attribute[Any]", object], None]:
    def check(_: object, field: "attrs.Attribute[Any]", given: object) -> None:
        if given not in get_args(kinds):
            names = ", ".join(map(repr, get_args(kinds)))
            raise ValueError(f"{field.name} is one of {names}, not {given!r}")

    return check


def _seconds(_: object, field: "attrs.Attribute[Any]", given: object) -> None:
    if not isinstance(given, (int, float)) or isinstance(given, bool):
        raise TypeError(f"{field.name} is a number of seconds, not {given!r}")
    if not 0 <= given <= _LONGEST:
        raise ValueError(
            f"{field.name} is between 0 and {_LONGEST:,.0f} seconds, not {given!r}"
        )


@attrs.frozen(repr=False)
class Line(_Sparing):
    """One message: who brings it to the agent, how and when.

    Args:
        message: the message.
        way: ``"send"``, ``"send_nowait"`` or ``"ask"``. Only a `Request` can be asked;
            if its class is linked, so is the ask.
        sender: who says it; a sender says its lines one after the other.
        after: how many seconds the sender waits first.
        patience: after how many seconds the sender leaves; None: never.

        crash: ``"before"``: the handler fails with an error of ours, not handling
            the message; ``"after"``: it fails when it has handled it; None: it is left
            alone.

    Raises:
        TypeError: a *message* to be asked is no `Request`, or a number of seconds is
            no number.
        ValueError: an argument is out of range.
    """

    message: Any
    way: Way = attrs.field(default="send", validator=_one_of(Way))
    sender: int = 0
    after: float = attrs.field(default=0, validator=_seconds)
    patience: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(_seconds)
    )
    crash: Crash | None = attrs.field(
        default=None, validator=attrs.validators.optional(_one_of(Crash))
    )

    def __attrs_post_init__(self) -> None:
        if self.way == "ask" and not isinstance(self.message, Request):
            raise TypeError(
                f"only a Request can be asked, and {self.message!r} is none: send it"
            )


@attrs.frozen(repr=False)
class End(_Sparing):
    """Somebody ends the agent.

    Args:
        way: ``"stop"``, ``"cancel"`` and ``"aclose"`` are the methods of `Handle`;
            ``"short_aclose"`` loses patience after a second, so that the agent is
            cancelled; ``"outer_cancel"`` cancels the nursery in which it lives.
        at: at which second.

    Raises:
        TypeError: *at* is no number.
        ValueError: an argument is out of range.
    """

    way: EndWay = attrs.field(default="stop", validator=_one_of(EndWay))
    at: float = attrs.field(default=0, validator=_seconds)


# Type checkers cannot see through ``converter=tuple``.
def _all_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(lines)


def _all_ends(ends: Iterable[End]) -> tuple[End, ...]:
    return tuple(ends)


@attrs.frozen(repr=False)
class Scenario(_Sparing):
    """Some senders with their lines, and those who end the agent.

    Args:
        lines: the messages.
        ends: who ends the agent. When everybody has spoken, it is stopped anyway.
        capacity: of the agent's mailbox.

    Example::

        scenario = Scenario([Line(Set(42)), Line(Get(), "ask")], [End("stop", at=1)])
        record = Schedule([0, 1]).run(scenario.play, Service)
        assert record.results[1].value == 42
    """

    lines: tuple[Line, ...] = attrs.field(default=(), converter=_all_lines)
    ends: tuple[End, ...] = attrs.field(default=(), converter=_all_ends)
    capacity: int = 32

    async def play(
        self, factory: Callable[[], Agent[Any]], *, cleanup: float = 5.0
    ) -> Record:
        """Play the scenario with a new agent, and return what came of it.

        A crash of the agent does not leave: it is in the record.

        Args:
            factory: returns a new agent, usually its class.
            cleanup: how many seconds leaving its lifespan may take.

        Returns:
            The record.

        Raises:
            Exception: whatever *factory* or entering the agent's lifespan raised.
            TypeError: *factory* makes no agents.
            ValueError: the capacity or *cleanup* is out of range.
        """
        return await Play(self).perform(factory, cleanup)
