"""A scene: who says what to an agent, and who ends it. A value, fit to be printed."""

from typing import Any, Literal

import attrs

Way = Literal["send", "send_nowait", "ask", "stream"]
Crash = Literal["before", "after"]
EndWay = Literal["stop", "cancel", "aclose", "short_aclose", "outer_cancel"]


class _Sparing:
    """Shows only what is not as usual."""

    __slots__ = ()

    def __repr__(self) -> str:
        fields: Any = attrs.fields(type(self))  # type: ignore[arg-type]
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields
            if getattr(self, field.name) != field.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


@attrs.frozen(repr=False)
class Line(_Sparing):
    """One message, and what its sender and its turn are like."""

    message: Any
    """The message."""
    way: Way = "send"
    """By which method of `Handle` it is brought."""
    sender: int = 0
    """Who says it; a sender says its lines one after the other."""
    after: float = 0
    """How many seconds the sender waits first."""
    patience: float | None = None
    """After how many seconds the sender leaves."""
    slow: float | None = None
    """How many seconds go by before the handler is called."""
    crash: Crash | None = None
    """Whether its turn is made to fail, before the handler is called or after it."""


@attrs.frozen(repr=False)
class End(_Sparing):
    """Somebody ends the agent."""

    way: EndWay = "stop"
    """How: ``short_aclose`` loses patience after a second, ``outer_cancel`` cancels the
    nursery in which the agent lives, the others are methods of `Handle`."""
    at: float = 0
    """At which second."""


@attrs.frozen(repr=False)
class Scene(_Sparing):
    """Some lines, and some ends. When everybody has spoken, the agent is stopped."""

    lines: tuple[Line, ...] = ()
    """What is said."""
    ends: tuple[End, ...] = ()
    """Who ends the agent."""
    capacity: int = 32
    """Of its mailbox."""
    cut: int | None = None
    """Before which step the agent is cancelled, in between everybody's lines."""
