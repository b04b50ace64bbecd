"""What can happen in a run, as data: one class for each kind of event.

A Trio run is one thread, so that counting what happens gives a total order, without
clocks that would have to be merged. Pictures, stories, metrics and spans are folds over
a sequence of these; nothing here knows how it was recorded.

Agents, tasks, scopes and messages are told apart by numbers that mean nothing but their
order of appearance, so that the same run has the same events on every machine.
"""

from collections.abc import Mapping
from typing import Literal

import attrs

MessageKind = Literal["send", "ask", "stream", "timer", "watch"]
ScopeKind = Literal["nursery", "supervisor", "run"]


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened."""

    seq: int
    """Its place in the total order."""
    t: float
    """When, in seconds of Trio's clock, from the beginning of the recording."""


# Where things happen: nurseries, supervisors' among them, and the run itself.


@attrs.frozen(kw_only=True)
class ScopeOpened(Event):
    """A nursery was opened, or seen for the first time."""

    scope: int
    parent: int | None
    """The scope in which its owner runs; none for the run itself."""
    owner: int | None
    """The agent or task that has opened it."""
    name: str  # what its program calls it
    kind: ScopeKind
    deadline: float | None
    """On the clock of ``t``; when it is cancelled, if nothing happens before."""


@attrs.frozen(kw_only=True)
class ScopeCancelled(Event):
    """Everything in a scope was told to leave."""

    scope: int
    source: str
    """Trio's word for it: "deadline", "explicit", "nursery"…; "" where unknown."""
    reason: str | None
    """Why, in words, if somebody has said so."""
    by: int | None
    """The agent or task that did it, if it is known."""


@attrs.frozen(kw_only=True)
class ScopeClosed(Event):
    """A scope was left; nobody is in it any more."""

    scope: int


# Who does something: agents, and tasks that are no agents.


@attrs.frozen(kw_only=True)
class AgentStarted(Event):
    """An agent came into being, together with its mailbox."""

    agent: int
    scope: int | None  # where it runs
    name: str
    type: str
    """What its factory is called, usually its class."""
    capacity: int  # how many messages its mailbox holds
    by: int | None
    """The agent or task that has started it."""
    pool: int | None = None
    """The pool whose worker it is."""


@attrs.frozen(kw_only=True)
class AgentReady(Event):
    """An agent has entered its lifespan; again after each restart."""

    agent: int


@attrs.frozen(kw_only=True)
class AgentFailed(Event):
    """An exception came out of an agent."""

    agent: int
    error: str
    """Such as "ValueError: unclear"."""
    doing: str
    """What it was doing, such as "handling Task(2)"."""


@attrs.frozen(kw_only=True)
class AgentRestarted(Event):
    """Another incarnation of an agent begins; it is ready when `AgentReady` comes."""

    agent: int
    restarts: int
    """How many there have been, this one included; a pool's count its workers' too."""


@attrs.frozen(kw_only=True)
class AgentStopping(Event):
    """An agent accepts nothing more."""

    agent: int
    how: Literal["stop", "cancel", "crash", "kill"]
    reason: str | None
    """Why it was cancelled, if somebody has said so."""


@attrs.frozen(kw_only=True)
class AgentLeaving(Event):
    """An agent handles nothing more; it leaves its lifespan."""

    agent: int


@attrs.frozen(kw_only=True)
class AgentLeft(Event):
    """An agent has left the stage."""

    agent: int
    outcome: Literal["stopped", "cancelled", "crashed", "killed"]
    error: str | None


@attrs.frozen(kw_only=True)
class TaskStarted(Event):
    """A task began that is no agent."""

    task: int
    """Counted together with the agents."""
    scope: int | None  # where it runs
    name: str
    main: bool = False
    """Whether it is the one that `trio.run` was called with."""
    agent: int | None = None
    """The agent to which it belongs, if one has started it."""


@attrs.frozen(kw_only=True)
class TaskEnded(Event):
    """A task ended that is no agent."""

    task: int
    outcome: Literal["returned", "cancelled", "failed", "ended"]
    """"ended" where it cannot be seen how."""
    error: str | None


# What passes between them.


@attrs.frozen(kw_only=True)
class MessageOffered(Event):
    """Somebody has a message for an agent. It has exactly one end."""

    message: int
    src: int | None  # the agent or task that sends it; none for a tick
    dst: int
    type: str
    text: str
    """The message in short, such as "Task(2)"."""
    kind: MessageKind
    cause: int | None  # the message that the sender was handling
    context: Mapping[str, object] = attrs.field(factory=dict[str, object])
    """The values of the context variables that were asked for, at the sender."""


@attrs.frozen(kw_only=True)
class MessageWaits(Event):
    """There is no room for a message: whoever sends it waits."""

    message: int


@attrs.frozen(kw_only=True)
class MessageAccepted(Event):
    """A message is in the mailbox."""

    message: int


@attrs.frozen(kw_only=True)
class MessageBegun(Event):
    """An agent begins to handle a message."""

    message: int
    agent: int
    """Who: of a pool, the worker."""


@attrs.frozen(kw_only=True)
class MessagePostponed(Event):
    """A turn has ended, but its message will come again."""

    message: int


@attrs.frozen(kw_only=True)
class MessageEnded(Event):
    """A message has met its fate. For a refused one that is not to be accepted."""

    message: int
    fate: Literal[
        "handled",
        "failed",
        "interrupted",
        "abandoned",
        "dropped",
        "undelivered",
        "refused",
        "withdrawn",
    ]
    """As in the ledger; or "refused", or "withdrawn" by a sender who was cancelled."""
    error: str | None = None


@attrs.frozen(kw_only=True)
class AskAnswered(Event):
    """The asker of a message has its answer."""

    message: int
    error: str | None
    """What is raised in the asker, if it is no value."""


@attrs.frozen(kw_only=True)
class AskLeft(Event):
    """The asker of a message was cancelled: it does not wait any more."""

    message: int


# The rest.


@attrs.frozen(kw_only=True)
class WaitBegan(Event):
    """Somebody waits for an agent: to be ready, or to leave."""

    who: int
    agent: int
    what: Literal["start", "end"]


@attrs.frozen(kw_only=True)
class WaitEnded(Event):
    """That wait is over, one way or another."""

    who: int
    agent: int


@attrs.frozen(kw_only=True)
class Noted(Event):
    """Somebody had something to say: `exeunt.tracing.note`."""

    who: int | None
    text: str


@attrs.frozen(kw_only=True)
class StoodAt(Event):
    """Where an agent or task stands in its program after a step; when asked for."""

    who: int
    file: str
    line: int


@attrs.frozen(kw_only=True)
class StepWasLong(Event):
    """A task kept all the others waiting."""

    who: int
    took: float
    """Seconds."""
    where: str


EVENTS: dict[str, type[Event]] = {
    name: kind
    for name, kind in globals().copy().items()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}
"""Each kind of event by its name."""
