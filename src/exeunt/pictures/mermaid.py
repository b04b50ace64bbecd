"""A run as a Mermaid sequence diagram, which GitHub draws in issues and pages.

It shows who was there, who sent and asked what, and the trouble; neither time nor
mailboxes. Of a long run the middle is left out, and the diagram says so.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import attrs

from .._model import events as ev
from .parts import Figure, Message
from .scene import Scene
from .telling.folding import listed
from .telling.phrases import brief, called, known, named
from .telling.sentences import sentence
from .words import count

_MOST_FIGURES = 24
_MOST_STEPS = 120
_LONGEST = 120
_DANGEROUS = re.compile(
    r"[#;\"<>{}%$@`\\|&*~^+]|(?<![a-z0-9])-|-(?![a-z0-9])|\be(?=nd\b)|(?<=wrap):",
    re.IGNORECASE | re.ASCII,
)


@attrs.frozen
class _Step:
    """One line of the diagram."""

    line: str
    """With a place for its text."""
    text: str
    several: bool = False
    """Whether more of the same can share its line."""
    asks: int | None = None
    """The message whose answer is awaited from here on."""
    answers: int | None = None


def mermaid(events: Sequence[ev.Event], *, title: str = "") -> str:
    """Give a run as the text of a Mermaid sequence diagram.

    Args:
        events: what happened, in order.
        title: what stands above it.

    Returns:
        The text, to be put into a block marked ``mermaid``.
    """
    scene = Scene.of(events)
    figures, left_out = _cast(scene)
    steps = [*_steps(scene, [figure.number for figure in figures])]
    lines = ["sequenceDiagram"]
    if title.strip():
        lines.append(f"    title {_safe(title)}")
    lines += _participants(scene, figures)
    if left_out and figures:
        more = count(left_out, "agent or task", "agents and tasks")
        lines.append(f"    Note over {_all(figures)}: {more} left out")
    lines += _lines(steps, _all(figures))
    return "\n".join(lines) + "\n"


def _cast(scene: Scene) -> tuple[list[Figure], int]:
    """Who is drawn, from left to right, and how many more take part."""
    messages = scene.messages.values()
    speaking = {one for message in messages for one in (message.src, message.dst)}
    cast = [
        figure
        for figure in scene.lanes()
        if figure.kind != "task" or figure.number in speaking or not messages
    ]
    return cast[:_MOST_FIGURES], len(cast[_MOST_FIGURES:])


def _participants(scene: Scene, figures: Sequence[Figure]) -> Iterator[str]:
    for scope, together in groupby(figures, lambda figure: figure.scope):
        boxed = scope is not None and scene.scopes[scope].kind != "run"
        if boxed and scope is not None:
            yield f"    box transparent {_safe(called(scene, scope))}"
        for figure in together:
            name = _safe(named(scene, figure.number)).replace(":", "#58;")
            yield f"    participant {_id(figure.number)} as {name}"
        if boxed:
            yield "    end"


def _id(number: int) -> str:
    return f"p{number}".replace("-", "_")


def _all(figures: Sequence[Figure]) -> str:
    return _over([figure.number for figure in figures])


def _over(numbers: Sequence[int]) -> str:
    return ",".join(dict.fromkeys(map(_id, (*numbers[:1], *numbers[-1:]))))


def _safe(text: str) -> str:
    """Text that ends no line and opens nothing: what is dangerous as a number."""
    text = _DANGEROUS.sub(lambda it: f"#{ord(it[0])};", brief(text, _LONGEST))
    return text or "…"


def _steps(scene: Scene, cast: Sequence[int]) -> Iterator[_Step]:
    for event in scene.events:
        match event:
            case ev.MessageOffered(src=int()):
                yield from _offer(known(scene, event.message), cast)
            case ev.AskAnswered():
                yield from _answer(known(scene, event.message), event, cast)
            case _ if _is_worth_a_note(scene, event):
                over = [who for who in _whom(scene, event, cast) if who in cast]
                if over:
                    text = sentence(scene, event) or ""
                    text = text.removeprefix(f"{named(scene, over[0])} ")
                    yield _Step(f"Note over {_over(over)}: %", text)
            case _:
                pass


def _offer(message: Message, cast: Sequence[int]) -> Iterator[_Step]:
    src, dst = message.src, message.dst
    if src is None or dst is None or src not in cast or dst not in cast:
        return
    asks = message.kind == "ask" and isinstance(message.answered, ev.AskAnswered)
    arrow = "-x" if message.fate == "refused" else "->>"
    line = f"{_id(src)}{arrow}{'+' if asks else ''}{_id(dst)}: %"
    number = message.number if asks else None
    yield _Step(line, message.text, several=not asks, asks=number)


def _answer(
    message: Message, event: ev.AskAnswered, cast: Sequence[int]
) -> Iterator[_Step]:
    src, dst = message.src, message.dst
    if src is None or dst is None or src not in cast or dst not in cast:
        return
    arrow = "-->>" if event.error is None else "--x"
    text = event.error or f"answer to {message.text}"
    line = f"{_id(dst)}{arrow}-{_id(src)}: %"
    yield _Step(line, text, answers=message.number)


def _is_worth_a_note(scene: Scene, event: ev.Event) -> bool:
    match event:
        case ev.AgentFailed() | ev.AgentRestarted() | ev.ScopeCancelled():
            return True
        case ev.MessageOffered() | ev.MessageWaits() | ev.AskLeft():
            return True
        case ev.Noted() | ev.StepWasLong():
            return True
        case ev.MessageEnded():
            message = scene.messages[event.message]
            crashed = event.fate == "failed" and _has_failed(scene, message)
            return event.fate != "handled" and not crashed
        case ev.TaskEnded():
            return event.outcome == "failed" or not scene.messages
        case ev.TaskStarted():
            return not scene.messages
        case _:
            return False


def _has_failed(scene: Scene, message: Message) -> bool:
    """Whether its agent's failure is on record, and told by itself."""
    return any(scene.figures[turn.agent].failures for turn in message.turns)


