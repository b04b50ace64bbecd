"""What a scene is made of: scopes, figures, messages and waits.

A moment of their lives is the event itself, which has a place (`seq`) and a time (`t`),
so that nothing is said twice. What is not recorded is None.
"""

from collections.abc import Mapping
from typing import Literal

import attrs

from .._model import events as ev


@attrs.define(eq=False)
class Scope:
    """A nursery, a supervisor's one, or the run itself."""

    number: int
    parent: int | None = None
    owner: int | None = None
    """The agent or task that has opened it."""
    name: str = "nursery"
    kind: ev.ScopeKind = "nursery"
    deadline: float | None = None
    opened: ev.ScopeOpened | None = None
    cancels: list[ev.ScopeCancelled] = attrs.field(factory=list[ev.ScopeCancelled])
    closed: ev.ScopeClosed | None = None


@attrs.define(eq=False)
class Figure:
    """An agent or a task: whoever does something."""

    number: int
    kind: Literal["agent", "task", "main"] = "task"
    name: str = ""
    """Told apart from others of this name: "engineer", "engineer #2"."""
    type: str = ""
    """An agent's class; nothing for a task."""
    scope: int | None = None
    by: int | None = None
    """Who has started an agent; the agent to which a task belongs."""
    pool: int | None = None
    capacity: int | None = None
    started: ev.AgentStarted | ev.TaskStarted | None = None
    ready: list[ev.AgentReady] = attrs.field(factory=list[ev.AgentReady])
    """Once for each incarnation."""
    failures: list[ev.AgentFailed] = attrs.field(factory=list[ev.AgentFailed])
    restarts: list[ev.AgentRestarted] = attrs.field(factory=list[ev.AgentRestarted])
    stopping: ev.AgentStopping | None = None
    leaving: ev.AgentLeaving | None = None
    left: ev.AgentLeft | ev.TaskEnded | None = None
    stood: list[ev.StoodAt] = attrs.field(factory=list[ev.StoodAt])
    """Where in its program, step by step."""
    long_steps: list[ev.StepWasLong] = attrs.field(factory=list[ev.StepWasLong])


@attrs.define(eq=False)
class Turn:
    """One try to handle a message."""

    agent: int
    begun: ev.MessageBegun
    ended: ev.MessageEnded | ev.MessagePostponed | None = None


@attrs.define(eq=False)
class Message:
    """A message on its way from its sender to its fate."""

    number: int
    src: int | None = None
    dst: int | None = None
    text: str = "a message"
    type: str = ""
    kind: ev.MessageKind = "send"
    cause: int | None = None
    """The message that its sender was handling."""
    context: Mapping[str, object] = attrs.field(factory=dict[str, object])
    offered: ev.MessageOffered | None = None
    waits: ev.MessageWaits | None = None
    """Its sender waits for room, until it is accepted or ended."""
    accepted: ev.MessageAccepted | None = None
    turns: list[Turn] = attrs.field(factory=list[Turn])
    """More than one if it was postponed or given back."""
    ended: ev.MessageEnded | None = None
    answered: ev.AskAnswered | ev.AskLeft | None = None
    """The end of its asker's wait, if it is an ask."""

    @property
    def fate(self) -> str | None:
        """What became of it; none if that is not recorded."""
        return self.ended.fate if self.ended else None

    @property
    def error(self) -> str | None:
        """What its handling raised, if it failed."""
        return self.ended.error if self.ended else None

    @property
    def room(self) -> ev.MessageAccepted | ev.MessageEnded | None:
        """The end of its sender's wait for room."""
        return self.accepted or self.ended


@attrs.define(eq=False)
class Wait:
    """Somebody waits for an agent to be ready, or to leave."""

    who: int
    agent: int
    what: Literal["start", "end"]
    begun: ev.WaitBegan
    ended: ev.WaitEnded | None = None
