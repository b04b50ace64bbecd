"""The engineer owns a module: it builds what belongs there, and mends it.

It knows that its workers are eager and mediocre. So it does not argue with them: what
fails is thrown away and made anew, by another draw, in other words, or by another
worker.
"""

from collections.abc import Iterator

from exeunt import Agent

from ..mechanisms.clusters import cluster
from ..mechanisms.stopping import patience
from ..models.model import Model
from .drafting import Draft, first_to_pass
from .gate import behaviour, complaint, leak, questions
from .messages import Build, Built, Stuck
from .news import Doubted, Settled
from .tools import IN_VAIN, Tools


class Engineer(Agent[Build]):
    """Builds the functions of one module, one after the other.

    Args:
        tools: What it works with.

    """

    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    async def handle(self, message: Build) -> Built | Stuck:
        """Build a function, or say why that cannot be done."""
        try:
            result = await self._kept(message) or await self._climb(message)
        except* IN_VAIN as error:
            result = Stuck(_first(error), 0, final=True)
        why = result.why if isinstance(result, Stuck) else ""
        name = message.function.name
        news = Settled(name, not why, result.attempts, why)
        await self.tools.news.publish(news)
        return result

    async def _kept(self, job: Build) -> Built | None:
        """Leave what is there as it is, if it does what it should."""
        if job.present and not await complaint(self.tools, job, job.present):
            return Built(job.present, 0)
        return None

    async def _climb(self, job: Build) -> Built | Stuck:
        """Ask each worker in turn, the cheapest first."""
        attempts, why = 0, "there is nobody to ask"
        for model in self.tools.ladder:
            result = await self._ask(job, model)
            attempts += result.attempts
            if isinstance(result, Built):
                return Built(result.source, attempts, result.questions)
            why = result.why
        return Stuck(why, attempts)

    async def _ask(self, job: Build, model: Model) -> Built | Stuck:
        """Let one worker try, for as long as that is worth its price."""
        accepted: list[Draft] = []
        why, lead, done = "", 1, 0
        for attempts in self._batches():
            for draft in await first_to_pass(self.tools, job, model, attempts):
                done = draft.attempt + 1
                if draft.why:
                    why = draft.why
                    continue
                accepted.append(draft)
                if len(accepted) == 1:
                    lead = await self._lead(job, draft)
                if result := await self._agreed(job, accepted, lead):
                    return Built(result.source, done, result.questions)
        if accepted:
            return Stuck("drafts that pass do different things", done)
        return Stuck(f"{done} drafts failed, the last because {why}", done)

    def _batches(self) -> Iterator[range]:
        policy = self.tools.policy
        most = patience(policy.p_min, policy.delta)
        for start in range(0, most, policy.width):
            yield range(start, min(start + policy.width, most))

    async def _lead(self, job: Build, draft: Draft) -> int:
        """Say how many drafts have to agree: more than one where the gate is weak."""
        policy = self.tools.policy
        found = await leak(self.tools, job, draft.source)
        name = job.function.name
        await self.tools.news.publish(Doubted(name, found.passed, found.tried))
        return policy.lead if found.share > policy.leak else 1

    async def _agreed(
        self, job: Build, accepted: list[Draft], lead: int
    ) -> Built | None:
        """Take the behaviour that leads by enough, if there is one.

        What other drafts that passed did otherwise is a question to the user.
        """
        if len(accepted) < lead:
            return None
        if len(accepted) == 1:
            return Built(accepted[0].source, 0)
        calls = questions(job.function)
        groups = cluster(
            {
                draft.attempt: await behaviour(self.tools, job, draft.source, calls)
                for draft in accepted
            }
        )
        winner = groups.winner(lead)
        if winner is None:
            return None
        open_ = groups.differing(calls)
        best = next(each for each in accepted if each.attempt == winner.members[0])
        return Built(best.source, 0, (open_,) if open_ else ())


def _first(group: BaseExceptionGroup[Exception]) -> str:
    """Say what the first of several errors says."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)
