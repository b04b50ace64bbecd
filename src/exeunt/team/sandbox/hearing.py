"""What was heard of the tested code, and what it means."""

import signal
from typing import Any

import attrs

from .program import Check, Ended, Verdict
from .running import Answer, Ending
from .values import Question, canonical, same


@attrs.define
class Hearing:
    """What was heard of the tested code, which may say anything.

    Attributes:
        asked: What it was asked.
        loaded: What it said of its modules.
        answers: What it answered, in order.

    """

    asked: tuple[Question, ...]
    loaded: Answer = attrs.Factory(dict[str, Any])
    answers: list[Answer] = attrs.Factory(list[Answer])

    def __call__(self, answer: Answer) -> bool:
        """Hear one answer, and say whether there is more to hear."""
        if not self.loaded:
            self.loaded = answer
        else:
            self.answers.append(answer)
        return self._ready and not self.complete and not self._out_of_memory

    @property
    def complete(self) -> bool:
        """Whether all has been answered."""
        return self._ready and len(self.answers) == len(self.asked)

    @property
    def _ready(self) -> bool:
        return self.loaded.get("loaded") is True

    @property
    def _out_of_memory(self) -> bool:
        last = self.answers[-1] if self.answers else self.loaded
        return raised_by(last) == "MemoryError"

    def ended(self, ending: Ending) -> tuple[Ended, str]:
        """Say how it ended, and more about that."""
        if self._out_of_memory:
            return "memory", "it wanted more memory than the limit"
        if self.complete:
            return "all checked", ""
        if ending.why == "time":
            return "timeout", "the time on the wall is over"
        if self.loaded and not self._ready:
            what = f"{raised_by(self.loaded)}: {text_of(self.loaded)}"
            return "not importable", what
        if ending.why == "enough":
            return "stopped early", "a check failed"
        if ending.why == "garbled":
            return "crashed", "what it said was no answer"
        return _crash(ending.status)

    def behaviours(self, ending: Ending) -> tuple[str, ...]:
        """Say what it does, for each question."""
        seen = [_behaviour(answer) for answer in self.answers]
        ended, _ = self.ended(ending)
        missing = {
            "not importable": f"!{raised_by(self.loaded)}",
            "timeout": "!timeout",
            "memory": "!MemoryError",
        }.get(ended, "!crashed")
        return (*seen, *[missing] * (len(self.asked) - len(seen)))


def verdict(check: Check, asked: Question, answer: Answer, most: int) -> Verdict:
    """Judge one answer, of which *most* characters are kept."""
    raised, got = raised_by(answer), text_of(answer)
    if raised is not None:
        passed = check.raises is not None and raised == _last_name(check.raises)
    else:
        plain = answer.get("plain") is True
        whole = check.raises is None and len(got) <= most
        passed = whole and same(asked, got, plain=plain)
    return Verdict(check, passed, got if len(got) <= most else got[:most] + "…", raised)


def raised_by(answer: Answer) -> str | None:
    """Return the name of the error that the answer tells of."""
    raised = answer.get("raised")
    return None if raised is None else _readable(raised)


def text_of(answer: Answer) -> str:
    """Return the text of the answer."""
    return _readable(answer.get("text", ""))


def _behaviour(answer: Answer) -> str:
    raised = raised_by(answer)
    return canonical(text_of(answer)) if raised is None else f"!{raised}"


def _readable(text: object) -> str:
    # Half of a surrogate pair cannot be written to any journal.
    return str(text).encode(errors="backslashreplace").decode()


def _last_name(path: str) -> str:
    return path.rpartition(".")[2]


def _crash(status: int | None) -> tuple[Ended, str]:
    if status == -signal.SIGXCPU:
        return "timeout", "its processor time is used up"
    if status is not None and status < 0:
        return "crashed", f"it was ended by signal {-status}"
    return "crashed", "it ended before it had answered"
