"""What is said to a provider, and what it says, in the words of OpenAI's chat API.

Pure: a prompt becomes a request, what came back becomes an answer. Most providers and
local servers speak this dialect; `arriving` reads it while it still comes.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from .errors import Malformed, Refused, Retryable
from .model import Answer, Prompt, Usage
from .refusals import complaint

Dialect = Callable[[dict[str, Any]], dict[str, Any]]
"""Puts what a provider says into the words of OpenAI's API."""

_BYTES_PER_TOKEN = 4  # of English and of code, nearly, with any model's tokens
_TOKENS_AROUND_A_MESSAGE = 4  # what names its role, and where it begins and ends


def request(name: str, prompt: Prompt, *, stream: bool = False) -> dict[str, Any]:
    """Return what to ask the model of this name.

    The order of the fields is always the same, and within the schema it is the
    schema's own: a model writes the fields of its answer in that order, so
    ``steps`` before ``result`` is another question than ``result`` before ``steps``.
    """
    body: dict[str, Any] = {
        "model": name,
        "messages": [
            {"role": message.role, "content": message.content}
            for message in prompt.messages
        ],
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
    }
    if prompt.seed is not None:
        body["seed"] = prompt.seed
    if prompt.schema is not None:
        form = {"name": "answer", "schema": dict(prompt.schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def encode(body: Mapping[str, Any]) -> bytes:
    """Return the bytes of a request: the same for the same prompt, always."""
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def read_answer(
    said: bytes, name: str, prompt: Prompt, dialect: Dialect = dict
) -> Answer:
    """Read a whole answer of the model of this name.

    Raises:
        Malformed: this is no answer.
        Refused: the model, or a filter behind it, declines to answer.
        Retryable: it is an error, though the provider called it a success.

    """
    whole = dialect(decode(said))
    match whole:
        case {"choices": [{"message": {"content": str(text)}} as choice, *_]}:
            pass
        case {"choices": [{"message": {"refusal": str(why)}}, *_]} if why:
            raise declined(why)
        case {
            "choices": [{"finish_reason": "length" | "content_filter"} as choice, *_]
        }:
            text = ""  # It never came to that.
        case {"error": error} if error:
            raise Retryable(f"The provider failed: ask again. {complaint(whole)}")
        case _:
            raise no_answer(said)
    return Answer(
        text=text,
        usage=usage_in(whole, prompt, text),
        truncated=cut_short(choice.get("finish_reason")),
        model=model_in(whole, name),
    )


def cut_short(reason: object) -> bool:
    """Tell whether an answer that ended for this reason ended too early.

    Raises:
        Refused: a filter of the provider held it back.

    """
    if reason == "content_filter":
        raise declined("a filter of the provider held the answer back")
    return reason == "length"


def usage_in(whole: Mapping[str, Any], prompt: Prompt, text: str) -> Usage:
    """Return what the provider counted or, if it did not, an estimate.

    The estimate takes four bytes for a token, four tokens for what stands around
    each message, and never more than ``max_tokens`` for the answer.
    """
    match whole:
        case {"usage": {"prompt_tokens": int(asked), "completion_tokens": int(said)}}:
            return Usage(asked, said)
        case _:
            return estimate(prompt, text)


def estimate(prompt: Prompt, text: str) -> Usage:
    """Estimate the tokens of a prompt and its answer, as `usage_in` says."""
    asked = sum(
        _tokens(message.content) + _TOKENS_AROUND_A_MESSAGE
        for message in prompt.messages
    )
    return Usage(asked, min(_tokens(text), prompt.max_tokens))


def _tokens(text: str) -> int:
    return -(-len(text.encode(errors="replace")) // _BYTES_PER_TOKEN)


def model_in(whole: Mapping[str, Any], name: str) -> str:
    """Return who says that it answered; the one that was asked if nobody does."""
    who = whole.get("model")
    return who if isinstance(who, str) and who else name


def decode(said: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        Malformed: it is none.

    """
    try:
        whole = json.loads(said)
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict):
        raise no_answer(said) from None
    return cast("dict[str, Any]", whole)


def declined(why: str) -> Refused:
    """Make the error of a model that will not answer."""
    return Refused(f"The model declines to answer: {why}. Ask otherwise.")


def no_answer(said: bytes) -> Malformed:
    """Make the error of something that is no answer."""
    what = "something that is no chat completion" if said.strip() else "nothing"
    return Malformed(
        f"The provider answered {what}: it is at fault, or the address leads to"
        " something else.",
        body=said.decode(errors="replace"),
    )
