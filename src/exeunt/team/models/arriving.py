"""An answer that arrives in pieces: server-sent events, put together again.

Pure: bytes go in as the network cuts them, pieces of text come out.
"""

from collections.abc import Callable, Iterator
from typing import Any

from . import wire
from .errors import Cut
from .model import Answer, Prompt
from .refusals import complaint

Hide = Callable[[bytes], bytes]
"""Takes out of what a provider said what nobody is to see."""


class Events:
    """Cuts bytes into the data of server-sent events.

    A line is decoded when it is whole, so that it does not matter where the network
    cuts a character. Comments, which keep a connection open, are left out.
    """

    def __init__(self, hide: Hide) -> None:
        self._hide = hide
        self._line: list[bytes] = []  # joined once: a line may come in many chunks
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take some more bytes, and give the data of events that are now complete."""
        *whole, rest = chunk.split(b"\n")
        for end in whole:
            line = b"".join([*self._line, end]).removesuffix(b"\r")
            self._line.clear()
            if line.startswith(b"data:"):
                self._data.append(self._hide(line[5:].removeprefix(b" ")))
            elif not line and self._data:
                yield b"\n".join(self._data)
                self._data.clear()
        self._line.append(rest)


class Arriving:
    """Reads a stream of OpenAI's chat API, or of a dialect of it."""

    def __init__(
        self,
        name: str,
        prompt: Prompt,
        hide: Hide = bytes,
        dialect: wire.Dialect = dict,
    ) -> None:
        self.done = False
        self._name = name
        self._prompt = prompt
        self._hide = hide
        self._dialect = dialect
        self._events = Events(hide)
        self._texts: list[str] = []
        self._reason: str | None = None
        self._told: dict[str, Any] = {"usage": {}}  # what is not text
        self._noise: bytes | None = b""  # what came before the first event

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Take some more bytes, and give the pieces of text that are now complete.

        Raises:
            Malformed: an event is no JSON.
            Cut: the provider says that it failed.
            Refused: the model declines to answer.

        """
        if self._noise is not None:
            self._noise = (self._noise + chunk)[:1_000]
        for data in self._events.feed(chunk):
            self._noise = None
            if data == b"[DONE]":
                self.done = True
                return
            event = self._dialect(wire.decode(data))
            self._note(event)
            if text := _text_in(event):
                self._texts.append(text)
                yield text

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("model"):
            self._told["model"] = event["model"]
        match event:
            case {"usage": {**usage}}:
                self._told["usage"] |= usage
            case _:
                pass
        match event:
            case {"error": error} if error:
                raise self.cut(f"the provider failed. {complaint(event)}")
            case {"choices": [{"finish_reason": str(reason)}, *_]}:
                self._reason = reason
            case _:
                pass

    def answer(self) -> Answer:
        """Return the whole answer.

        Raises:
            Cut: its end has not come.
            Malformed: nothing has come that is a stream.
            Refused: a filter of the provider held it back.

        """
        if self._noise and self._noise.strip():
            raise wire.no_answer(self._hide(self._noise))
        if self._reason is None and not self.done:
            raise self.cut("the provider ended it too early.")
        text = "".join(self._texts)
        return Answer(
            text=text,
            usage=wire.usage_in(self._told, self._prompt, text),
            truncated=wire.cut_short(self._reason),
            model=wire.model_in(self._told, self._name),
        )

    def cut(self, why: str) -> Cut:
        """Make the error of a stream that ends here."""
        partial = "".join(self._texts)
        return Cut(
            f"The answer broke off after {len(partial)} characters: {why}",
            partial=partial,
        )


def _text_in(event: dict[str, Any]) -> str:
    match event:
        case {"choices": [{"delta": {"content": str(text)}}, *_]} if text:
            return text
        case {"choices": [{"delta": {"refusal": str(why)}}, *_]} if why:
            raise wire.declined(why)
        case _:
            return ""
