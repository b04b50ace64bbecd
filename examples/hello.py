# The first example of the README, as it stands there.
# ruff: noqa: D100, D101, D102, D103
import attrs
import trio

from exeunt import Agent, Request, start


@attrs.frozen
class Set:
    value: int


class Get(Request[int]): ...


class Service(Agent[Set | Get]):
    value = 0

    async def handle(self, message: Set | Get) -> int | None:
        match message:
            case Set(value):
                self.value = value
            case Get():
                return self.value
            case _:
                self.unhandled(message)
        return None


async def main() -> None:
    async with trio.open_nursery() as nursery:
        service = await start(nursery, Service)
        await service.send(Set(42))
        print(await service.ask(Get()))
        await service.aclose()  # takes no more, handles the rest, leaves


trio.run(main)
