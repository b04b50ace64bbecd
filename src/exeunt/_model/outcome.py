"""What became of the messages, and of the agent."""

from enum import StrEnum, auto

import attrs

from .lifecycle import Reason, State


class Fate(StrEnum):
    """What became of one accepted message. Each meets exactly one fate."""

    HANDLED = auto()
    """Its handler ran to its end."""

    FAILED = auto()
    """Its handler raised, and the agent crashed."""

    INTERRUPTED = auto()
    """Its handler had started and was cancelled."""

    ABANDONED = auto()
    """Its asker left before the handler started."""

    DROPPED = auto()
    """The overflow policy of the mailbox gave it up."""

    UNDELIVERED = auto()
    """No handler ever started on it."""


@attrs.frozen
class Ledger:
    """The account of an agent's messages: how many met each fate so far.

    At the end of a life, ``accepted`` is the sum of all the fates. While the agent
    lives, it also counts what waits in the mailbox and what is being handled.
    """

    accepted: int = 0
    """Messages that entered the mailbox."""
    handled: int = 0
    """Messages whose handler ran to its end."""
    failed: int = 0
    """Messages whose handler raised."""
    interrupted: int = 0
    """Messages whose handler was cancelled."""
    abandoned: int = 0
    """Requests whose asker left before they were started."""
    dropped: int = 0
    """Messages that an overflow policy gave up."""
    undelivered: int = 0
    """Messages on which no handler ever started."""

    @property
    def settled(self) -> int:
        """How many messages have met their fate."""
        return sum(getattr(self, fate) for fate in Fate)

    def __str__(self) -> str:
        fates = [
            f"{count} {fate}" for fate in Fate if (count := getattr(self, fate)) > 0
        ]
        return f"{self.accepted} accepted{': ' if fates else ''}{', '.join(fates)}"


@attrs.frozen
class Outcome:
    """How an agent left the stage. The same object for everybody who asks."""

    agent: str
    """The agent's name."""
    reason: Reason
    """Why it left."""
    error: BaseException | None
    """What came out of it, if it crashed or was killed."""
    ledger: Ledger
    """How many of its messages met which fate."""
    undelivered: tuple[object, ...] = ()
    """The very messages that were accepted and never started, oldest first."""
    cancel_reason: str | None = None
    """What `Handle.cancel` was told, if it was called and told anything."""
    cleanup_timed_out: bool = False
    """Whether leaving `lifespan` had to be cut short."""
    restarts: int = 0
    """How often it was started again within this life."""

    def __str__(self) -> str:
        why = f" ({self.cancel_reason})" if self.cancel_reason else ""
        return f"{self.agent} {self.reason}{why}; {self.ledger}"


@attrs.frozen
class Statistics:
    """A look at one agent at one instant."""

    name: str
    """The agent's name."""
    state: State
    """Where it stands in its life."""
    capacity: int
    """How many messages the mailbox can hold."""
    waiting: int
    """Messages in the mailbox that are not being handled yet."""
    blocked_senders: int
    """Tasks that wait for room in the mailbox."""
    handling: object | None
    """The message that is being handled, if there is one."""
    ledger: Ledger
    """How many messages have met which fate so far."""
    restarts: int = 0
    """How often the agent was started again within this life."""
