"""A run in one sentence: who, what became of it, and what went wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator

from .._model import events as ev
from .saying import NEVER, why
from .scene import Scene
from .words import count, seconds, times

_WORDS: dict[str | None, str] = {
    "handled": "handled",
    "failed": "failed",
    "interrupted": "interrupted",
    "refused": "refused",
    "withdrawn": "withdrawn",
    **dict.fromkeys(NEVER, "never handled"),
    None: "still under way",
}
MOST = 3
"""So many failures or cancellations are told, and then how many more there were."""


def headline(scene: Scene) -> list[str]:
    """What is to be known of a run at once, in phrases; the first counts."""
    phrases = [_who(scene)]
    if scene.messages:
        phrases.append(_messages(scene))
    phrases += _some(_failures(scene), "failure")
    restarts = sum(len(figure.restarts) for figure in scene.figures.values())
    if restarts:
        phrases.append(count(restarts, "restart"))
    phrases += _some(_cancels(scene), "cancellation")
    phrases += _longest(scene)
    return phrases


def _who(scene: Scene) -> str:
    agents = sum(figure.kind == "agent" for figure in scene.figures.values())
    tasks = sum(figure.kind == "task" for figure in scene.figures.values())
    said = [count(agents, "agent")] if agents else []
    said += [count(tasks, "task")] if tasks else []
    return " and ".join(said) or ("nothing happened" if not scene.events else "1 task")


def _messages(scene: Scene) -> str:
    fates = Counter(_WORDS[message.fate] for message in scene.messages.values())
    words = dict.fromkeys(_WORDS.values())
    said = ", ".join(f"{fates[word]:,} {word}" for word in words if fates[word])
    return f"{count(len(scene.messages), 'message')}: {said}"


def _failures(scene: Scene) -> Iterator[str]:
    for figure in scene.figures.values():
        for failure in figure.failures:
            yield f"{figure.name} failed {failure.doing}: {failure.error}"
        if isinstance(figure.left, ev.TaskEnded) and figure.left.outcome == "failed":
            yield f"{figure.name} failed: {figure.left.error or 'it is not known how'}"


def _cancels(scene: Scene) -> Iterator[str]:
    for scope in scene.scopes.values():
        for cancel in scope.cancels[:1]:
            reason = why(cancel)
            yield f"“{scope.name}” cancelled" + (f": {reason}" if reason else "")
    for figure in scene.figures.values():
        stopping = figure.stopping
        if stopping is None or stopping.how != "cancel" or not stopping.reason:
            continue
        if not _around(scene, figure.scope, stopping.reason):
            yield f"{figure.name} cancelled: {stopping.reason}"


def _around(scene: Scene, number: int | None, reason: str) -> bool:
    """Whether a scope around was cancelled for that reason: it is told there."""
    while number is not None:
        scope = scene.scopes[number]
        if any(cancel.reason == reason for cancel in scope.cancels):
            return True
        number = scope.parent
    return False


def _some(found: Iterable[str], thing: str) -> list[str]:
    often = Counter(found)
    said = [one if n == 1 else f"{one} ({times(n)})" for one, n in often.items()]
    more = len(said) - MOST
    return said if more <= 1 else [*said[:MOST], f"{count(more, f'more {thing}')}"]


def _longest(scene: Scene) -> Iterator[str]:
    """Who waited longest for whom, and what lay longest in a mailbox."""
    held: list[tuple[float, str]] = []
    lay: list[tuple[float, str]] = []
    for message in scene.messages.values():
        src, dst = scene.name(message.src), scene.name(message.dst)
        room = f"{src}, for room in the mailbox of {dst}"
        held += _took(message.waits, message.room, room)
        if message.kind == "ask":
            answer = f"{src}, for an answer from {dst}"
            held += _took(message.room, message.answered, answer)
        taken = message.turns[0].begun if message.turns else message.ended
        lay += _took(message.accepted, taken, f"{message.text}, to {dst}")
    for title, found in (("longest wait", held), ("longest in a mailbox", lay)):
        if found:
            longest, what = max(found, key=lambda one: one[0])
            yield f"{title} {seconds(longest)}: {what}"


def _took(
    begun: ev.Event | None, ended: ev.Event | None, what: str
) -> Iterator[tuple[float, str]]:
    if begun and ended and ended.t > begun.t:
        yield ended.t - begun.t, what
