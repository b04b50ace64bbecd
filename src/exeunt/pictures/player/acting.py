"""Of whom an event tells, and what it means for where they stand."""

from exeunt._model import events as ev
from exeunt.pictures.scene import Scene


def actors(scene: Scene) -> list[int | None]:
    """Of whom each event of a run tells, as its sentence does.

    Who tells an agent to stop is not recorded. It is whoever acts next, at that time.
    """
    found: list[int | None] = []
    after: ev.Event | None = None
    for event in reversed(scene.events):
        who = _actor(scene, event)
        told = isinstance(event, ev.AgentStopping) and event.how == "stop"
        if told and after is not None and after.t == event.t:
            who = found[-1]
        found.append(who)
        after = event
    return found[::-1]


def _actor(scene: Scene, event: ev.Event) -> int | None:
    match event:
        case ev.ScopeOpened(owner=who) | ev.AgentStarted(by=who):
            return who
        case ev.ScopeCancelled(by=int(who)):
            return who
        case ev.ScopeCancelled() | ev.ScopeClosed():
            return scene.scopes[event.scope].owner
        case ev.TaskStarted(task=who) | ev.TaskEnded(task=who):
            return who
        case ev.WaitBegan(who=who) | ev.WaitEnded(who=who) | ev.Noted(who=who):
            return who
        case ev.StoodAt(who=who) | ev.StepWasLong(who=who):
            return who
        case _:
            agent: int | None = getattr(event, "agent", None)
            return _correspondent(scene, event) if agent is None else agent


def _correspondent(scene: Scene, event: ev.Event) -> int | None:
    """Who sends a message, or who handles it."""
    number: int | None = getattr(event, "message", None)
    if number is None:
        return None
    message = scene.messages[number]
    match event:
        case ev.MessageEnded(fate="refused" | "withdrawn"):
            return message.src
        case ev.MessageEnded() | ev.MessagePostponed():
            return message.turns[-1].agent if message.turns else message.dst
        case _:
            return message.src


def looks_back(event: ev.Event) -> bool:
    """Whether something has ended that began where its actor stood so far."""
    match event:
        case ev.AgentFailed() | ev.MessageEnded() | ev.MessagePostponed():
            return True
        case ev.MessageAccepted() | ev.WaitEnded() | ev.AskAnswered() | ev.AskLeft():
            return True
        case _:
            return False


def ends_all(event: ev.Event, scene: Scene) -> bool:
    """Whether its actor is in no line of the program any more."""
    match event:
        case ev.AgentLeft() | ev.TaskEnded():
            return True
        case ev.MessageEnded() | ev.MessagePostponed():
            turns = scene.messages[event.message].turns
            return bool(turns) and turns[-1].ended is event
        case _:
            return False


def is_trouble(event: ev.Event) -> bool:
    """Whether something goes wrong, or is cut short."""
    match event:
        case ev.ScopeCancelled() | ev.AgentFailed() | ev.StepWasLong():
            return True
        case ev.MessageEnded(fate=fate):
            return fate != "handled"
        case ev.AgentLeft(outcome=outcome) | ev.TaskEnded(outcome=outcome):
            return outcome in ("crashed", "killed", "failed")
        case _:
            return False
