"""A model through OpenAI's own SDK: the extra *openai*.

For those who have one of its clients already, with its organization, its proxies and
its ways to log in. Its tries and timeouts are turned off: they would go on behind your
cancel scope's back, for up to two minutes.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from . import wire
from .arriving import Arriving
from .client import pieces_of
from .model import Answer, Pieces, Prompt
from .sdk import Requests, asked_of

try:
    import openai
except ImportError as _error:
    raise ImportError(
        'exeunt.team.models.sdk_openai needs openai: pip install "exeunt[openai]"'
    ) from _error

__all__ = ["OpenAISDK"]


class OpenAISDK:
    """A `Model` through an `openai.AsyncOpenAI`.

    Closing the client is the business of whoever opened it.

    Args:
        client: the SDK's client.
        model: what the provider calls the model.

    Example::

        async with openai.AsyncOpenAI(api_key=key.reveal()) as client:
            model = OpenAISDK(client, "gpt-5-mini")
            answer = await model.complete(prompt)
    """

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        plain = client.with_options(max_retries=0, timeout=None)
        create = plain.chat.completions.with_streaming_response.create
        asked, self._hide = asked_of(client, model)
        self._requests = Requests(openai, create, asked, self._hide)
        self._name = model

    @property
    def name(self) -> str:
        """What the provider calls it."""
        return self._name

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole.

        Raises:
            ModelError: as `OpenAICompatible.complete` does.

        """
        said = await self._requests.read(self._body(prompt))
        return wire.read_answer(said, self._name, prompt)

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer piece by piece; leaving the block closes the connection.

        Raises:
            ModelError: as `OpenAICompatible.stream` does.

        """
        reading = Arriving(self._name, prompt, self._hide)
        body = self._body(prompt, stream=True)
        async with (
            self._requests.response(body) as response,
            pieces_of(response, reading) as pieces,
        ):
            yield pieces

    def _body(self, prompt: Prompt, *, stream: bool = False) -> dict[str, Any]:
        body = wire.request(self._name, prompt, stream=stream)
        # OpenAI's newer models know only this word, other servers only the older.
        body["max_completion_tokens"] = body.pop("max_tokens")
        return body
