"""Ask again, if that may help and if there is time for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import inf

import attrs
import trio

from exeunt import Backoff

from .drawing import drawn
from .errors import Cut, Retryable
from .model import Answer, Model, Pieces, Prompt
from .pieces import Begun

PATIENT = Backoff(first=1, most=60)


@attrs.frozen
class Retrying:
    """A model that is asked again when it says that this may help.

    Only `Retryable` errors are worth another try; all others are raised as they come.
    The pause is as long as the error asks for, and else as the backoff says. A pause
    that would reach the caller's deadline is not begun: the error is raised at once,
    and a note tells why. There is no other timeout; put a cancel scope around it.

    Every try is a call of its own to what is inside. So put this around a `Limited`,
    which then hears of each refusal, and keeps no place for a call that only waits.

    Args:
        model: Whom to ask.
        tries: How often to ask at the most, from 1 on.
        backoff: The pause after each failure that names none. A prompt with a seed
            draws its jitter from that seed, so that its pauses do not depend on what
            else happens; for other prompts *backoff* draws.

    Raises:
        ValueError: *tries* is less than 1.

    Example::

        patient = Retrying(model, tries=3, backoff=Backoff(first=0.5, most=8))
        answer = await patient.complete(prompt)

    """

    model: Model
    tries: int = attrs.field(default=4, kw_only=True)
    backoff: Backoff = attrs.field(default=PATIENT, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError(f"tries is a number from 1 on, not {self.tries}")

    @property
    def name(self) -> str:
        """What the provider calls the model inside."""
        return self.model.name

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole.

        Raises:
            ModelError: The model's own, the last one if there were several.

        """
        failures = 0
        while True:
            try:
                return await self.model.complete(prompt)
            except Retryable as error:
                failures += 1
                pause = self._pause(prompt, error, failures)
                if pause is None:
                    raise
            await trio.sleep(pause)

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer piece by piece; the first one is there when the block begins.

        From then on nothing is tried again: what was handed out cannot be taken back.

        Raises:
            ModelError: The model's own, the last one if there were several.

        """
        failures = 0
        while True:
            begun = False
            try:
                async with self.model.stream(prompt) as pieces:
                    first = await _first(pieces)
                    begun = True
                    yield Begun(first, pieces)
                return
            except Retryable as error:
                failures += 1
                pause = None if begun else self._pause(prompt, error, failures)
                if pause is None:
                    raise
            await trio.sleep(pause)

    def _pause(self, prompt: Prompt, error: Retryable, failures: int) -> float | None:
        """Return how many seconds to wait, or None if there is no other try."""
        if failures == self.tries:
            error.add_note(f"The model has been asked {failures} times.")
            return None
        pause = self.backoff.delay(failures, self._chance(prompt, failures))
        if error.after is not None:
            pause = error.after
        left = trio.current_effective_deadline() - trio.current_time()
        # A scope that is cancelled has no time left, and its caller wants no error.
        if -inf < left <= pause:
            error.add_note(
                f"The model was not asked again: that would be in {pause:.3g} s, and"
                f" the caller's deadline is in {left:.3g} s."
            )
            return None
        return pause

    def _chance(self, prompt: Prompt, failures: int) -> float:
        if prompt.seed is None:
            return self.backoff.chance()
        return drawn("the pause", prompt.messages, prompt.seed, failures)


async def _first(pieces: Pieces) -> str | Answer:
    try:
        return await pieces.receive()
    except trio.EndOfChannel:
        raise Cut("the answer ended before it began", partial="") from None
