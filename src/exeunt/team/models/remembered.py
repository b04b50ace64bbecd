"""Ask a model nothing twice, not even in another run."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import attrs
import trio

from ..journal import Journal
from .model import Answer, Model, Pieces, Prompt, Usage
from .pieces import Piece

_ANSWER = "answer"


def key_of(model: str, prompt: Prompt) -> str:
    """Return what stands for a question in a journal.

    Args:
        model: The name of the model that is asked.
        prompt: What it is asked.

    """
    whole = {"model": model, **attrs.asdict(prompt)}
    return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


@attrs.frozen
class Remembered:
    """A model whose answers are written down, each before anybody sees it.

    The same prompt to the same model is the same question, and has the same answer:
    within a run as well as in the next one that has the journal. Two tasks that ask it
    at once share the answer. Whoever wants another one gives the prompt another seed.

    Put this around all that asks, pays, waits and tries again: what is remembered is
    none of that. Only answers are; after an error the question is asked anew.

    Args:
        model: Whom to ask.
        journal: Where the answers are.

    Example::

        async with Journal.open("run.jsonl") as journal:
            budget = Budget(100_000, before=spent_before(journal))
            paid = Budgeted(model, budget, Price.tokens(), journal)
            crews = Remembered(Retrying(Limited(paid, at_once=4)), journal)
            answer = await crews.complete(prompt)
            assert answer == await crews.complete(prompt)  # paid once

    """

    model: Model
    journal: Journal

    @property
    def name(self) -> str:
        """What the provider calls the model inside."""
        return self.model.name

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole.

        Raises:
            ValueError: The answer is drawn, and the prompt has no seed: every answer
                to it would be the same one.
            CannotRemember: The journal does not take the answer.
            ModelError: The model's own.

        """

        async def ask() -> Any:
            return attrs.asdict(await self.model.complete(prompt))

        return _answer(await self.journal.remember(_ANSWER, self._key(prompt), ask))

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer piece by piece; a remembered answer comes in one piece.

        Two tasks that stream the same at once both ask.

        Raises:
            ValueError: As for `complete`.
            CannotRemember: As for `complete`, when the answer is received.
            ModelError: The model's own.

        """
        key = self._key(prompt)
        known = self.journal.recall(_ANSWER, key)
        if known is None:
            async with self.model.stream(prompt) as pieces:
                yield _Noted(pieces, self.journal, key)
        else:
            with _recalled(_answer(known)) as pieces:
                await trio.lowlevel.checkpoint()
                yield pieces

    def _key(self, prompt: Prompt) -> str:
        if prompt.seed is None and prompt.temperature > 0:
            raise ValueError(
                "a prompt with a temperature and no seed would be answered the same"
                " each time that it is remembered: give each draw its own seed"
            )
        return key_of(self.name, prompt)


@attrs.define(eq=False)
class _Noted(trio.abc.ReceiveChannel[Piece]):
    """Hand the pieces on, and the answer once it is written down."""

    pieces: Pieces
    journal: Journal
    key: str

    async def receive(self) -> Piece:
        piece = await self.pieces.receive()
        if isinstance(piece, str):
            return piece

        async def value() -> Any:  # noqa: ASYNC124 - there is no work left
            return attrs.asdict(piece)

        return _answer(await self.journal.remember(_ANSWER, self.key, value))

    async def aclose(self) -> None:
        await self.pieces.aclose()


def _recalled(answer: Answer) -> trio.MemoryReceiveChannel[Piece]:
    inlet, outlet = trio.open_memory_channel[Piece](2)
    with inlet:
        if answer.text:
            inlet.send_nowait(answer.text)
        inlet.send_nowait(answer)
    return outlet


def _answer(value: Any) -> Answer:
    usage = Usage(**value["usage"])
    return Answer(**value | {"usage": usage})
