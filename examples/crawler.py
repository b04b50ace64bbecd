"""A crawler: three fetchers, polite to each host, patient with what does not work.

    python crawler.py [SECONDS]    between two visits of a host; Ctrl-C ends it early
    exeunt draw crawler.py         draw who fetches what, and when

It crawls a small web of its own, served on 127.0.0.1. However it ends: what is under
way is finished, what was found is printed, and the web leaves last.
"""

import re
import sys
from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from math import inf

import attrs
import trio

from exeunt import Agent, Backoff, Handle, Pool, Request, Supervisor, run
from exeunt.exceptions import Refusal

START = "ants.example/"
WEB = {  # each page, and where it links to
    "ants.example/": ["ants.example/nest", "ants.example/queen", "bees.example/"],
    "ants.example/nest": ["ants.example/", "ants.example/queen"],
    "ants.example/queen": ["ants.example/nest", "bees.example/queen"],
    "bees.example/": ["bees.example/hive", "bees.example/queen", "ants.example/"],
    "bees.example/hive": ["bees.example/", "bees.example/honey"],
    "bees.example/honey": [],
    "bees.example/queen": ["bees.example/", "ants.example/queen"],
}
SLOW = "ants.example/queen"
TIRED = "bees.example/hive"  # works from the third time on
BROKEN = "bees.example/honey"
BACKOFF = Backoff(first=0.01, most=1.0)
MOST_TRIES = 4


@attrs.frozen
class Look(Request[int]):
    """What is the HTTP status of this page now?"""

    url: str


@attrs.define
class Web(Agent[Look]):
    """Serves all the hosts, as a proxy does."""

    listener: trio.SocketListener
    visits: Counter[str] = attrs.field(factory=Counter[str])

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Serve as long as the agent lives."""
        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, self.serve, [self.listener])
            yield
            nursery.cancel_scope.cancel()

    async def serve(self, client: trio.SocketStream) -> None:
        """Answer one request in HTTP/1.0."""
        head = b""
        with suppress(trio.BrokenResourceError):  # the client is gone: so be it
            while b"\r\n\r\n" not in head:
                head += await client.receive_some() or b"\r\n\r\n"
            url = head.decode().split()[1].removeprefix("http://")
            status = await self.context.handle.ask(Look(url))
            await trio.sleep(0.1 if url == SLOW else 0)
            links = WEB[url] if status == 200 else []
            page = "".join(f'<a href="http://{link}">\n' for link in links)
            await client.send_all(f"HTTP/1.0 {status} -\r\n\r\n{page}".encode())

    async def handle(self, message: Look) -> int:
        """Look at a page."""
        url = message.url
        self.visits[url] += 1
        if url == BROKEN or (url == TIRED and self.visits[url] <= 2):
            return 503
        return 200 if url in WEB else 404


class Unavailable(Refusal):
    """The page cannot be had, at least not now."""


@attrs.frozen
class Fetch(Request[list[str]]):
    """Where does this page link to?"""

    url: str


@attrs.frozen
class Fetcher(Agent[Fetch]):
    """Gets one page at a time."""

    port: int

    async def handle(self, message: Fetch) -> list[str]:
        """Get a page in HTTP/1.0."""
        try:
            async with await trio.open_tcp_stream("127.0.0.1", self.port) as web:
                request = f"GET http://{message.url} HTTP/1.0\r\n\r\n"
                await web.send_all(request.encode())
                answer = b"".join([chunk async for chunk in web]).decode()
        except (OSError, trio.BrokenResourceError) as error:
            raise Unavailable("no answer") from error
        if not answer.startswith("HTTP/1.0 200"):
            raise Unavailable(f"status {answer[9:12]}")
        return re.findall(r'href="http://([^"]+)"', answer)


@attrs.frozen
class Want:
    """This page is to be visited, for the first time or again."""

    url: str
    tries: int = 1


@attrs.frozen
class Turn:
    """It is polite to visit this host now."""

    host: str


@attrs.define
class Frontier(Agent[Want | Turn]):
    """Knows what has been found, and when to visit which page."""

    fetchers: Handle[Fetch]
    pause: float  # seconds between two visits of a host
    done: trio.Event
    found: dict[str, str] = attrs.field(factory=dict[str, str])
    queues: dict[str, deque[Want]] = attrs.field(factory=lambda: defaultdict(deque))
    visited: dict[str, float] = attrs.field(factory=dict[str, float])  # when each host
    nursery: trio.Nursery = attrs.field(init=False)

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Finish what is under way, then print what was found."""
        try:
            async with trio.open_nursery() as self.nursery:
                yield
        finally:
            for url in sorted(self.found):
                print(f"{url:18} {self.found[url]}")

    async def handle(self, message: Want | Turn) -> None:
        """Begin visits. Timers alone do that, and nothing ticks after a stop."""
        match message:
            case Want():
                self.want(message)
            case Turn(host):
                self.visited[host] = trio.current_time()
                self.nursery.start_soon(self.visit, self.queues[host].popleft())
                if self.queues[host]:
                    self.wait_for_turn(host)
            case _:
                self.unhandled(message)

    def want(self, page: Want) -> None:
        """Have a page visited as soon as it is polite."""
        host, _, _ = page.url.partition("/")
        self.found.setdefault(page.url, "not visited")
        self.queues[host].append(page)
        if host not in self.context.timers:
            self.wait_for_turn(host)

    def wait_for_turn(self, host: str) -> None:
        """Set the timer for the next visit of this host."""
        since = trio.current_time() - self.visited.get(host, -inf)
        wait = max(0, self.pause - since)
        self.context.timers.once(host, Turn(host), after=wait)

    async def visit(self, page: Want) -> None:
        """Visit a page, and note what comes of it."""
        try:
            links = await self.fetchers.ask(Fetch(page.url))
        except Unavailable as why:
            if page.tries < MOST_TRIES:
                wait = BACKOFF.delay(page.tries, BACKOFF.chance())
                again = Want(page.url, page.tries + 1)
                self.context.timers.once(page.url, again, after=wait)
                return
            self.found[page.url] = f"{why}, given up at try {page.tries}"
        else:
            self.found[page.url] = f"{len(links)} links, at try {page.tries}"
            for url in links:
                if url not in self.found:
                    self.want(Want(url))
        if "not visited" not in self.found.values():
            self.done.set()


async def main(supervisor: Supervisor, pause: float) -> None:
    """Visit all that there is."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    web = await supervisor.start(Web, listener, name="web")
    pool = Pool(3, Fetcher, listener.socket.getsockname()[1])
    fetchers = await supervisor.start(pool, name="fetchers", uses=[web])
    done = trio.Event()
    frontier = await supervisor.start(
        Frontier, fetchers, pause, done, name="frontier", uses=[fetchers]
    )
    await frontier.send(Want(START))
    print(f"crawling from {START}", flush=True)
    await done.wait()


if __name__ == "__main__":
    seconds = float(sys.argv[1]) if sys.argv[1:] else 0.01
    sys.exit(run(main, seconds, report=sys.stdout))
