"""Beats about messages: sent, waiting for room, begun, and what became of them."""

from ..._model import events as ev
from ..parts import Message
from . import phrases
from .beats import Beat, Context
from .phrases import because, known, lasted, named, titled


def beat_of_message(context: Context, event: ev.Event) -> Beat | None:
    """Tell an event of a message, and what follows from it at once."""
    match event:
        case ev.MessageOffered():
            return _offered(context, known(context.scene, event.message), event)
        case ev.MessageAccepted():
            message = known(context.scene, event.message)
            parts = phrases.accepted(context.scene, message)
            return _beat(event, message, parts)
        case ev.MessageBegun():
            return _begun(context, known(context.scene, event.message), event)
        case ev.MessagePostponed():
            message = known(context.scene, event.message)
            who = phrases.handler(context.scene, message)
            return _beat(event, message, (f"{who} puts off ", titled(message), ""))
        case ev.MessageEnded():
            return _ended(context, known(context.scene, event.message), event)
        case ev.AskAnswered():
            return _answered(context, known(context.scene, event.message), event)
        case _:
            return None


def _beat(
    event: ev.Event,
    message: Message,
    parts: tuple[str, str, str],
    more: str = "",
    *,
    trouble: bool = False,
) -> Beat:
    before, thing, after = parts
    several = (
        f" are {after.removeprefix(' is ')}" if after.startswith(" is ") else after
    )
    return Beat(
        t=event.t,
        before=before,
        thing=thing,
        after=after + more,
        several=several + more,
        like=(type(event), message.type, message.src, message.dst, trouble, before),
        trouble=trouble,
    )


def _offered(context: Context, message: Message, event: ev.MessageOffered) -> Beat:
    if context.at_once(event, message.waits):
        context.say(message.waits)
        if not context.at_once(event, message.room):
            return _waits(context, message, event)
    parts = phrases.offer(context.scene, message)
    if context.at_once(event, message.accepted):
        context.say(message.accepted)
    if context.at_once(event, message.ended) and not message.turns:
        lost = _lost_at_once(context, message)
        if lost:
            context.say(message.ended)
            return _beat(event, message, parts, lost, trouble=True)
    return _beat(event, message, parts, _goes_on(context, message))


def _waits(context: Context, message: Message, event: ev.MessageOffered) -> Beat:
    parts = phrases.offer(context.scene, message, wants=True)
    if parts[2]:
        full = phrases.full(context.scene, message, ", whose mailbox")
        return _beat(event, message, parts, f"{full}, and waits")
    who = named(context.scene, message.src)
    return _beat(event, message, parts, f"{_but_full(context, message)}: {who} waits")


def _but_full(context: Context, message: Message) -> str:
    return f", but {phrases.full(context.scene, message)}"


def _lost_at_once(context: Context, message: Message) -> str:
    """What becomes of a message that has no luck at all."""
    dst = named(context.scene, message.dst)
    match message.fate:
        case "refused":
            return f", but {dst} does not take it{because(message.error)}"
        case "dropped":
            return f"{_but_full(context, message)}: it is never handled"
        case _:
            return ""


def _goes_on(context: Context, message: Message) -> str:
    """What happens to a message as soon as it is sent."""
    turn = message.turns[0] if message.turns else None
    asks = message.kind == "ask"
    if turn is None or not context.at_once(message.offered, turn.begun):
        return ", and waits" if asks else ""
    context.say(turn.begun)
    who = f"; {named(context.scene, turn.agent)}"
    if message.kind == "send" and message.src is not None and turn.agent == message.dst:
        who = ", which"
    if context.is_quiet(message) and not _waits_on(context, message):
        context.say(message.ended, message.answered)
        return ", and has the answer at once" if asks else f"{who} handles it at once"
    return ", and waits" if asks else f"{who} begins at once"


def _waits_on(context: Context, message: Message) -> bool:
    """Whether the answer to an ask is a story of its own."""
    if message.kind != "ask":
        return message.answered is not None
    if not isinstance(message.answered, ev.AskAnswered) or message.answered.error:
        return True
    at_once = context.at_once(message.answered, message.ended)
    return message.fate != "handled" or not at_once


def _begun(context: Context, message: Message, event: ev.MessageBegun) -> Beat:
    who, text = named(context.scene, event.agent), titled(message)
    if not context.is_quiet(message) or _waits_on(context, message):
        return _beat(event, message, (f"{who} begins ", text, ""))
    context.say(message.ended, message.answered)
    if message.kind != "ask":
        return _beat(event, message, (f"{who} handles ", text, " at once"))
    waited = lasted(message.offered, message.answered, " after ")
    glad = f"; {named(context.scene, message.src)} has the answer{waited}"
    return _beat(event, message, (f"{who} handles ", text, glad))


def _ended(context: Context, message: Message, event: ev.MessageEnded) -> Beat:
    parts = phrases.ended(context.scene, message, event)
    match event.fate:
        case "handled":
            return _beat(event, message, parts, _and_then(context, message, event))
        case "failed":
            return _crash(context, message, event)
        case "interrupted":
            more = ", and leaves" if _leaves(context, message) else ""
            return _beat(event, message, parts, more, trouble=True)
        case _:
            return _beat(event, message, parts, trouble=True)


def _leaves(context: Context, message: Message) -> bool:
    """Whether an agent has to leave at once, and without an error; then it is told."""
    agent = context.scene.figures[message.turns[-1].agent] if message.turns else None
    left = agent.left if agent else None
    if agent is None or not isinstance(left, ev.AgentLeft) or left.error:
        return False
    if left.outcome != "cancelled" or not context.at_once(message.ended, left):
        return False
    context.say(agent.leaving, left)
    return True


def _and_then(context: Context, message: Message, event: ev.MessageEnded) -> str:
    """Who is glad that a message is handled, or what its agent begins next."""
    if message.kind == "ask" and not _waits_on(context, message):
        context.say(message.answered)
        return f"; {named(context.scene, message.src)} has the answer"
    begun = context.begun_after.get(event.seq)
    if begun is None or context.is_said(begun):
        return ""
    following = known(context.scene, begun.message)
    if context.is_quiet(following):
        return ""
    context.say(begun)
    return f", and begins {titled(following)}"


def _crash(context: Context, message: Message, event: ev.MessageEnded) -> Beat:
    failure = context.failed_with.get(message.number)
    if failure is None:
        parts = phrases.ended(context.scene, message, event)
        return _beat(event, message, parts, trouble=True)
    context.say(event, failure)
    return crash(context, message, failure)


def crash(context: Context, message: Message, event: ev.AgentFailed) -> Beat:
    """Tell that an agent has crashed on a message."""
    context.say(message.ended)
    took = lasted(message.turns[-1].begun, message.ended, " after ")
    before = f"{phrases.handler(context.scene, message)} crashes on "
    parts = (before, titled(message), f"{took}{because(event.error)}")
    return _beat(event, message, parts, trouble=True)


def _answered(context: Context, message: Message, event: ev.AskAnswered) -> Beat | None:
    if not _waits_on(context, message):
        context.say(event)  # with the end of its turn
        return None
    text = phrases.answered(context.scene, message, event)
    failed = event.error is not None
    return _beat(event, message, (text, "", ""), trouble=failed)
