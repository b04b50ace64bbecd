"""From raw notes to typed events.

A note says which object it is about; an event has numbers. Notes may be missing at the
beginning, where a ring was too small: then whoever turns up is introduced at that
moment.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import isfinite
from typing import Any, Final

import trio
from trio.lowlevel import Task

from .._core.journal import Note
from .._core.life import Life
from .._model import events as ev
from .._model.lifecycle import Event, Reason, State
from .._model.words import complaint, without_addresses
from .messages import Post
from .numbering import RUN, Numbers
from .sources import Sources

_HOW = {
    Reason.STOPPED: "stop",
    Reason.CANCELLED: "cancel",
    Reason.CRASHED: "crash",
    Reason.KILLED: "kill",
}

_AFTER_DROP = {"accepted", "answered"}


def _cut_short(note: Note) -> float | None:
    """Return when somebody was cancelled who waited, if a note is about that."""
    kind, t, *about = note
    withdrawn = kind == "refused" and about[2] == "withdrawn"
    return t if kind == "left" or withdrawn else None


class Reader:
    """Makes events of notes, as they come."""

    def __init__(self, began: float, trio_began: float) -> None:
        self._began: Final = began
        self._trio_began: Final = trio_began  # on the clock of deadlines
        self.sources: Sources = Sources()
        self._seq = 0
        self._t = 0.0
        self._made: list[ev.Event] = []
        self._numbers = Numbers(self._make)
        self._post = Post(self._make, self._numbers)
        self._stopping: dict[Life, str] = {}
        self._reasons: dict[Life, str] = {}
        self._errors: dict[Life, str] = {}
        self._leaving: set[Life] = set()
        self._newest: tuple[Task, bool, bool] | None = None  # perhaps an agent's

    def read(self, notes: Iterable[Note]) -> list[ev.Event]:
        """Return what these notes say, which come after all those before."""
        for kind, t, *about in self._in_order(notes):
            if self._newest is not None:
                self._meet_newest(about if kind == "born" else None)
            if kind not in _AFTER_DROP:
                self._post.keep()
            self._t = t - self._began
            read = getattr(self._post, kind, None) or getattr(self, f"_{kind}")
            read(*about)
        if self._newest is not None:
            self._meet_newest(None)
        made, self._made = self._made, []
        return made

    def _in_order(self, notes: Iterable[Note]) -> Iterator[Note]:
        """Sort what comes of one cancellation, which Trio goes through as in a set."""
        for cut, group in groupby(notes, _cut_short):
            if cut is None:
                yield from group
            else:
                yield from sorted(group, key=lambda it: self._post.number(*it[2:4]))

    def lose_track(self) -> None:
        """Notes are missing between those before and those to come."""
        self._numbers.lose_track()
        self._post.lose_track()
        self._stopping.clear()
        self._reasons.clear()
        self._errors.clear()
        self._leaving.clear()

    def _make(self, event: type[ev.Event], /, **values: Any) -> None:
        self._seq += 1
        for name, value in values.items():
            if isinstance(value, str) and " at 0x" in value:
                values[name] = without_addresses(value)
        self._made.append(event(seq=self._seq, t=self._t, **values))

    # Who there is. An agent is born right after its task: nothing comes between.

    def _task(
        self, task: Task, place: trio.Nursery | None, is_main: bool, is_users: bool
    ) -> None:
        self._numbers.place(task, place)
        self._newest = task, is_main, is_users

    def _meet_newest(self, born: list[Any] | None) -> None:
        assert self._newest is not None
        (task, is_main, is_users), self._newest = self._newest, None
        if born is not None:
            life, by = born
            self._numbers.meet_agent(life, task, by)
        elif is_users and self._numbers.of_task(task) is None:
            self._numbers.meet_task(task, main=is_main)

    def _born(self, life: Life, by: Any) -> None:
        """It has been met; or its task was lost."""
        del by
        self._numbers.of(life)

    def _end(self, task: Task, how: str, error: str | None) -> None:
        life, number = self._numbers.agent_in(task), self._numbers.of_task(task)
        if life is not None and not self._numbers.has_left(life):
            self._see_off(life)
        if number is not None:
            self._make(ev.TaskEnded, task=number, outcome=how, error=error)
        self._numbers.forget(task)

    # Where it is.

    def _run(self, main: Task | None) -> None:
        self._open(RUN, None, None, "run", "run", float("inf"))
        if main is not None:
            self._numbers.meet_task(main, main=True)

    def _nursery(
        self,
        nursery: trio.Nursery,
        outer: trio.Nursery | None,
        name: str,
        kind: str,
        deadline: float,
    ) -> None:
        owner = self._numbers.of(nursery.parent_task)
        parent = self._numbers.of_scope(outer)
        scope = self._numbers.of_scope(nursery)
        self._open(scope, parent, owner, name, kind, deadline)

    def _open(
        self,
        scope: int,
        parent: int | None,
        owner: int | None,
        name: str,
        kind: str,
        deadline: float,
    ) -> None:
        self._make(
            ev.ScopeOpened,
            scope=scope,
            parent=parent,
            owner=owner,
            name=name,
            kind=kind,
            deadline=deadline - self._trio_began if isfinite(deadline) else None,
        )

    def _cancel(self, nursery: trio.Nursery, source: str, reason: str | None) -> None:
        scope = self._numbers.of_scope(nursery)
        self._make(
            ev.ScopeCancelled, scope=scope, source=source, reason=reason, by=None
        )

    def _hurried(self, nursery: trio.Nursery, reason: str | None, who: Any) -> None:
        by = self._numbers.of(who)
        scope = self._numbers.of_scope(nursery)
        self._make(
            ev.ScopeCancelled, scope=scope, source="explicit", reason=reason, by=by
        )

    def _closed(self, nursery: trio.Nursery) -> None:
        self._make(ev.ScopeClosed, scope=self._numbers.of_scope(nursery))
        self._numbers.forget(nursery)

    # What happens to an agent.

    def _moved(
        self, life: Life, what: Event, reason: str | None, why: str | None
    ) -> None:
        match what:
            case Event.READY:
                self._make(ev.AgentReady, agent=self._numbers.of(life))
            case Event.LEFT:
                self._gone(life, str(reason))
            case Event.DRAINED:
                pass
            case how:
                self._stops(life, str(how), why)

    def _failed(self, life: Life, error: str, doing: str) -> None:
        self._post.blame(life, error)
        self._errors[life] = error
        who = self._numbers.of(life)
        self._make(ev.AgentFailed, agent=who, error=error, doing=doing)

    def _again(self, life: Life, restarts: int) -> None:
        who = self._numbers.of(life)
        self._make(ev.AgentRestarted, agent=who, restarts=restarts)

    def _struck(self, life: Life, reason: str | None) -> None:
        if reason:
            self._reasons[life] = reason

    def _stops(self, life: Life, how: str, reason: str | None) -> None:
        """Whoever stops may yet be cancelled; nothing else comes after an end."""
        before = self._stopping.get(life)
        if before not in {None, "stop"} or before == how:
            return
        if self._numbers.has_left(life):
            return
        self._stopping[life] = how
        if how == "cancel":
            reason = reason or self._reasons.get(life)
        who = self._numbers.of(life)
        self._make(ev.AgentStopping, agent=who, how=how, reason=reason)

    def _leaves(self, life: Life) -> None:
        if life not in self._leaving:
            self._leaving.add(life)
            self._make(ev.AgentLeaving, agent=self._numbers.of(life))

    def _gone(self, life: Life, outcome: str) -> None:
        who = self._numbers.of(life)
        error = self._errors.pop(life, None)
        if outcome not in {Reason.CRASHED, Reason.KILLED}:
            error = None  # forgiven
        self._make(ev.AgentLeft, agent=who, outcome=outcome, error=error)
        self._stopping.pop(life, None)
        self._reasons.pop(life, None)
        self._leaving.discard(life)
        self._post.forget(life)
        self._numbers.left(life)

    def _see_off(self, life: Life) -> None:
        """An agent has left that is older than the journal."""
        if life.reason is None or life.state is not State.CLOSED:
            return
        if life.error is not None:
            self._failed(life, complaint(life.error), "")
        self._stops(life, _HOW[life.reason], life.cancel_reason)
        self._leaves(life)
        self._gone(life, str(life.reason))

    # The rest.

    def _waits(self, life: Life, who: Task, what: str) -> None:
        waiter, agent = self._numbers.of(who), self._numbers.of(life)
        self._make(ev.WaitBegan, who=waiter, agent=agent, what=what)

    def _waited(self, life: Life, who: Task) -> None:
        waiter, agent = self._numbers.of(who), self._numbers.of(life)
        self._make(ev.WaitEnded, who=waiter, agent=agent)

    def _noted(self, who: Task | None, text: str) -> None:
        number = None if who is None else self._numbers.of(who)
        self._make(ev.Noted, who=number, text=text)

    def _stands(self, task: Task, file: str, line: int) -> None:
        who, file = self._numbers.of(task), self.sources.name_of(file)
        self._make(ev.StoodAt, who=who, file=file, line=line)

    def _long(self, task: Task, took: float, place: tuple[str, int] | None) -> None:
        who, where = self._numbers.of(task), ""
        if place is not None:
            where = f"{self.sources.name_of(place[0])}:{place[1]}"
        self._make(ev.StepWasLong, who=who, took=took, where=where)
