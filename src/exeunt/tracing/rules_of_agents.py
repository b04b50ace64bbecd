"""The rules of agents and tasks: who acts is there, and no error vanishes."""

from collections import Counter
from collections.abc import Callable

import attrs

from .._model import events as ev

_Move = (
    ev.AgentReady | ev.AgentFailed | ev.AgentRestarted | ev.AgentStopping
    | ev.AgentLeaving | ev.AgentLeft
)  # fmt: skip


@attrs.define
class Figure:
    """What is known of an agent, or of a task."""

    supervised: bool = False
    workers: bool = False  # whose restarts count for it too
    ready: bool = False
    stopping: str | None = None
    leaving: bool = False
    gone: bool = False
    restarts: int = 0
    failure: ev.AgentFailed | None = None  # of this incarnation, the last one
    failed_late: bool = False  # when it was leaving already

    @property
    def to_leave(self) -> bool:
        """Whether it handles nothing more."""
        return self.leaving or self.stopping not in {None, "stop"}


class Agents:
    """Everybody who was there, and where they are in their lives."""

    def __init__(self, blame: Callable[[ev.Event, str], None], *, lost: bool) -> None:
        self._blame = blame
        self._lost = lost
        self._figures: dict[int, Figure] = {}
        self._supervisors: set[int] = set()  # their scopes
        self._waits = Counter[tuple[int, int]]()

    def see(self, event: ev.Event) -> None:
        """Check what happens next."""
        match event:
            case ev.ScopeOpened(scope=scope, kind="supervisor"):
                self._supervisors.add(scope)
            case ev.AgentStarted(agent=number, scope=scope, pool=pool):
                self._begin(event, number, scope)
                if pool in self._figures:
                    self._figures[pool].workers = True
            case ev.TaskStarted(task=number):
                self._begin(event, number, None)
            case ev.TaskEnded(task=number):
                self._leave(event, number)
            case ev.WaitBegan(who=who, agent=agent):
                self._waits[who, agent] += 1
                self.on_stage(event, who)
            case ev.WaitEnded(who=who, agent=agent):
                self._end_wait(event, who, agent)
            case ev.MessageOffered(src=who) | ev.Noted(who=who):
                if who is not None:
                    self.on_stage(event, who)
            case ev.StoodAt(who=number) | ev.StepWasLong(who=number):
                self.on_stage(event, number)
            case _:
                if isinstance(event, _Move):
                    self._move(event)

    def on_stage(self, event: ev.Event, number: int) -> Figure | None:
        """Return who *number* is; complain if there is nobody who could act."""
        figure = self._figures.get(number)
        if figure is not None and not figure.gone:
            return figure
        if figure is not None or not self._lost:
            said = "has left" if figure is not None else "has never begun"
            self._blame(event, f"{number} {said}")
        return None

    def figure(self, number: int | None) -> Figure | None:
        """Return who *number* is, if that is known."""
        return None if number is None else self._figures.get(number)

    def has_left(self, number: int) -> bool:
        """Return whether an agent was there, and is not any more."""
        figure = self._figures.get(number)
        return figure is not None and figure.gone

    def _begin(self, event: ev.Event, number: int, scope: int | None) -> None:
        if number in self._figures:
            self._blame(event, f"{number} has begun before")
        self._figures[number] = Figure(scope in self._supervisors, ready=self._lost)

    def _move(self, event: _Move) -> None:
        it = self.on_stage(event, event.agent)
        if it is None:
            return
        match event:
            case ev.AgentReady():
                self._unless(event, not it.ready or self._lost, "it was ready before")
                self._unless(event, not it.leaving, "it is leaving")
                it.ready = True
            case ev.AgentFailed():
                it.failure, it.failed_late = event, it.leaving
            case ev.AgentRestarted():
                self._restart(event, it)
            case ev.AgentStopping(how=how):
                changes = it.stopping in {None, "stop"} and it.stopping != how
                self._unless(event, changes, f"it was stopping before: {it.stopping}")
                it.stopping = how
            case ev.AgentLeaving():
                self._unless(event, not it.leaving, "it was leaving before")
                it.leaving = True
            case ev.AgentLeft():
                self._check_end(event, it)
                self._leave(event, event.agent)

    def _restart(self, event: ev.AgentRestarted, it: Figure) -> None:
        more = event.restarts - it.restarts
        counts = more == 1 or (it.workers and more > 1) or self._lost
        self._unless(event, counts, f"it was started again {it.restarts} times before")
        self._unless(event, not it.to_leave, "it was to leave")
        it.restarts = event.restarts
        it.ready, it.failure = self._lost, None

    def _check_end(self, event: ev.AgentLeft, it: Figure) -> None:
        saw = (it.leaving and it.stopping is not None) or self._lost
        self._unless(event, saw, "it has not been seen stopping and leaving")
        failed = event.outcome in {"crashed", "killed"}
        self._unless(
            event, failed == (event.error is not None), f"its error is {event.error}"
        )
        if it.failure is None:
            self._unless(event, not failed or self._lost, "it has not failed before")
        elif failed:
            same = it.failure.error == event.error
            self._unless(event, same, f"what came out was {it.failure.error}")
        elif it.failed_late or not it.supervised:  # nobody can have forgiven it
            self._blame(event, f"{it.failure.error} has vanished")

    def _end_wait(self, event: ev.Event, who: int, agent: int) -> None:
        self._waits[who, agent] -= 1
        if self._waits[who, agent] < 0:
            self._unless(event, self._lost, "no such wait has begun")
            del self._waits[who, agent]

    def _leave(self, event: ev.Event, number: int) -> None:
        figure = self.on_stage(event, number)
        if figure is not None:
            figure.gone = True
        for (who, agent), waits in self._waits.items():
            if who == number and waits:
                self._blame(event, f"{who} still waits for {agent}")

    def _unless(self, event: ev.Event, holds: bool, text: str) -> None:
        if not holds:
            self._blame(event, text)
