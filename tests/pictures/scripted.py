"""Events written by hand, in few words: what a recorder would have seen."""

from typing import Any

from exeunt._model import events as ev


class Script:
    """Writes events one after the other; names stand for numbers."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self.now = 0.0
        self._numbers: dict[str, dict[str, int]] = {"who": {}, "scope": {}, "msg": {}}

    def number(self, kind: str, name: str | None) -> Any:
        """The number of a name, by order of appearance."""
        if name is None:
            return None
        return self._numbers[kind].setdefault(name, len(self._numbers[kind]))

    def add(self, kind: type[ev.Event], /, **fields: object) -> None:
        """Write one event."""
        made: Any = kind
        self.events.append(made(seq=len(self.events), t=self.now, **fields))

    def opens(
        self, scope: str, parent: str | None, owner: str | None, **more: Any
    ) -> None:
        self.add(
            ev.ScopeOpened,
            scope=self.number("scope", scope),
            parent=self.number("scope", parent),
            owner=self.number("who", owner),
            name=scope,
            kind=more.get("kind", "nursery"),
            deadline=more.get("deadline"),
        )

    def cancels(
        self, scope: str, source: str, reason: str | None = None, by: str | None = None
    ) -> None:
        self.add(
            ev.ScopeCancelled,
            scope=self.number("scope", scope),
            source=source,
            reason=reason,
            by=self.number("who", by),
        )

    def closes(self, scope: str) -> None:
        self.add(ev.ScopeClosed, scope=self.number("scope", scope))

    def task(self, name: str, scope: str | None, *, main: bool = False) -> None:
        self.add(
            ev.TaskStarted,
            task=self.number("who", name),
            scope=self.number("scope", scope),
            name=name,
            main=main,
        )

    def task_ends(self, name: str, outcome: str, error: str | None = None) -> None:
        number = self.number("who", name)
        self.add(ev.TaskEnded, task=number, outcome=outcome, error=error)

    def starts(
        self, name: str, scope: str | None, type_: str, capacity: int = 32, **more: Any
    ) -> None:
        self.add(
            ev.AgentStarted,
            agent=self.number("who", name),
            scope=self.number("scope", scope),
            name=more.get("called", name),
            type=type_,
            capacity=capacity,
            by=self.number("who", more.get("by")),
            pool=self.number("who", more.get("pool")),
        )

    def agent(self, kind: type[ev.Event], /, name: str, **more: Any) -> None:
        """Write an event of an agent's life."""
        self.add(kind, agent=self.number("who", name), **more)

    def ready(self, *names: str) -> None:
        for name in names:
            self.agent(ev.AgentReady, name)

    def leaves(self, name: str) -> None:
        self.agent(ev.AgentLeaving, name)

    def left(
        self, name: str, outcome: str = "stopped", error: str | None = None
    ) -> None:
        self.agent(ev.AgentLeft, name, outcome=outcome, error=error)

    def offers(
        self, text: str, src: str | None, dst: str, kind: str = "send", **more: Any
    ) -> None:
        self.add(
            ev.MessageOffered,
            message=self.number("msg", more.get("key", text)),
            src=self.number("who", src),
            dst=self.number("who", dst),
            type=text.partition("(")[0],
            text=text,
            kind=kind,
            cause=self.number("msg", more.get("cause")),
        )

    def message(self, kind: type[ev.Event], /, text: str, **more: Any) -> None:
        """Write an event of a message's way."""
        self.add(kind, message=self.number("msg", text), **more)

    def waits(self, text: str) -> None:
        self.message(ev.MessageWaits, text)

    def accepts(self, text: str) -> None:
        self.message(ev.MessageAccepted, text)

    def sends(
        self, text: str, src: str | None, dst: str, kind: str = "send", **more: Any
    ) -> None:
        """Offer a message for which there is room."""
        self.offers(text, src, dst, kind, **more)
        self.accepts(more.get("key", text))

    def begins(self, text: str, who: str) -> None:
        self.message(ev.MessageBegun, text, agent=self.number("who", who))

    def ends(self, text: str, fate: str = "handled", error: str | None = None) -> None:
        self.message(ev.MessageEnded, text, fate=fate, error=error)

    def awaits(self, who: str, agent: str, what: str) -> None:
        numbers = {"who": self.number("who", who), "agent": self.number("who", agent)}
        self.add(ev.WaitBegan, **numbers, what=what)

    def awaited(self, who: str, agent: str) -> None:
        numbers = {"who": self.number("who", who), "agent": self.number("who", agent)}
        self.add(ev.WaitEnded, **numbers)
