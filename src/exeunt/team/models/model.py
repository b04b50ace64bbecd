"""What a language model is to the team: a prompt goes in, an answer comes out."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

import attrs
import trio


@attrs.frozen
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@attrs.frozen(kw_only=True)
class Prompt:
    """All that a model is told.

    Attributes:
        messages: The conversation so far; the model adds the next turn.
        max_tokens: How many tokens the answer may have at the most.
        temperature: How freely the model draws, 0 for not at all.
        seed: What its draws begin with. A prompt with a seed of its own has an answer
            of its own, so that no answer depends on the order of the calls.
        schema: A JSON schema that the answer has to fit, if it has to be JSON.

    """

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None
    schema: Mapping[str, Any] | None = None


@attrs.frozen
class Usage:
    """The tokens that an answer took."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens


@attrs.frozen(kw_only=True)
class Answer:
    """What a model said.

    Attributes:
        text: The answer itself.
        usage: The tokens it took.
        truncated: Whether it ends because ``max_tokens`` were used up.
        model: Which model said so, in its provider's words.

    """

    text: str
    usage: Usage
    truncated: bool
    model: str


Pieces = trio.abc.ReceiveChannel[str | Answer]
"""An answer as it is made: pieces of its text and, at the end, the whole answer."""


class Model(Protocol):
    """A language model, or something around one: a budget, a limit, a cassette."""

    @property
    def name(self) -> str:
        """What the provider calls it."""
        ...

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole."""
        ...

    def stream(self, prompt: Prompt) -> AbstractAsyncContextManager[Pieces]:
        """Answer piece by piece; leaving the block ends the answer."""
        ...
