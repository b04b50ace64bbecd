"""What the adapters of the SDKs have in common: only they send, only we read.

The SDKs run under Trio, but a stream that one of them reads leaves generators for the
garbage collector (four `ResourceWarning` each time), and a body that is no JSON
raises a bare `json.JSONDecodeError`. So an SDK is asked for the response as it comes,
and the rest is done as in `client`.
"""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import attrs
import httpx2

from .arriving import Hide
from .client import lost
from .keys import Secret
from .refusals import Asked, failure


@attrs.frozen
class Requests:
    """Requests through an SDK.

    Attributes:
        sdk: The SDK's module, for its errors.
        create: What begins a request, and gives a response that can be streamed.
        asked: Who is asked.
        hide: Takes the SDK's key out of what is said.

    """

    sdk: Any
    create: Callable[..., AbstractAsyncContextManager[Any]]
    asked: Asked
    hide: Hide

    @asynccontextmanager
    async def response(self, body: dict[str, Any]) -> AsyncGenerator[httpx2.Response]:
        """Send a request, and close its response behind the block."""
        begun = self.create(**body)
        with self._as_ours():
            held = await begun.__aenter__()
        try:
            yield held.http_response
        finally:
            await begun.__aexit__(None, None, None)  # noqa: ASYNC102 - httpx2 shields

    async def read(self, body: dict[str, Any]) -> bytes:
        """Send a request, and read the whole response."""
        async with self.response(body) as response:
            with self._as_ours():
                return self.hide(await response.aread())

    @contextmanager
    def _as_ours(self) -> Generator[None]:
        # Nothing is chained to our errors: what the server said may be in there.
        try:
            yield
        except self.sdk.APIStatusError as error:
            said, headers = self.hide(error.response.content), error.response.headers
            raise failure(self.asked, error.status_code, headers, said) from None
        except (self.sdk.APIConnectionError, httpx2.RequestError) as error:
            raise lost(self.asked.at, error.__cause__ or error) from None


def asked_of(client: Any, model: str) -> tuple[Asked, Hide]:
    """Return whom an SDK's client asks, and what hides its key."""
    url = client.base_url
    at = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
    secret = client.api_key
    hide = Secret(secret).hide if isinstance(secret, str) and secret else bytes
    return Asked(model, at, "the key of the SDK's client"), hide
