"""One sentence for each event, as a player shows it."""

from ..._model import events as ev
from ..scene import Scene
from ..words import seconds
from . import phrases
from .phrases import brief, called, known, lasted, named, titled


def sentence(scene: Scene, event: ev.Event) -> str | None:
    """Tell one event; None for one that only says where somebody stands."""
    for tell in (_of_scopes, _of_lives, _of_ends, _of_messages, _of_turns, _of_rest):
        told = tell(scene, event)
        if told is not None:
            return told
    return None


def _of_scopes(scene: Scene, event: ev.Event) -> str | None:
    match event:
        case ev.ScopeOpened(kind="run"):
            return "the run begins"
        case ev.ScopeOpened():
            return phrases.opens(scene, event)
        case ev.ScopeCancelled():
            return phrases.cancels(scene, event)
        case ev.ScopeClosed():
            scope = scene.scopes.get(event.scope)
            ends = "ends" if scope and scope.kind == "run" else "closes"
            return f"{called(scene, event.scope)} {ends}"
        case _:
            return None


def _of_lives(scene: Scene, event: ev.Event) -> str | None:
    match event:
        case ev.AgentStarted():
            kind = phrases.kind_of(event)
            return f"{phrases.starts(scene, event)}{named(scene, event.agent)}{kind}"
        case ev.AgentReady():
            agent = scene.figures.get(event.agent)
            again = agent is not None and agent.ready[:1] != [event]
            return f"{named(scene, event.agent)} is ready{' again' if again else ''}"
        case ev.AgentFailed():
            return phrases.crashes(scene, event)
        case ev.AgentRestarted():
            who = named(scene, event.agent)
            return f"{who} begins again (restart {event.restarts:,})"
        case ev.TaskStarted():
            scope = None if event.main else event.scope
            where = "" if scope is None else f" in {called(scene, scope)}"
            return f"{named(scene, event.task)} begins{where}"
        case _:
            return None


def _of_ends(scene: Scene, event: ev.Event) -> str | None:
    match event:
        case ev.AgentStopping():
            return f"{named(scene, event.agent)}{phrases.stops(event)}"
        case ev.AgentLeaving():
            return f"{named(scene, event.agent)} cleans up"
        case ev.AgentLeft():
            return f"{named(scene, event.agent)} leaves{phrases.leaves(event)}"
        case ev.TaskEnded():
            return f"{named(scene, event.task)}{phrases.finishes(event)}"
        case _:
            return None


def _of_messages(scene: Scene, event: ev.Event) -> str | None:
    match event:
        case ev.MessageOffered():
            return "".join(phrases.offer(scene, known(scene, event.message)))
        case ev.MessageWaits():
            message = known(scene, event.message)
            who, where = named(scene, message.src), phrases.full(scene, message)
            return f"{who} has to wait with {titled(message)}: {where}"
        case ev.MessageAccepted():
            return "".join(phrases.accepted(scene, known(scene, event.message)))
        case ev.AskAnswered():
            return phrases.answered(scene, known(scene, event.message), event)
        case ev.AskLeft():
            message = known(scene, event.message)
            who, dst = named(scene, message.src), named(scene, message.dst)
            return f"{who} gives up: {dst} has not answered {titled(message)}"
        case _:
            return None


def _of_turns(scene: Scene, event: ev.Event) -> str | None:
    match event:
        case ev.MessageBegun():
            message = known(scene, event.message)
            lay = lasted(message.accepted, event, ", which has waited ")
            return f"{named(scene, event.agent)} begins {titled(message)}{lay}"
        case ev.MessagePostponed():
            message = known(scene, event.message)
            return f"{phrases.handler(scene, message)} puts off {titled(message)}"
        case ev.MessageEnded():
            message = known(scene, event.message)
            return "".join(phrases.ended(scene, message, event))
        case _:
            return None


def _of_rest(scene: Scene, event: ev.Event) -> str | None:
    match event:
        case ev.WaitBegan():
            what = "be ready" if event.what == "start" else "leave"
            who, agent = named(scene, event.who), named(scene, event.agent)
            return f"{who} waits for {agent} to {what}"
        case ev.WaitEnded():
            return _waited(scene, event)
        case ev.Noted():
            who = "" if event.who is None else f"{named(scene, event.who)}: "
            return f"{who}“{brief(event.text, 200)}”"
        case ev.StepWasLong():
            where = f", in {brief(event.where)}" if event.where else ""
            took = seconds(event.took)
            return (
                f"{named(scene, event.who)} keeps all others waiting for {took}{where}"
            )
        case _:
            return None


def _waited(scene: Scene, event: ev.WaitEnded) -> str:
    who, agent = named(scene, event.who), named(scene, event.agent)
    figure = scene.figures.get(event.agent)
    if figure and figure.left and figure.left.seq < event.seq:
        return f"{agent} has left: {who} goes on"
    if figure and figure.ready and figure.ready[0].seq < event.seq:
        return f"{agent} is ready: {who} goes on"
    return f"{who} does not wait for {agent} any more"
