"""Errors about asking several agents."""

from typing import Any

import attrs
import trio
from provoking import Add, Total, case, raised_by

from exeunt import Agent, Request, first_valid, hedge, quorum, start
from exeunt.exceptions import Refusal


@attrs.frozen
class Opinion(Request[str], linked=True):
    """Asks for an opinion."""


OPINION = Opinion()


@attrs.define
class Expert(Agent[Opinion]):
    """Has one opinion, after a while, or refuses."""

    opinion: str | Refusal = "yes"
    seconds: float = 0

    async def handle(self, message: Opinion) -> str:
        await trio.sleep(self.seconds)
        if isinstance(self.opinion, Refusal):
            raise self.opinion
        return self.opinion


async def asked(
    nursery: trio.Nursery, request: object = OPINION, **options: Any
) -> BaseException:
    """Return what a quorum of two experts raises."""
    experts = [await start(nursery, Expert, name="expert") for _ in range(2)]
    return await raised_by(quorum, experts, request, **{"count": 1, **options})


@case("several agents asked that are no list")
async def _(nursery: trio.Nursery) -> BaseException:
    expert = await start(nursery, Expert, name="expert")
    return await raised_by(hedge, expert, OPINION, after=1)


@case("nobody asked")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(first_valid, [], OPINION, accept=bool)


@case("several asked by what is no handle")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(first_valid, [Expert], OPINION, accept=bool)


@case("several asked what is no request")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, Add(3))


@case("several asked a class")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, Opinion)


@case("several asked a request that is not linked")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, Total())


@case("a quorum of no number")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, count="2")


@case("a quorum of a truth value")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, count=True)


@case("a quorum of nobody")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, count=0)


@case("a quorum of more than are asked")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, count=3)


@case("an accept that cannot be called")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked(nursery, accept="yes")


@case("an accept that is async")
async def _(nursery: trio.Nursery) -> BaseException:
    async def judge(answer: object) -> bool:
        return bool(answer)

    return await asked(nursery, accept=judge)


@case("a hedge after no number")
async def _(nursery: trio.Nursery) -> BaseException:
    expert = await start(nursery, Expert)
    return await raised_by(hedge, [expert], OPINION, after="1")


@case("a hedge after an infinite time")
async def _(nursery: trio.Nursery) -> BaseException:
    expert = await start(nursery, Expert)
    return await raised_by(hedge, [expert], OPINION, after=float("inf"))


@case("a hedge after a negative time")
async def _(nursery: trio.Nursery) -> BaseException:
    expert = await start(nursery, Expert)
    return await raised_by(hedge, [expert], OPINION, after=-1)


@case("a hedge that nobody answers")
async def _(nursery: trio.Nursery) -> BaseException:
    refuser = await start(nursery, Expert, Refusal("ask another"))
    closed = await start(nursery, Expert, name="expert")
    await closed.aclose()
    return await raised_by(hedge, [refuser, closed], OPINION, after=1)


@case("a quorum that cannot be reached")
async def _(nursery: trio.Nursery) -> BaseException:
    opinions: list[str | Refusal] = ["no", "yes", Refusal("ask another"), "late"]
    experts = [
        await start(nursery, Expert, opinion, seconds)
        for seconds, opinion in enumerate(opinions)
    ]
    return await raised_by(
        quorum, experts, OPINION, count=3, accept=lambda answer: answer == "yes"
    )
