"""The manager answers three questions, each with something that was measured.

Can we take on more work? Little's law says how much can be done in time. Is the work
well defined? Its own examples say so. Should we do some restructuring? What has failed
too often is split. The first two are answered at once, the third as the work goes on.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio

from exeunt import Agent, Handle, Reply

from ..briefs.checking import problems
from ..budget import Budget
from ..mechanisms.admission import Admission, Full
from .job import deliver
from .messages import Deliver, Plan, Rejected, Split, Verdict
from .tools import Tools


class Manager(Agent[Deliver]):
    """Takes work on, or says at once why not; sees it through.

    Args:
        tools: What the team works with.
        architect: Who divides the work.
        admission: How much work there may be inside.
        budget: What may be spent; None if nobody counts.

    """

    def __init__(
        self,
        tools: Tools,
        architect: Handle[Plan | Split],
        admission: Admission,
        budget: Budget | None,
    ) -> None:
        self.tools = tools
        self.architect = architect
        self.admission = admission
        self.budget = budget

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Keep a nursery for the work that is inside."""
        async with trio.open_nursery() as self.nursery:
            yield

    async def handle(self, message: Deliver) -> Rejected | None:
        """Reject a brief at once, or begin with it and answer when it is done."""
        reasons = problems(message.brief)
        if reasons:
            return Rejected(reasons)
        if self.budget and self.budget.left <= 0:
            return Rejected(
                (f"there is nothing left to spend: {self.budget}; raise its limit",)
            )
        answer = self.admission.try_admit()
        if isinstance(answer, Full):
            return Rejected(
                (f"there is work enough: {self.admission.inside} jobs are inside",),
                retry_after=answer.retry_after,
            )
        self.nursery.start_soon(self._see_through, message, self.context.defer(message))
        return None

    async def _see_through(self, message: Deliver, reply: Reply[Verdict]) -> None:
        """Do the work, and learn how long such work takes."""
        began = trio.current_time()
        took: float | None = None
        try:
            verdict = await deliver(
                self.tools, self.architect, message.brief, message.present
            )
            took = trio.current_time() - began
        finally:
            self.admission.left(took)
        reply.send(verdict)
