"""What the team tells its user while it works, a line for each thing."""

from collections import Counter
from collections.abc import Callable

import attrs
import trio

from exeunt import Topic

from .roles.news import (
    Doubted,
    Drafting,
    Judged,
    News,
    Planned,
    Restructured,
    Settled,
)

Say = Callable[[str], object]


@attrs.define
class Progress:
    """Counts what happens, and says what a user wants to hear.

    Attributes:
        say: Where the lines go.
        show: What always shows the latest of what is under way.
        spent: Says what it has cost so far.
        drafts: How many answers there were.
        tokens: What they took.
        writing: Who is writing what, by function and attempt.

    """

    say: Say
    show: Say = lambda _: None
    spent: Callable[[], str] = lambda: ""
    drafts: int = 0
    tokens: int = 0
    done: int = 0
    wanted: int = 0
    writing: dict[tuple[str, int], str] = attrs.Factory(dict[tuple[str, int], str])
    tries: Counter[str] = attrs.Factory(Counter[str])

    async def follow(  # noqa: ASYNC114 - whoever starts it waits for the end
        self,
        topic: Topic[News],
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen until the topic is closed. No verdict is ever dropped."""
        with topic.subscribe(capacity=100, overflow="wait") as subscription:
            task_status.started()
            async for news in subscription:
                if line := self.hear(news):
                    self.say(line)
                self.show(self.under_way())

    def hear(self, news: News) -> str:
        """Take in what happened.

        Returns:
            The line to be said; nothing if it is not worth one.

        """
        match news:
            case Planned(division, by):
                self.wanted = sum(len(each.functions) for each in division.modules)
                parts = "; ".join(
                    f"{each.name}: {', '.join(each.functions)}"
                    for each in division.modules
                )
                return f"plan (by {by})  {parts}"
            case Drafting(function, attempt, model):
                self.writing[function, attempt] = model
            case Judged():
                return self._judged(news)
            case Doubted(function, passed, tried) if passed:
                return f"  {function}: {passed} of {tried} wrong variants pass its gate"
            case Settled():
                return self._settled(news)
            case Restructured(function, helpers):
                return f"  {function} is given helpers: {', '.join(helpers)}"
            case _:
                pass
        return ""

    def _judged(self, news: Judged) -> str:
        self.writing.pop((news.function, news.attempt), None)
        self.drafts += 1
        self.tokens += news.tokens
        self.tries[news.function] += 1
        if news.passed:
            return f"  {news.function} #{news.attempt}: passes"
        return f"  {news.function} #{news.attempt}: {_short(news.why)}"

    def _settled(self, news: Settled) -> str:
        self.writing = {k: v for k, v in self.writing.items() if k[0] != news.function}
        self.done += 1
        head = f"[{self.done}/{self.wanted}]"
        if news.accepted and not news.attempts:
            return f"{head} {news.function} is kept as it was"
        if news.accepted:
            return f"{head} {news.function} accepted after {_drafts(news.attempts)}"
        return f"{head} {news.function} not done: {_short(news.why)}"

    def under_way(self) -> str:
        """Say who is at work on what, and what it took so far."""
        work = [f"{f} #{n} by {model}" for (f, n), model in self.writing.items()]
        parts = [f"[{self.done}/{self.wanted}]", self.summary(), self.spent(), *work]
        return " | ".join(filter(None, parts))

    def summary(self) -> str:
        """Say what it took so far."""
        return f"{_drafts(self.drafts)}, {self.tokens:,} tokens"


def _drafts(number: int) -> str:
    return f"{number} draft{'s' * (number != 1)}"


def _short(text: str, most: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