def _whom(scene: Scene, event: ev.Event, cast: Sequence[int]) -> Sequence[int]:
    """Over whom a note about an event stands, from left to right."""
    match event:
        case ev.AgentFailed(agent=who) | ev.AgentRestarted(agent=who):
            return [who]
        case ev.TaskStarted(task=who) | ev.TaskEnded(task=who):
            return [who]
        case ev.StepWasLong(who=who):
            return [who]
        case ev.Noted():
            return cast if event.who is None else [event.who]
        case ev.ScopeCancelled():
            inside = [who for who in cast if scene.figures[who].scope == event.scope]
            return inside or cast
        case ev.MessageWaits() | ev.AskLeft():
            src = scene.messages[event.message].src
            return cast if src is None else [src]
        case ev.MessageOffered() | ev.MessageEnded():
            message = scene.messages[event.message]
            whom = message.turns[-1].agent if message.turns else message.dst
            return [] if whom is None else [whom]
        case _:
            return cast


def _lines(steps: Sequence[_Step], everybody: str) -> Iterator[str]:
    """The steps as lines, of a long run the first and the last ones."""
    joined = [*_joined(steps)]
    half = _MOST_STEPS // 2
    gap = len(joined) - 2 * half
    shown = joined if gap <= 0 else joined[:half] + joined[-half:]
    answers = {one.answers: at for at, one in enumerate(shown)}
    asked: set[int | None] = set()
    for at, one in enumerate(shown):
        if gap > 0 and at == half:
            yield f"    Note over {everybody}: … {count(gap, 'step')} left out …"
        line = one.line
        if one.asks is not None:
            if answers.get(one.asks, -1) > at and one.asks not in asked:
                asked.add(one.asks)
            else:
                line = line.replace("+", "", 1)
        if one.answers is not None:
            if one.answers in asked:
                asked.discard(one.answers)
            else:
                line = line.replace(">-", ">", 1).replace("x-", "x", 1)
        yield f"    {line.replace('%', _safe(one.text))}"


def _joined(steps: Iterable[_Step]) -> Iterator[_Step]:
    """The same with like ones put together."""
    for several, group in groupby(steps, lambda one: one.several and one.line):
        alike = [*group]
        if several:
            texts = listed([brief(one.text) for one in alike])
            yield attrs.evolve(alike[0], text=texts)
        else:
            yield from alike
