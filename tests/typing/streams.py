"""What type checkers have to know of streams. This file is checked, never run."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import assert_type

import attrs

from exeunt import Agent, Handle, Request


@attrs.frozen
class Row:
    name: str


@attrs.frozen
class Rows(Request[AsyncIterator[Row]]):
    table: str


class Names(Request[AsyncIterable[str]]):
    pass


class Numbers(Request[AsyncGenerator[int]]):
    pass


class Size(Request[int]):
    pass


class Store(Agent[Rows | Size]):
    async def handle(self, message: Rows | Size) -> AsyncIterator[Row] | int:
        match message:
            case Rows():
                return self.rows()
            case Size():
                return 1
            case _:
                self.unhandled(message)

    async def rows(self) -> AsyncGenerator[Row]:
        yield Row("one")


async def reading(store: Handle[Rows | Size]) -> None:
    assert_type(
        store.stream(Rows("all")), AbstractAsyncContextManager[AsyncIterator[Row]]
    )
    async with store.stream(Rows("all")) as rows:
        assert_type(rows, AsyncIterator[Row])
        assert_type(await anext(rows), Row)
        assert_type([row.name async for row in rows], list[str])
    async with store.stream(Names()) as names:
        assert_type(names, AsyncIterator[str])
    async with store.stream(Numbers()) as numbers:
        assert_type(numbers, AsyncIterator[int])
    assert_type(await store.ask(Rows("all")), AsyncIterator[Row])


def misreading(store: Handle[Rows | Size]) -> None:
    store.stream(Size())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    store.stream("all")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def forgetting_the_block(store: Handle[Rows | Size]) -> AsyncIterator[Row]:
    return store.stream(Rows("all"))  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
