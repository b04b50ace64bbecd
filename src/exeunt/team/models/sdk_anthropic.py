"""A model through Anthropic's SDK: the extra *anthropic*.

Its tries and timeouts are turned off: your cancel scope says how long, and what stands
around a model tries again.
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
    import anthropic
except ImportError as _error:
    raise ImportError(
        "exeunt.team.models.sdk_anthropic needs anthropic:"
        ' pip install "exeunt[anthropic]"'
    ) from _error

__all__ = ["AnthropicSDK"]

_REASONS = {"max_tokens": "length", "refusal": "content_filter"}


class AnthropicSDK:
    """A `Model` through an `anthropic.AsyncAnthropic`.

    It has no seeds: a prompt with a seed is answered as if it had none, and twice the
    same prompt may have two answers. Closing the client is the business of whoever
    opened it.

    Args:
        client: the SDK's client.
        model: what the provider calls the model.

    Example::

        async with anthropic.AsyncAnthropic(api_key=key.reveal()) as client:
            model = AnthropicSDK(client, "claude-haiku-4-5")
            answer = await model.complete(prompt)
    """

    def __init__(self, client: anthropic.AsyncAnthropic, model: str) -> None:
        plain = client.with_options(max_retries=0, timeout=None)
        create = plain.messages.with_streaming_response.create
        asked, self._hide = asked_of(client, model)
        self._requests = Requests(anthropic, create, asked, self._hide)
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
        said = await self._requests.read(_request(self._name, prompt))
        return wire.read_answer(said, self._name, prompt, _translated)

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer piece by piece; leaving the block closes the connection.

        Raises:
            ModelError: as `OpenAICompatible.stream` does.

        """
        reading = Arriving(self._name, prompt, self._hide, _translated)
        body = {**_request(self._name, prompt), "stream": True}
        async with (
            self._requests.response(body) as response,
            pieces_of(response, reading) as pieces,
        ):
            yield pieces


def _request(name: str, prompt: Prompt) -> dict[str, Any]:
    told = [each.content for each in prompt.messages if each.role == "system"]
    body: dict[str, Any] = {
        "model": name,
        "messages": [
            {"role": each.role, "content": each.content}
            for each in prompt.messages
            if each.role != "system"
        ],
        "max_tokens": prompt.max_tokens,
        # The SDK has no word of its own for it.
        "extra_body": {"temperature": prompt.temperature},
    }
    if told:
        body["system"] = "\n\n".join(told)
    if prompt.schema is not None:
        form = {"type": "json_schema", "schema": dict(prompt.schema)}
        body["output_config"] = {"format": form}
    return body


def _translated(said: dict[str, Any]) -> dict[str, Any]:
    """Put what Anthropic says, a whole answer or an event of one, in OpenAI's words."""
    match said:
        case {"type": "message", "content": [*blocks]}:
            return _whole(said, "".join(each.get("text", "") for each in blocks))
        case {"type": "message_start"}:
            message: dict[str, Any] = said.get("message") or {}
            return {"model": message.get("model"), "usage": _usage(message)}
        case {"type": "content_block_delta", "delta": {"text": str(text)}}:
            return {"choices": [{"delta": {"content": text}}]}
        case {"type": "message_delta", "delta": {"stop_reason": str(reason)}}:
            return {"choices": [_ended(reason)], "usage": _usage(said)}
        case {"type": "error", "error": error}:
            return {"error": error}
        case _:
            return {}


def _whole(said: dict[str, Any], text: str) -> dict[str, Any]:
    choice = {"message": {"content": text}, **_ended(said.get("stop_reason"))}
    return {"model": said.get("model"), "choices": [choice], "usage": _usage(said)}


def _ended(reason: Any) -> dict[str, Any]:
    return {"finish_reason": _REASONS.get(reason, "stop")}


def _usage(said: dict[str, Any]) -> dict[str, int]:
    """Count what was asked, also where the provider knew it already, and what came."""
    told: dict[str, Any] = said.get("usage") or {}
    asked = [
        told.get(name) or 0
        for name in (
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        )
    ]
    return {
        **({"prompt_tokens": sum(asked)} if any(asked) else {}),
        **(
            {"completion_tokens": told["output_tokens"]}
            if "output_tokens" in told
            else {}
        ),
    }
