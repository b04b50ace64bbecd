"""What type checkers have to know of asking several. Checked, never run."""

from typing import Any, assert_type

import attrs

from exeunt import Agent, Handle, Request, first_valid, hedge, quorum
from exeunt.exceptions import TooFewAnswers


@attrs.frozen
class Search(Request[list[str]], linked=True):
    words: str


class Catalogue(Agent[Search]):
    async def handle(self, message: Search) -> list[str]:
        return [message.words]


class Index(Agent[Search | int]):
    async def handle(self, message: Search | int) -> list[str]:
        return []


def long_enough(found: list[str]) -> bool:
    return len(found) > 3


def judge_numbers(number: int) -> bool:
    return number > 3


async def judge(found: list[str]) -> bool:
    return bool(found)


async def asking(some: list[Handle[Search]], index: Handle[Search | int]) -> None:
    search = Search("tragedies")
    assert_type(await hedge(some, search, after=0.5), list[str])
    assert_type(await first_valid(some, search, accept=long_enough), list[str])
    assert_type(await first_valid(some, search, accept=bool), list[str])
    assert_type(await quorum(some, search, count=2), list[list[str]])
    assert_type(
        await quorum((*some, index), search, count=2, accept=lambda found: found != []),
        list[list[str]],
    )
    # Agents of different kinds may be asked, as long as they handle the request.
    mixed: list[Handle[Any]] = [*some, index]
    assert_type(await hedge(mixed, search, after=1), list[str])


async def refused(some: list[Handle[Search]]) -> None:
    search = Search("tragedies")
    await hedge(some, search)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await hedge(some, search, 1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await hedge(some, "tragedies", after=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await hedge(some[0], search, after=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await quorum([Catalogue], search, count=1)  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await quorum(some, search, count="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await first_valid(some, search)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await first_valid(some, search, accept=judge_numbers)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await first_valid(some, search, accept=judge)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def failing(error: TooFewAnswers) -> None:
    assert_type(error.message, object)
    assert_type(error.answers, tuple[object, ...])
    assert_type(error.errors, tuple[Exception, ...])
