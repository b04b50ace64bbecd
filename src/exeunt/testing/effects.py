"""What an agent does in one turn, as plain values that a test can compare.

Agents are called by their names, so that an expected effect can be written down.
"""

from collections.abc import Hashable
from typing import Any, Generic, TypeAlias, TypeVar, final

import attrs

from ..exceptions import Refusal

__all__ = [
    "Asked",
    "Became",
    "CancelledAgent",
    "Deferred",
    "Effect",
    "Logged",
    "Postponed",
    "Replied",
    "Sent",
    "Started",
    "Stopped",
    "TimerCancelled",
    "TimerSet",
    "Turn",
    "Unwatched",
    "Watched",
]

R = TypeVar("R")


@final
@attrs.frozen
class Sent:
    """It sent a message."""

    to: str
    """The name of the agent."""
    message: object
    """The message."""


@final
@attrs.frozen
class Asked:
    """It asked a request, or began to read the stream of its answer."""

    to: str
    """The name of the agent."""
    request: object
    """The request."""


@final
@attrs.frozen
class Started:
    """It started an agent."""

    agent: str
    """The name of the new agent."""


@final
@attrs.frozen
class Stopped:
    """It stopped an agent, perhaps itself."""

    agent: str
    """The name of the agent."""


@final
@attrs.frozen
class CancelledAgent:
    """It cancelled an agent, perhaps itself."""

    agent: str
    """The name of the agent."""
    reason: str | None = None
    """What it gave as the reason."""


@final
@attrs.frozen
class Watched:
    """It began to watch an agent."""

    agent: str
    """The name of the agent."""


@final
@attrs.frozen
class Unwatched:
    """It does not watch an agent any more."""

    agent: str
    """The name of the agent."""


@final
@attrs.frozen
class TimerSet:
    """It set a timer."""

    key: Hashable
    """What the timer is called."""
    message: object
    """What the agent will be given to handle."""
    seconds: float
    """After how long; or how long from one tick to the next."""
    rhythm: str = "once"
    """``"once"``, ``"repeat"``, ``"at_rate"`` or ``"when_quiet"``."""


@final
@attrs.frozen
class TimerCancelled:
    """It cancelled a timer that was set."""

    key: Hashable
    """What the timer was called."""


@final
@attrs.frozen
class Became:
    """It chose who handles the messages from the next one on."""

    behaviour: str
    """The name of the handler."""


@final
@attrs.frozen
class Postponed:
    """It postponed the message."""

    message: object
    """The message."""


@final
@attrs.frozen
class Deferred:
    """It took over the reply to the request."""

    request: object
    """The request."""


@final
@attrs.frozen
class Replied:
    """It settled a reply that it had deferred."""

    request: object
    """The request."""
    answer: object
    """The answer, or the `Refusal`."""


@final
@attrs.frozen
class Logged:
    """It wrote to a log of the standard library."""

    level: str
    """``"INFO"``, ``"WARNING"`` and so on."""
    text: str
    """What it wrote."""


Effect: TypeAlias = (
    Sent
    | Asked
    | Started
    | Stopped
    | CancelledAgent
    | Watched
    | Unwatched
    | TimerSet
    | TimerCancelled
    | Became
    | Postponed
    | Deferred
    | Replied
    | Logged
)


@final
@attrs.frozen(repr=False)
class Turn(Generic[R]):
    """What came of one turn."""

    effects: tuple[Effect, ...] = ()
    """What the agent did, in order."""
    refusal: Refusal | None = None
    """With what it refused a request, if it did."""
    _answer: Any = None

    def __repr__(self) -> str:
        came = repr(self._answer) if self.refusal is None else repr(self.refusal)
        return f"<Turn {[*self.effects]} -> {came}>"

    @property
    def answer(self) -> R:
        """What the handler has returned; None where it deferred or postponed.

        Raises:
            Refusal: it refused.
        """
        if self.refusal is not None:
            raise self.refusal
        answer: R = self._answer
        return answer
