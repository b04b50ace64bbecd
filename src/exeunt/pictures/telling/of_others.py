"""Beats about scopes, tasks and waits."""

from collections.abc import Iterator

from ..._model import events as ev
from ..parts import Message
from ..scene import Scene
from . import phrases
from .beats import Beat, Context, near
from .phrases import called, named, titled
from .sentences import sentence


def beat_of_other(context: Context, event: ev.Event) -> Beat | None:
    """Tell what is neither an agent's life nor a message's way."""
    match event:
        case ev.TaskStarted():
            return _task_started(context.scene, event)
        case ev.TaskEnded():
            after = phrases.finishes(event)
            several = after.replace(" is ", " are ").replace(" ends", " end")
            trouble = event.outcome == "failed"
            who = named(context.scene, event.task)
            return _beat(
                event, thing=who, after=after, several=several, trouble=trouble
            )
        case ev.ScopeOpened(kind="run") | ev.ScopeClosed() if _is_of_main(
            context, event
        ):
            context.say(event)
            return None
        case ev.WaitBegan() | ev.WaitEnded() if _needs_no_words(context, event):
            context.say(event)
            return None
        case _:
            text = sentence(context.scene, event)
            if text is None:
                return None
            trouble = isinstance(event, ev.ScopeCancelled | ev.AskLeft | ev.StepWasLong)
            return _beat(event, text, trouble=trouble)


def _beat(
    event: ev.Event,
    before: str = "",
    thing: str = "",
    after: str = "",
    several: str = "",
    *,
    trouble: bool = False,
) -> Beat:
    return Beat(
        t=event.t,
        before=before,
        thing=thing,
        after=after,
        several=several,
        like=(type(event), before, after, trouble),
        trouble=trouble,
    )


def _task_started(scene: Scene, event: ev.TaskStarted) -> Beat:
    who = named(scene, event.task)
    where = ""
    if event.agent is not None:
        where = f" for {named(scene, event.agent)}"
    elif event.scope is not None and not event.main:
        where = f" in {called(scene, event.scope)}"
    return _beat(event, thing=who, after=f" begins{where}", several=f" begin{where}")


def _is_of_main(context: Context, event: ev.ScopeOpened | ev.ScopeClosed) -> bool:
    """Whether it is the run itself, which begins and ends with its main task."""
    if context.scene.scopes[event.scope].kind != "run":
        return False
    begins = isinstance(event, ev.ScopeOpened)
    return any(
        figure.kind == "main" and (figure.started if begins else figure.left)
        for figure in context.scene.figures.values()
    )


def _needs_no_words(context: Context, event: ev.WaitBegan | ev.WaitEnded) -> bool:
    """Whether a wait says nothing that is not said by what is waited for."""
    wait = context.waits.get(event.seq)
    if wait is not None and wait.what == "start":
        return True
    if isinstance(event, ev.WaitEnded):
        agent = context.scene.figures.get(event.agent)
        left = agent.left if agent else None
        return left is not None and left.seq < event.seq
    return wait is not None and wait.ended is not None and near(event, wait.ended)


def in_the_end(scene: Scene) -> Iterator[Beat]:
    """Tell what is not over when the recording is."""
    if not scene.events:
        return
    for message in scene.messages.values():
        if message.ended is None or (message.kind == "ask" and not message.answered):
            parts = _unfinished(scene, message)
            if parts is not None:
                yield _beat(scene.events[-1], *parts, trouble=True)
    for wait in scene.waits:
        if wait.ended is None:
            waits = sentence(scene, wait.begun) or ""
            yield _beat(scene.events[-1], f"at last, {waits}", trouble=True)


def _unfinished(scene: Scene, message: Message) -> tuple[str, str, str, str] | None:
    """Who still waits for what, or has it in hand."""
    src, dst = named(scene, message.src), named(scene, message.dst)
    text = titled(message)
    if message.kind == "ask" and not message.answered:
        return f"at last, {src} waits for {dst} to answer ", text, "", ""
    if message.ended:
        return None
    if message.turns and message.turns[-1].ended is None:
        return f"at last, {phrases.handler(scene, message)} is at ", text, "", ""
    if message.accepted is None and message.waits:
        return f"at last, {src} waits for room at {dst} for ", text, "", ""
    where = f" in the mailbox of {dst}"
    return "at last, ", text, f" is{where}", f" are{where}"
