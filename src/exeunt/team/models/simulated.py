"""A model of known quality, to try a team on and to hold theory against."""

import re
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import attrs
import trio

from .drawing import drawn
from .model import Answer, Pieces, Prompt, Usage
from .pieces import Piece

Speech = Callable[[Prompt, int], str]
"""Returns the text for a prompt: the right one for 0, a wrong one from 1 on."""


def say_which(_prompt: Prompt, number: int) -> str:
    """Say ``right``, or ``wrong 1`` and so on."""
    return f"wrong {number}" if number else "right"


@attrs.frozen(kw_only=True)
class Simulated:
    """A `Model` that is right as often as it is told to be.

    What it answers, and when, is drawn for the prompt's messages and its seed, and
    hangs on nothing else: not on what was asked before, nor on the order of the tasks.
    A token is a word with the blanks before it.

    Args:
        p: How likely it is right, from 0 to 1.
        wrong: How many wrong answers it knows, from 1 on, all equally likely.
        seconds: The shortest and the longest time that an answer takes; a stream is
            spread over that time evenly. On a `trio.testing.MockClock` it is virtual.
        speech: What it says; `say_which`, if not given.
        seed: Another one makes another model of the same quality.
        name: What it is called.

    Raises:
        ValueError: An argument is out of range.

    Example::

        model = Simulated(p=0.6, wrong=5, seconds=(1, 4))
        answer = await model.complete(prompt)
        assert answer.text in {"right", *(f"wrong {n}" for n in range(1, 6))}

    """

    p: float
    wrong: int = 1
    seconds: tuple[float, float] = (0.0, 0.0)
    speech: Speech = say_which
    seed: int = 0
    name: str = "simulated"

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"p is a number from 0 to 1, not {self.p}")
        if self.wrong < 1:
            raise ValueError(f"wrong is a number from 1 on, not {self.wrong}")
        if not 0 <= self.seconds[0] <= self.seconds[1]:
            raise ValueError(f"seconds is the least and the most, not {self.seconds}")

    def is_right(self, prompt: Prompt) -> bool:
        """Tell whether the answer is the right one."""
        return self._number(prompt) == 0

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole."""
        await trio.sleep(self._seconds(prompt))
        _, answer = self._say(prompt)
        return answer

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer word by word."""
        words, answer = self._say(prompt)
        pause = self._seconds(prompt) / (len(words) + 1)
        speaking = _Speaking(deque([*words, answer]), pause)
        await trio.lowlevel.checkpoint()
        try:
            yield speaking
        finally:
            speaking.close()

    def _say(self, prompt: Prompt) -> tuple[list[str], Answer]:
        words = _words(self.speech(prompt, self._number(prompt)))
        said = words[: prompt.max_tokens]
        read = sum(len(_words(message.content)) for message in prompt.messages)
        answer = Answer(
            text="".join(said),
            usage=Usage(read, len(said)),
            truncated=len(said) < len(words),
            model=self.name,
        )
        return said, answer

    def _number(self, prompt: Prompt) -> int:
        if self._draw("right", prompt) < self.p:
            return 0
        return 1 + int(self._draw("which", prompt) * self.wrong)

    def _seconds(self, prompt: Prompt) -> float:
        least, most = self.seconds
        return least + (most - least) * self._draw("seconds", prompt)

    def _draw(self, what: str, prompt: Prompt) -> float:
        return drawn(what, self.seed, prompt.messages, prompt.seed)


@attrs.define(eq=False)
class _Speaking(trio.abc.ReceiveChannel[Piece]):
    """An answer that is spoken when somebody listens."""

    left: deque[Piece]
    pause: float
    closed: bool = False

    async def receive(self) -> Piece:
        await trio.sleep(self.pause if self.left else 0)
        if self.closed:
            raise trio.ClosedResourceError
        if not self.left:
            raise trio.EndOfChannel
        return self.left.popleft()

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.close()
        await trio.lowlevel.checkpoint()


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)
