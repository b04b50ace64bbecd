"""A model behind any address that speaks OpenAI's chat API, over HTTP.

It has no timeouts, no tries and no limits of its own: your cancel scope says how long
an answer may take, and what stands around a model does the rest. A cassette takes the
place of the network as its *transport*.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

import trio

from . import wire
from .arriving import Arriving
from .beside import fetched
from .errors import Down, Retryable
from .keys import Secret
from .model import Answer, Pieces, Prompt
from .refusals import Asked, failure

try:
    import httpx2
except ImportError as _error:
    raise ImportError(
        'exeunt.team.models.client needs httpx2: pip install "exeunt[team]"'
    ) from _error

__all__ = ["OpenAICompatible", "lost", "open_client", "pieces_of"]


@asynccontextmanager
async def open_client(
    base_url: str,
    model: str,
    *,
    key: Secret | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncGenerator["OpenAICompatible"]:
    """Have a model at hand; leaving the block closes every connection to it.

    Args:
        base_url: what stands before ``/chat/completions``, as in
            ``https://api.openai.com/v1``.
        model: what the provider calls the model.
        key: the key to it, if it needs one.
        transport: what takes the place of the network, such as a cassette.

    Returns:
        A context manager that gives an `OpenAICompatible`.

    Raises:
        ValueError: *base_url* is no address.

    Example::

        async with open_client("http://127.0.0.1:8080/v1", "qwen", key=key) as model:
            answer = await model.complete(prompt)
    """
    async with httpx2.AsyncClient(
        auth=None if key is None else _Bearer(key),
        headers={"content-type": "application/json", "accept-encoding": "identity"},
        timeout=None,  # Your scope says how long.
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        transport=transport,
    ) as http:
        yield OpenAICompatible(http, _address(base_url), model, key)


class OpenAICompatible:
    """A `Model` over HTTP; `open_client` opens one.

    Each call is one request. A cancelled call closes its connection at once, which is
    how a provider learns that it may stop; the other calls go on.
    """

    def __init__(
        self, http: httpx2.AsyncClient, url: httpx2.URL, name: str, key: Secret | None
    ) -> None:
        self._http = http
        self._url = url
        self._name = name
        self._hide = bytes if key is None else key.hide
        at = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
        self._asked = Asked(name, at, "no key" if key is None else f"{key!r}")

    @property
    def name(self) -> str:
        """What the provider calls it."""
        return self._name

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole.

        Raises:
            Busy: the provider is asked too much.
            Retryable: it cannot be reached, or it failed.
            Refused: it will not answer this.
            Malformed: what it answered is no answer.

        """
        async with self._response(prompt) as response:
            said = await self._read(response)
        return wire.read_answer(said, self._name, prompt)

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer piece by piece; leaving the block closes the connection.

        The pieces wait in a channel with room for 32, so a slow reader slows the
        provider down. If the answer breaks off, that is what is received next: a
        `Cut` with all that had come, or whatever else `complete` raises.

        Raises:
            ModelError: the answer does not even begin; as for `complete`.

        """
        reading = Arriving(self._name, prompt, self._hide)
        async with (
            self._response(prompt, stream=True) as response,
            pieces_of(response, reading) as pieces,
        ):
            yield pieces

    @asynccontextmanager
    async def _response(
        self, prompt: Prompt, *, stream: bool = False
    ) -> AsyncGenerator[httpx2.Response]:
        body = wire.encode(wire.request(self._name, prompt, stream=stream))
        request = self._http.build_request("POST", self._url, content=body)
        with self._over_the_network():
            response = await self._http.send(request, stream=True)
        try:
            if not response.is_success:
                said = await self._read(response)
                status = response.status_code
                raise failure(self._asked, status, response.headers, said)
            yield response
        finally:
            await response.aclose()  # noqa: ASYNC102 - it shields itself

    async def _read(self, response: httpx2.Response) -> bytes:
        with self._over_the_network():
            return self._hide(await response.aread())

    @contextmanager
    def _over_the_network(self) -> Generator[None]:
        try:
            yield
        except httpx2.RequestError as error:
            # Nothing is chained to it: what the server said may be in there.
            raise lost(self._asked.at, error) from None


@asynccontextmanager
async def pieces_of(
    response: httpx2.Response, reading: Arriving
) -> AsyncGenerator[Pieces]:
    """Give what arrives in a response, piece by piece, and then the whole answer."""

    async def fetch(pieces: trio.MemorySendChannel[str | Answer]) -> None:
        async with _chunks_of(response) as chunks:
            try:
                async for chunk in chunks:
                    for piece in reading.feed(chunk):
                        await pieces.send(piece)
                    if reading.done:
                        break
            except httpx2.RequestError as error:
                raise reading.cut(f"{_why(error)}.") from None
        await pieces.send(reading.answer())

    async with fetched(fetch) as pieces:
        yield pieces


@asynccontextmanager
async def _chunks_of(
    response: httpx2.Response,
) -> AsyncGenerator[AsyncGenerator[bytes]]:
    """Give the bytes of a response, and leave no generator of httpx2's behind.

    Closing the outermost one leaves one within for the garbage collector, but a
    cancellation runs through all of them. What has arrived already is read on the way,
    so a connection whose response is over can be used again.
    """
    chunks = response.aiter_bytes()
    try:
        yield chunks
    finally:
        # The loop is a checkpoint, unless all has been read.
        with trio.CancelScope() as scope, suppress(httpx2.RequestError):  # noqa: ASYNC100
            scope.cancel()
            async for _ in chunks:  # noqa: ASYNC102 - it is to be cancelled
                pass


def lost(at: str, error: BaseException) -> Retryable:
    """Make the error of a connection that failed."""
    kind = Down if isinstance(error, httpx2.ConnectError) else Retryable
    return kind(
        f"Nothing can be heard from {at}: {_why(error)}. See that the address is right"
        " and that the server runs, or ask again."
    )


def _why(error: BaseException) -> str:
    """Return why nothing can be heard, without a word of the server's.

    What the operating system or TLS says may be some errors further down.
    """
    if not isinstance(error, httpx2.ConnectError):
        return "the connection ended, or what came is no HTTP"
    deeper: BaseException | None = error
    while deeper is not None and not str(deeper):
        deeper = deeper.__cause__
    return str(deeper or "no connection")


class _Bearer(httpx2.Auth):
    """Puts the key into the header of each request, the only place that it goes to."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["authorization"] = f"Bearer {self._key.reveal()}"
        yield request


def _address(base_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(
            "base_url has to be an address such as https://api.openai.com/v1"
        )
    return url.copy_with(path=url.path.rstrip("/") + "/chat/completions")
