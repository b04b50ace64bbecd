"""Who there was and what became of whom: the fold that pictures and stories share.

A recorder may have lost the beginning of a run: whatever is named without having been
introduced is there all the same, with what is known of it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import attrs

from .._model import events as ev
from .parts import Figure, Message, Scope, Turn, Wait


@attrs.define(eq=False)
class Scene:
    """What a sequence of events tells, by whom and by what it tells it."""

    events: Sequence[ev.Event]
    figures: dict[int, Figure] = attrs.field(factory=dict[int, Figure])
    """By number, in order of appearance, as all the others."""
    scopes: dict[int, Scope] = attrs.field(factory=dict[int, Scope])
    messages: dict[int, Message] = attrs.field(factory=dict[int, Message])
    waits: list[Wait] = attrs.field(factory=list[Wait])
    notes: list[ev.Noted] = attrs.field(factory=list[ev.Noted])

    @classmethod
    def of(cls, events: Sequence[ev.Event]) -> Self:
        """Fold events, which come in the order of their `seq`."""
        scene = cls(events)
        for event in events:
            for fold in _FOLDS:
                fold(scene, event)
        _name(scene.figures.values())
        return scene

    def figure(self, number: int) -> Figure:
        """The agent or task of that number, made up if nobody introduced it."""
        return self.figures.setdefault(number, Figure(number))

    def agent(self, number: int) -> Figure:
        """The same, of whom it is known to be an agent."""
        figure = self.figure(number)
        figure.kind = "agent"
        return figure

    def scope(self, number: int) -> Scope:
        """The scope of that number, made up if nobody introduced it."""
        return self.scopes.setdefault(number, Scope(number))

    def message(self, number: int) -> Message:
        """The message of that number, made up if nobody introduced it."""
        return self.messages.setdefault(number, Message(number))

    def name(self, number: int | None) -> str:
        """What to call an agent or task; "nobody" if there is none."""
        return "nobody" if number is None else self.figure(number).name

    def held(self) -> dict[int | None, list[Figure | Scope]]:
        """What each scope holds, as read from top to bottom; under None the outermost.

        After each figure come the scopes that it has opened; of these the one that is
        closed first, since it lies in those that are closed after it.
        """
        held: dict[int | None, list[Figure | Scope]] = {None: []}
        opened: dict[int, list[Scope]] = {}
        strays: list[Scope] = []
        for scope in sorted(self.scopes.values(), key=_closing):
            held[scope.number] = []
            owner = None if scope.owner is None else self.figures[scope.owner]
            if owner is not None and owner.scope == scope.parent:
                opened.setdefault(owner.number, []).append(scope)
            else:
                strays.append(scope)
        for figure in self.figures.values():
            held[figure.scope] += [figure, *opened.get(figure.number, ())]
        for scope in strays:
            held[scope.parent].append(scope)
        return held

    def lanes(self) -> Iterator[Figure]:
        """Everybody, as read from top to bottom."""
        held = self.held()
        ahead = held[None][::-1]
        while ahead:
            match ahead.pop():
                case Figure() as figure:
                    yield figure
                case Scope(number=number):
                    ahead += held[number][::-1]


def _closing(scope: Scope) -> tuple[float, int]:
    opened = scope.opened.seq if scope.opened else -1
    return (scope.closed.seq if scope.closed else math.inf, -opened)


def _scopes(scene: Scene, event: ev.Event) -> None:
    match event:
        case ev.ScopeOpened():
            scope = scene.scope(event.scope)
            scope.parent = _outside(scene, event)
            scope.owner = event.owner
            _introduce(scene, figure=event.owner)
            scope.name, scope.kind = event.name or "nursery", event.kind
            scope.deadline, scope.opened = event.deadline, event
        case ev.ScopeCancelled():
            scene.scope(event.scope).cancels.append(event)
        case ev.ScopeClosed():
            scene.scope(event.scope).closed = event
        case _:
            pass


def _outside(scene: Scene, event: ev.ScopeOpened) -> int | None:
    """The parent of a scope; none if a damaged recording has them in a ring."""
    above = event.parent
    while above is not None and above != event.scope:
        above = scene.scope(above).parent
    return event.parent if above is None else None


def _introduce(
    scene: Scene, *, scope: int | None = None, figure: int | None = None
) -> None:
    if scope is not None:
        scene.scope(scope)
    if figure is not None:
        scene.figure(figure)


def _lives(scene: Scene, event: ev.Event) -> None:
    match event:
        case ev.AgentStarted():
            agent = scene.agent(event.agent)
            agent.name, agent.type, agent.scope = event.name, event.type, event.scope
            agent.by, agent.pool, agent.capacity = event.by, event.pool, event.capacity
            agent.started = event
            _introduce(scene, scope=event.scope, figure=event.by)
        case ev.AgentReady():
            scene.agent(event.agent).ready.append(event)
        case ev.AgentLeaving():
            scene.agent(event.agent).leaving = event
        case ev.AgentLeft():
            scene.agent(event.agent).left = event
        case ev.TaskStarted():
            task = scene.figure(event.task)
            task.name, task.scope, task.by = event.name, event.scope, event.agent
            task.kind, task.started = "main" if event.main else "task", event
            _introduce(scene, scope=event.scope, figure=event.agent)
        case ev.TaskEnded():
            scene.figure(event.task).left = event
        case _:
            pass


def _troubles(scene: Scene, event: ev.Event) -> None:
    match event:
        case ev.AgentFailed():
            scene.agent(event.agent).failures.append(event)
        case ev.AgentRestarted():
            scene.agent(event.agent).restarts.append(event)
        case ev.AgentStopping():
            scene.agent(event.agent).stopping = event
        case ev.StepWasLong():
            scene.figure(event.who).long_steps.append(event)
        case _:
            pass


def _posts(scene: Scene, event: ev.Event) -> None:
    match event:
        case ev.MessageOffered():
            message = scene.message(event.message)
            message.src, message.dst = event.src, event.dst
            message.type, message.text = event.type, event.text or event.type
            message.kind, message.cause = event.kind, event.cause
            message.context, message.offered = event.context, event
            scene.agent(event.dst)
            _introduce(scene, figure=event.src)
        case ev.MessageWaits():
            scene.message(event.message).waits = event
        case ev.MessageAccepted():
            scene.message(event.message).accepted = event
        case ev.AskAnswered() | ev.AskLeft():
            message = scene.message(event.message)
            message.kind, message.answered = "ask", event
        case _:
            pass


def _turns(scene: Scene, event: ev.Event) -> None:
    match event:
        case ev.MessageBegun():
            message = scene.message(event.message)
            message.turns.append(Turn(scene.agent(event.agent).number, event))
            if message.dst is None:
                message.dst = event.agent
        case ev.MessagePostponed():
            _end_turn(scene.message(event.message), event)
        case ev.MessageEnded():
            message = scene.message(event.message)
            message.ended = event
            _end_turn(message, event)
        case _:
            pass


def _end_turn(message: Message, event: ev.MessagePostponed | ev.MessageEnded) -> None:
    if message.turns and message.turns[-1].ended is None:
        message.turns[-1].ended = event


def _rest(scene: Scene, event: ev.Event) -> None:
    match event:
        case ev.WaitBegan():
            scene.figure(event.who)
            scene.agent(event.agent)
            scene.waits.append(Wait(event.who, event.agent, event.what, event))
        case ev.WaitEnded():
            for wait in reversed(scene.waits):
                if (wait.who, wait.agent, wait.ended) == (event.who, event.agent, None):
                    wait.ended = event
                    break
        case ev.Noted():
            scene.notes.append(event)
            _introduce(scene, figure=event.who)
        case ev.StoodAt():
            scene.figure(event.who).stood.append(event)
        case _:
            pass


_FOLDS = (_scopes, _lives, _troubles, _posts, _turns, _rest)


def _name(figures: Iterable[Figure]) -> None:
    """Tell apart whoever has the same name, and call the unknown something."""
    taken: dict[str, int] = {}
    for figure in figures:
        name = figure.name or f"{figure.kind} {figure.number}"
        figure.name = name
        while figure.name in taken:
            taken[name] += 1
            figure.name = f"{name} #{taken[name]}"
        taken[figure.name] = 1
