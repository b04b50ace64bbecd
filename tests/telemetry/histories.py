"""Runs that never were: events as a recorder might write them, drawn at random."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from exeunt._model import events as ev

TYPES = ("Cook", "Waiter", "Guest")
MESSAGES = ("Order", "Dish", "Bill")
_LOST = ("dropped", "undelivered")
_TURNS = ("handled", "failed", "interrupted")


class History:
    """Writes events; each step says what a run does next, in numbers."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self._agents = 0
        self._turns: dict[int, int] = {}  # of whom: which message
        self._waiting: dict[int, list[int]] = {}  # for whom: which messages
        self._asked: set[int] = set()
        self._messages = 0
        self._scopes = 1
        self._open(0, None, "run", "run")

    def add(self, kind: type[ev.Event], /, **fields: Any) -> None:
        made: Any = kind
        seq = len(self.events)
        self.events.append(made(seq=seq, t=seq / 8, **fields))

    def open(self, where: int) -> None:
        parent, number = where % self._scopes, self._scopes
        self._scopes += 1
        self._open(number, parent, f"nursery {number}", "nursery")

    def start(self, what: int) -> None:
        agent, self._agents = self._agents, self._agents + 1
        self._waiting[agent] = []
        self.add(
            ev.AgentStarted,
            agent=agent,
            scope=what % self._scopes,
            name=f"number {agent} of {what}",
            type=TYPES[what % 3],
            capacity=32,
            by=None,
        )
        self.add(ev.AgentReady, agent=agent)

    def send(self, dst: int, what: int) -> None:
        present = [*self._waiting]
        if not present:
            return
        dst, src = present[dst % len(present)], present[what % len(present)]
        number, self._messages = self._messages, self._messages + 1
        kind = ("send", "ask")[what % 2]
        self.add(
            ev.MessageOffered,
            message=number,
            src=src,
            dst=dst,
            type=MESSAGES[what % 3],
            text=f"{MESSAGES[what % 3]}({number})",
            kind=kind,
            cause=self._turns.get(src),
        )
        if what % 5 == 4:
            self._end(number, "refused")
            if kind == "ask":
                self.add(ev.AskAnswered, message=number, error="AgentClosed")
            return
        if kind == "ask":
            self._asked.add(number)
        if what % 5 == 3:
            self.add(ev.MessageWaits, message=number)
        self.add(ev.MessageAccepted, message=number)
        self._waiting[dst].append(number)

    def turn(self, who: int, what: int) -> None:
        """Begin a turn or, if one goes on, end it."""
        present = [*self._waiting]
        if not present:
            return
        agent = present[who % len(present)]
        if agent in self._turns:
            number = self._turns.pop(agent)
            if what % 4 == 3:
                self.add(ev.MessagePostponed, message=number)
                self._waiting[agent].append(number)
            else:
                self._end(number, _TURNS[what % 4])
        elif self._waiting[agent]:
            number = self._turns[agent] = self._waiting[agent].pop(0)
            self.add(ev.MessageBegun, message=number, agent=agent)

    def crash(self, who: int) -> None:
        present = [*self._waiting]
        if present:
            agent = present[who % len(present)]
            self.add(ev.AgentFailed, agent=agent, error="ValueError: no", doing="")
            self.add(ev.AgentRestarted, agent=agent, restarts=1)
            self.add(ev.AgentReady, agent=agent)

    def leave(self, who: int) -> None:
        present = [*self._waiting]
        if not present:
            return
        agent = present[who % len(present)]
        how = "stop" if who % 2 else "cancel"
        self.add(ev.AgentStopping, agent=agent, how=how, reason=None)
        if agent in self._turns:
            self._end(self._turns.pop(agent), "interrupted")
        for number in self._waiting.pop(agent):
            self._end(number, _LOST[number % 2])
        self.add(ev.AgentLeaving, agent=agent)
        self.add(ev.AgentLeft, agent=agent, outcome="stopped", error=None)

    def finish(self) -> None:
        for agent in [*self._waiting]:
            self.leave(2 * agent)
        for scope in reversed(range(1, self._scopes)):
            self.add(ev.ScopeClosed, scope=scope)

    def _open(self, number: int, parent: int | None, name: str, kind: str) -> None:
        self.add(
            ev.ScopeOpened,
            scope=number,
            parent=parent,
            owner=None,
            name=name,
            kind=kind,
            deadline=None,
        )

    def _end(self, number: int, fate: str) -> None:
        error = "ValueError: no" if fate == "failed" else None
        self.add(ev.MessageEnded, message=number, fate=fate, error=error)
        if number in self._asked:
            self._asked.discard(number)
            self.add(ev.AskAnswered, message=number, error=error)


@st.composite
def histories(draw: st.DrawFn, *, whole: bool = True) -> list[ev.Event]:
    """Draw the events of a run; one that is not *whole* may be cut off anywhere."""
    history = History()
    number = st.integers(0, 30)
    for _ in range(draw(st.integers(0, 40))):
        match draw(st.sampled_from("ossssttttttcl")):
            case "o":
                history.open(draw(number))
            case "s":
                history.send(draw(number), draw(number))
            case "t":
                history.turn(draw(number), draw(number))
            case "c":
                history.crash(draw(number))
            case _:
                history.leave(draw(number))
        if draw(st.booleans()):
            history.start(draw(number))
    history.finish()
    events = history.events
    if whole:
        return events
    begin = draw(st.integers(0, len(events)))
    return events[begin : draw(st.integers(begin, len(events)))]


def portions(draw: st.DrawFn, events: list[ev.Event]) -> Iterator[list[ev.Event]]:
    """Cut *events* into portions, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(events)), max_size=5)))
    for begin, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        yield events[begin:end]


@st.composite
def cut_histories(draw: st.DrawFn) -> tuple[list[ev.Event], list[list[ev.Event]]]:
    """Draw a run, whole or not, and the same run in portions."""
    events = draw(histories(whole=draw(st.booleans())))
    return events, [*portions(draw, events)]
