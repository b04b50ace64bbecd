"""Classes of agents, and what the runtime tells them."""

from typing import Any

import attrs
import pytest
import trio

from exeunt import Agent, Request, start
from exeunt.exceptions import Unhandled


class Ask(Request[object]): ...


@attrs.frozen
class Frozen(Agent[Ask]):
    """An agent whose attributes cannot be set."""

    answer: int

    async def handle(self, message: Ask) -> object:
        return self.answer, self.context.name


async def test_a_frozen_agent_has_a_context_too(nursery: trio.Nursery) -> None:
    frozen = await start(nursery, Frozen, 42, name="frozen")
    assert await frozen.ask(Ask()) == (42, "frozen")
    assert repr(frozen) == "<Handle of 'frozen', running>"
    assert frozen.name == "frozen"


async def test_the_handle_of_the_context_is_the_one_that_start_returned(
    nursery: trio.Nursery,
) -> None:
    class Introducer(Agent[Ask]):
        async def handle(self, message: Ask) -> object:
            return self.context.handle

    introducer = await start(nursery, Introducer)
    assert await introducer.ask(Ask()) is introducer


async def test_the_lifespan_of_the_base_class_does_nothing() -> None:
    async with Frozen(1).lifespan() as nothing:
        assert nothing is None


def test_unhandled_always_raises_with_the_message() -> None:
    message: Any = Ask()
    with pytest.raises(Unhandled) as raised:
        Frozen(1).unhandled(message)
    assert raised.value.message is message


def test_keywords_of_a_class_go_to_the_next_class() -> None:
    class Mixin:
        def __init_subclass__(cls, **kwargs: Any) -> None:
            seen.update(kwargs)

    seen: dict[str, object] = {}

    class Both(Frozen, Mixin, topic="money"): ...

    assert issubclass(Both, Agent)
    assert seen == {"topic": "money"}


async def test_a_class_without_a_handler_cannot_be_started(
    nursery: trio.Nursery,
) -> None:
    class Abstract(Agent[Ask]):
        """To be subclassed further."""

    factory: Any = Abstract
    with pytest.raises(TypeError, match="abstract"):
        await start(nursery, factory)
