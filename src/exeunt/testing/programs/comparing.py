"""A run of a program, held against a model of the agent.

An agent takes its messages one after the other, and so does the model, in the order in
which their turns ended. From that follows what the clients must have seen, whatever
the order of steps.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import attrs

from ...exceptions import Refusal
from ..scenarios.record import Entry
from .program import Run

ANSWERS = {"answered", "declined", "lost"}


@attrs.frozen
class Prediction:
    """What the asker of a message must see, be there one or not."""

    what: str  # "answered", "declined" or "lost"
    value: Any = None  # the answer, or the exception; None if nothing is said of it


@attrs.frozen
class Difference:
    """Where the agent and its model disagree, and how."""

    number: int | None  # of the step
    seen: str
    expected: str = ""

    @property
    def kind(self) -> tuple[str, str]:
        """What two differences have in common if they are of the same kind."""
        seen, expected = (
            "answered" if words.startswith("declined") else words.partition(" ")[0]
            for words in (self.seen, self.expected)
        )
        return seen, expected


def same(expected: Any, seen: Any) -> bool:
    """Return whether two answers are equal, or two exceptions of one type."""
    if isinstance(expected, Exception):
        return type(expected) is type(seen)
    return bool(expected == seen)


@attrs.define
class Comparison:
    """A model, and what it says of a run."""

    run: Run
    make_model: Callable[[], Any]
    agree: Callable[[Any, Any], bool] = same
    model: Any = attrs.field(init=False)
    predicted: dict[int, Prediction] = attrs.field(factory=dict[int, Prediction])
    now: float = 0
    over: bool = False  # the agent has crashed for good, as predicted

    def __attrs_post_init__(self) -> None:
        self.model = self.make_model()

    def difference(self) -> Difference | None:
        """Return the first difference, if there is one."""
        for look in self._at_turns, self._at_answers, self._at_the_end:
            for found in look():
                return found
        return None

    def unfinished(self, how: str) -> Difference:
        """Return the difference where a program got no further."""
        number = self.run.unfinished
        if number is None:
            return Difference(None, how)
        says = self.predicted.setdefault(number, self._predict(number))
        return Difference(number, how, told(says))

    def _at_turns(self) -> Iterator[Difference]:
        """Let the model handle what the agent has handled."""
        turns = 0
        for entry in self.run.log:
            if entry.what == "begun":
                turns += 1
                self._advance(entry.at)
            elif entry.what == "ended" or _failed(entry):
                planned = turns - 1 in self.run.program.crashes
                yield from self._at_turn(entry, planned=planned)
                if self.over:
                    return

    def _at_turn(self, entry: Entry, *, planned: bool) -> Iterator[Difference]:
        says = Prediction("lost") if planned else self._predict(entry.number)
        if entry.number is not None:
            self.predicted[entry.number] = says
        error = entry.detail if _failed(entry) else None
        crashed = error is not None and self._kind(entry.number, error) == "lost"
        agreed = says.value is None or self.agree(says.value, error)
        if crashed != (says.what == "lost") or (crashed and not agreed):
            how = f"crashed with {error!r}" if crashed else "handled"
            yield Difference(entry.number, how, told(says))
        if says.what == "lost":
            self._restart()

    def _advance(self, at: float) -> None:
        if at > self.now and hasattr(self.model, "advance"):
            self.model.advance(at - self.now)
        self.now = at

    def _predict(self, number: int | None) -> Prediction:
        if number is None:  # the agent's own message, such as a tick
            return Prediction("answered")
        try:
            return Prediction("answered", self.model.handle(self.run.said(number)))
        except Exception as error:
            return Prediction(self._kind(number, error), error)

    def _kind(self, number: int | None, error: BaseException) -> str:
        refused = self.run.is_asked(number) and isinstance(error, Refusal)
        return "declined" if refused else "lost"

    def _restart(self) -> None:
        if not self.run.program.restarts:
            self.over = True
        elif hasattr(self.model, "restart"):
            self.model.restart()
        else:
            self.model = self.make_model()

    def _at_answers(self) -> Iterator[Difference]:
        """Look at what the clients have seen."""
        stopped, late = False, set[int | None]()
        for entry in self.run.log:
            if entry.what == "end":
                stopped = True
            elif entry.what == "offered" and stopped:
                late.add(entry.number)
            elif entry.what == "refused" and not (stopped or self.over):
                yield Difference(entry.number, told(entry), "accepted")
            elif entry.what == "accepted" and entry.number in late:
                yield Difference(entry.number, "accepted", "refused after the stop")
            elif entry.what in ANSWERS:
                yield from self._at_answer(entry)

    def _at_answer(self, entry: Entry) -> Iterator[Difference]:
        assert entry.number is not None
        says = self.predicted.get(entry.number)
        if says is None:
            if not self.over:
                yield Difference(entry.number, told(entry), "handled first")
        elif entry.what != says.what or not (
            says.what == "lost" or self.agree(says.value, entry.detail)
        ):
            yield Difference(entry.number, told(entry), told(says))

    def _at_the_end(self) -> Iterator[Difference]:
        run = self.run
        if self.over:
            return
        if run.crash is not None:
            yield Difference(None, f"left with {run.crash!r}", "stopped")
        for entry in run.log:
            if entry.what == "accepted" and entry.number not in self.predicted:
                yield Difference(entry.number, "accepted, never handled", "handled")
        for client in run.program.clients:
            yield from self._in_order(client)
        if run.outcome is not None and run.outcome.ledger.handled != self._handled:
            handled = run.outcome.ledger.handled
            yield Difference(None, f"counted {handled} turns", f"{self._handled} turns")

    @property
    def _handled(self) -> int:
        """How many turns have ended well; a refusal is an answer."""
        ends = [entry for entry in self.run.log if entry.what in {"ended", "raised"}]
        kinds = [self._kind(e.number, e.detail) for e in ends if e.what == "raised"]
        return len(ends) - kinds.count("lost")

    def _in_order(self, client: int) -> Iterator[Difference]:
        steps = self.run.program.steps
        own = [number for number in self.predicted if steps[number].client == client]
        if any(entry.what == "postponed" for entry in self.run.log):
            return
        for before, after in pairwise(own):
            if after < before:
                yield Difference(after, "handled after what came later", "in order")


def _failed(entry: Entry) -> bool:
    """Return whether a turn failed; one that was cancelled did not."""
    return entry.what == "raised" and isinstance(entry.detail, Exception)


def told(seen: Entry | Prediction) -> str:
    """Return what became of a message, in words."""
    value = seen.detail if isinstance(seen, Entry) else seen.value
    if seen.what == "answered":
        return f"answered {value!r}"
    how = (
        "crashed" if isinstance(seen, Prediction) and seen.what == "lost" else seen.what
    )
    return how if value is None else f"{how} with {value!r}"
