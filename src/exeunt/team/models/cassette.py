"""A recorder in the place of the network: what was said once can be heard again."""

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from os import PathLike
from typing import Any, Literal, cast

import trio

from .errors import Refused
from .tape import Asked, Exchange, Tape, asked, key_of

try:
    import httpx2
except ImportError as _error:
    raise ImportError(
        'exeunt.team.models.cassette needs httpx2: pip install "exeunt[team]"'
    ) from _error

__all__ = ["Cassette", "NotOnTape"]

_KEPT = ("content-type", "retry-after")
_SECRET = ("authorization", "x-api-key", "api-key")
_THE_KEY = b"(the key)"


class NotOnTape(Refused):
    """A tape was asked for what nobody has recorded."""


class Cassette(httpx2.AsyncBaseTransport):
    """A transport for httpx2 that records exchanges, and replays them byte for byte.

    A request is known by its method, its path and its body, as JSON, and not by its
    host or headers. Equal requests are replayed in the order in which their answers
    were recorded, and each of these once. So give each prompt a seed of its own: then
    no answer depends on the order of the calls.

    The tape is a text file with one exchange a line. No header of a request is written,
    and the key not even where the provider repeats it. An answer is on the tape when
    its last byte has come; what was cancelled or has failed on its way is not.

    Opening it reads the file, and recording writes to it; that is short, and blocks.

    Args:
        path: The tape. One that ends in ``.gz`` can be replayed only.
        mode: ``"record"``: ask *inner*, and add what it answers to the tape.
            ``"replay"``: answer from the tape, and ask *inner*, if there is one, for
            what is not on it. ``"strict"``: answer from the tape and nothing else.
        inner: The transport that goes to the network.
        pace: How much of the time that an answer took to wait again, from 0 on.

    Raises:
        OSError: There is no such tape; without *inner*, it is needed.
        ValueError: It is no tape, or an argument is wrong.

    Example::

        tape = Cassette("team.jsonl", "strict")
        async with open_client("http://anywhere/v1", "qwen", transport=tape) as model:
            answer = await model.complete(prompt)

    """

    def __init__(
        self,
        path: str | PathLike[str],
        mode: Literal["record", "replay", "strict"] = "replay",
        *,
        inner: httpx2.AsyncBaseTransport | None = None,
        pace: float = 0.0,
    ) -> None:
        _check(str(path), mode, inner, pace)
        self._tape = Tape(path)
        self._inner = None if mode == "strict" else inner
        self._records = mode == "record"
        self._pace = pace
        self._left = self._read()
        self._replayed = defaultdict[str, int](int)

    def _read(self) -> defaultdict[str, deque[Exchange]]:
        if self._records or (self._inner and not self._tape.path.exists()):
            return defaultdict(deque)
        return self._tape.read()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request.

        Raises:
            NotOnTape: It is not on the tape, and nobody else can be asked.
            OSError: The tape cannot be written.

        """
        content = await request.aread()
        wanted = asked(request.method, request.url.path, content)
        if self._records and self._inner:
            return await _record(self._tape, self._inner, request, wanted)
        key = key_of(wanted)
        if self._left[key]:
            self._replayed[key] += 1
            return await self._replay(self._left[key].popleft())
        if self._inner:
            return await self._inner.handle_async_request(request)
        raise NotOnTape(_missing(self._tape, wanted, self._replayed[key]))

    async def _replay(self, exchange: Exchange) -> httpx2.Response:
        await trio.sleep(exchange.seconds * self._pace)
        return _response(exchange.status, exchange.headers, *exchange.chunks)

    async def aclose(self) -> None:
        """Close the transport inside."""
        if self._inner:
            await self._inner.aclose()


def _check(path: str, mode: str, inner: object, pace: float) -> None:
    if mode not in {"record", "replay", "strict"}:
        raise ValueError(f"mode is 'record', 'replay' or 'strict', not {mode!r}")
    if mode == "record" and inner is None:
        raise ValueError(
            "nobody is there to be recorded: give a transport, as in"
            " inner=httpx2.AsyncHTTPTransport()"
        )
    if mode == "record" and path.endswith(".gz"):
        raise ValueError(f"{path} can only be replayed: record without .gz, then gzip")
    if not pace >= 0:
        raise ValueError(f"pace is a number from 0 on, not {pace}")


async def _record(
    tape: Tape,
    inner: httpx2.AsyncBaseTransport,
    request: httpx2.Request,
    wanted: Asked,
) -> httpx2.Response:
    """Ask, and write down what is answered when all of it is there."""
    began = trio.current_time()
    request.headers["accept-encoding"] = "identity"  # a tape is for people, too
    response = await inner.handle_async_request(request)
    response.request = request
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    streamed = kept.get("content-type", "").startswith("text/event-stream")

    def keep(chunks: list[bytes]) -> None:
        seconds = trio.current_time() - began
        secrets = [
            value.split()[-1].encode()
            for name, value in request.headers.items()
            if name in _SECRET and value.strip()
        ]
        whole = tuple(_without(secrets, chunks))
        exchange = Exchange(
            wanted, response.status_code, kept, whole, streamed, seconds
        )
        (line,) = _without(secrets, [exchange.line()])
        tape.add(line)

    if streamed and isinstance(response.stream, httpx2.AsyncByteStream):
        recording = _Recording(response.stream, keep)
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=recording
        )
    content = await response.aread()
    keep([content])
    return _response(response.status_code, kept, content)


def _response(status: int, headers: dict[str, str], *chunks: bytes) -> httpx2.Response:
    return httpx2.Response(status, headers=headers, stream=_Replaying(chunks))


def _without(secrets: list[bytes], chunks: list[bytes]) -> list[bytes]:
    """Take secrets out, also one that lies across the chunks."""
    for secret in secrets:
        # What is shorter is no secret: servers at home take any key.
        if len(secret) >= 8 and secret in b"".join(chunks):
            chunks = [b"".join(chunks).replace(secret, _THE_KEY)]
    return chunks


class _Recording(httpx2.AsyncByteStream):
    """Bytes on their way to somebody, of which a copy is kept."""

    def __init__(
        self, stream: httpx2.AsyncByteStream, keep: Callable[[list[bytes]], None]
    ) -> None:
        self._stream = stream
        self._keep = keep
        self._chunks: list[bytes] = []
        self._kept = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts: Any = self._stream.__aiter__()
        try:
            async for chunk in parts:
                self._chunks.append(chunk)
                yield chunk
        finally:
            if hasattr(parts, "aclose"):
                await parts.aclose()
        self._finish()

    async def aclose(self) -> None:
        # Readers do not wait for what comes after the last event.
        if b"data: [DONE]" in b"".join(self._chunks[-3:]):
            self._finish()
        await self._stream.aclose()

    def _finish(self) -> None:
        if not self._kept:
            self._kept = True
            self._keep(self._chunks)


class _Replaying(httpx2.AsyncByteStream):
    """Recorded bytes."""

    def __init__(self, chunks: tuple[bytes, ...]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in filter(None, self._chunks):
            await trio.lowlevel.checkpoint()
            yield chunk


def _missing(tape: Tape, wanted: Asked, replayed: int) -> str:
    body: Any = wanted["body"]
    match body:
        case {"messages": [*_, {"content": str(text)}]}:
            pass
        case _:
            text = str(body)
    told = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    model = f"the model {told['model']!r}" if "model" in told else "a model"
    seed = f"seed {told['seed']}" if "seed" in told else "no seed"
    often = f" for the {replayed + 1}. time ({replayed} on it)" if replayed else ""
    return (
        f"not on the tape {tape.path}: {model} is asked{often} {text[:80]!r}, with"
        f" {seed}. Record it: Cassette({str(tape.path)!r}, 'record',"
        " inner=httpx2.AsyncHTTPTransport())"
    )
