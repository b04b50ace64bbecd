"""One attempt: ask a model, throw away what is no draft, run the rest."""

import attrs
import trio

from ..mechanisms.extracting import extract
from ..mechanisms.redflags import HARMLESS, flags
from ..models.model import Model
from .drafts import neighbours_lost
from .gate import complaint
from .messages import Build
from .news import Drafting, Judged
from .prompts import KNOWN, implement
from .tools import IN_VAIN, Tools


@attrs.frozen
class Draft:
    """What has come of an attempt.

    Attributes:
        attempt: Which attempt it was.
        source: The code, without what only talks.
        why: What is wrong with it; nothing if it has passed the gate.

    """

    attempt: int
    source: str
    why: str


async def draft(tools: Tools, job: Build, model: Model, attempt: int) -> Draft:
    """Make one attempt, and let the user know what has come of it."""
    name = job.function.name
    await tools.news.publish(Drafting(name, attempt, model.name))
    answer = await model.complete(implement(job.function, job.used, attempt))
    wanted = {name: job.function.parameters}
    found = flags(
        answer.text,
        truncated=answer.truncated,
        wanted=wanted,
        allowed=HARMLESS | {KNOWN, *(each.name for each in job.used)},
    )
    source, why = "", "; ".join(map(str, found))
    if not why:
        source, why = neighbours_lost(extract(answer.text) or "", job)
    why = why or await complaint(tools, job, source)
    tokens = answer.usage.total
    await tools.news.publish(Judged(name, attempt, model.name, not why, why, tokens))
    return Draft(attempt, source, why)


async def first_to_pass(
    tools: Tools, job: Build, model: Model, attempts: range
) -> list[Draft]:
    """Make several attempts at once, up to the first that passes.

    The first is the one with the lowest number, not the one that comes first: whatever
    the order in which answers come, the same draft is taken. Those after it are
    cancelled, since nobody needs them. What ends an attempt in vain counts in the same
    way: not if one with a lower number passes.

    Returns:
        The drafts in the order of their numbers; only the last may have passed.

    Raises:
        OverBudget: There is nothing left for an attempt.
        ModelError: The model's own.
        CannotRemember: The memory does not take what has come of it.

    """
    drafts: dict[int, Draft] = {}
    vain: dict[int, Exception] = {}
    scopes = {attempt: trio.CancelScope() for attempt in attempts}

    async def make(attempt: int) -> None:
        with scopes[attempt]:
            try:
                drafts[attempt] = await draft(tools, job, model, attempt)
            except IN_VAIN as error:
                vain[attempt] = error
            if attempt in vain or not drafts[attempt].why:
                for later in range(attempt + 1, attempts.stop):
                    scopes[later].cancel()

    async with trio.open_nursery() as nursery:
        for attempt in attempts:
            nursery.start_soon(make, attempt)
    taken: list[Draft] = []
    for attempt in attempts:
        if attempt in vain:
            raise vain[attempt]
        taken.append(drafts[attempt])
        if not drafts[attempt].why:
            break
    return taken
