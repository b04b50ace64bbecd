"""Beats about scopes, agents and tasks: how they come, and how they go."""

from bisect import bisect

from ..._model import events as ev
from ..parts import Figure
from ..scene import Scene
from ..words import count
from . import phrases
from .beats import Beat, Context, near, seq_of
from .of_messages import crash
from .phrases import because, known, lasted, named, titled


def beat_of_life(context: Context, event: ev.Event) -> Beat | None:
    """Tell an event of an agent's life, and what follows from it at once."""
    match event:
        case ev.AgentStarted():
            return _started(context, event)
        case ev.AgentReady():
            return _ready(context, event)
        case ev.AgentFailed():
            message = context.failures.get(event.seq)
            if message is not None:
                return crash(context, message, event)
            text = phrases.crashes(context.scene, event)
            return _beat(event, text, trouble=True)
        case ev.AgentRestarted():
            return _restarted(context, event)
        case ev.AgentStopping():
            return _stopping(context, event)
        case ev.AgentLeaving():
            return _leaving(context, event)
        case ev.AgentLeft():
            return _left(context, event)
        case _:
            return None


def _beat(
    event: ev.Event,
    before: str = "",
    thing: str = "",
    after: str = "",
    several: str | None = None,
    *,
    trouble: bool = False,
) -> Beat:
    return Beat(
        t=event.t,
        before=before,
        thing=thing,
        after=after,
        several=after if several is None else several,
        like=(type(event), before, thing, trouble),
        trouble=trouble,
    )


def _started(context: Context, event: ev.AgentStarted) -> Beat:
    agent = context.scene.figures[event.agent]
    if agent.ready and near(event, agent.ready[0]):
        context.say(agent.ready[0])
    return _beat(
        event,
        phrases.starts(context.scene, event),
        named(context.scene, event.agent),
        phrases.kind_of(event),
        phrases.kind_of(event, " each"),
    )


def _ready(context: Context, event: ev.AgentReady) -> Beat:
    agent = context.scene.figures[event.agent]
    restarts = agent.restarts[: bisect(agent.restarts, event.seq, key=seq_of)]
    begun = restarts[-1] if restarts else agent.started
    again = " again" if restarts else ""
    took = lasted(begun, event, " after ")
    return _both(event, named(context.scene, event.agent), "is", f"ready{again}{took}")


def _both(
    event: ev.Event, thing: str, verb: str, after: str, *, trouble: bool = False
) -> Beat:
    """What one does and several do: "is ready", "are ready"."""
    plural = {"is": "are"}.get(verb, verb.removesuffix("s"))
    one, several = f" {verb} {after}".rstrip(" "), f" {plural} {after}".rstrip(" ")
    return _beat(event, "", thing, one, several, trouble=trouble)


def _restarted(context: Context, event: ev.AgentRestarted) -> Beat:
    ready = context.scene.figures[event.agent].ready
    following = ready[bisect(ready, event.seq, key=seq_of) :][:1]
    context.say(*(one for one in following if near(one, event)))
    after = f"again (restart {event.restarts:,})"
    begun = context.begun_after.get(event.seq)
    if begun is not None and not context.is_said(begun):
        message = known(context.scene, begun.message)
        if not context.is_quiet(message):
            context.say(begun)
            after += f", with {titled(message)}"
    who = named(context.scene, event.agent)
    return _both(event, who, "begins", after, trouble=True)


def _stopping(context: Context, event: ev.AgentStopping) -> Beat | None:
    agent = context.scene.figures[event.agent]
    who = named(context.scene, event.agent)
    if _is_told(context.scene, agent, event):
        context.say(event)
        return None
    if event.how == "cancel":
        return _both(
            event, who, "is", f"cancelled{because(event.reason)}", trouble=True
        )
    if event.how != "stop":
        return _beat(event, "", who, phrases.stops(event), trouble=True)
    if _leaves_at_once(agent, event):
        context.say(agent.leaving, agent.left)
        return _beat(
            event,
            "",
            who,
            " is told to stop, and leaves",
            " are told to stop, and leave",
        )
    messages = context.left_to_handle(event.agent, event)
    first = (
        f", and has {count(messages, 'message')} to handle first" if messages else ""
    )
    return _both(event, who, "is", f"told to stop{first}")


def _is_told(scene: Scene, agent: Figure, event: ev.AgentStopping) -> bool:
    """Whether it goes without saying: it has crashed, or a scope was cancelled."""
    if event.how in {"crash", "kill"}:
        return bool(agent.failures)
    number = agent.scope if event.how == "cancel" else None
    while number is not None:
        scope = scene.scopes[number]
        if any(near(cancel, event) for cancel in scope.cancels):
            return True
        number = scope.parent
    return False


def _leaves_at_once(agent: Figure, event: ev.AgentStopping) -> bool:
    left = agent.left
    return (
        isinstance(left, ev.AgentLeft)
        and left.outcome == "stopped"
        and not left.error
        and left.seq > event.seq
        and near(event, left)
    )


def _leaving(context: Context, event: ev.AgentLeaving) -> Beat | None:
    left = context.scene.figures[event.agent].left
    if left is not None and near(event, left):
        context.say(event)
        return None
    took = lasted(event, left, "for ")
    return _beat(
        event, "", named(context.scene, event.agent), f" cleans up {took}".rstrip()
    )


def _left(context: Context, event: ev.AgentLeft) -> Beat:
    agent = context.scene.figures[event.agent]
    told = any(failure.error == event.error for failure in agent.failures)
    how = "" if event.outcome == "stopped" else f", {event.outcome}"
    error = "" if told else because(event.error)
    who = named(context.scene, event.agent)
    trouble = event.outcome in {"crashed", "killed"}
    return _beat(
        event, "", who, f" leaves{how}{error}", f" leave{how}{error}", trouble=trouble
    )
