"""The team, put together: who is there, and in which order they leave."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import attrs

from exeunt import Handle, Topic, open_supervisor

from .briefs.reading import Brief
from .budget import Budget
from .mechanisms.admission import Admission
from .models.model import Model
from .roles.architect import Architect
from .roles.manager import Manager
from .roles.messages import Deliver, Verdict
from .roles.news import News
from .roles.tools import Memory, NoMemory, Policy, Tools
from .sandbox import Sandbox


@attrs.frozen
class Team:
    """A team that is at work.

    Attributes:
        manager: Whom to ask.
        news: What happens; subscribe to it before asking.

    """

    manager: Handle[Deliver]
    news: Topic[News]

    async def deliver(
        self, brief: Brief, present: Mapping[str, str] | None = None
    ) -> Verdict:
        """Have a package built.

        Args:
            brief: What is wanted.
            present: The sources that there are, by the names of the functions, if
                a package is to be mended: what does all that the brief says stays.

        Returns:
            The package; or why the work was not begun; or what could not be done.

        Raises:
            AgentCrashed: The team has a bug.

        """
        return await self.manager.ask(Deliver(brief, present or {}))


@asynccontextmanager
async def open_team(
    *ladder: Model,
    sandbox: Sandbox | None = None,
    memory: Memory | None = None,
    budget: Budget | None = None,
    policy: Policy | None = None,
    engineers: int = 4,
    deadline: float = 3600.0,
) -> AsyncGenerator[Team]:
    """Open a team; at the end of the block everybody leaves.

    Args:
        ladder: The models to ask, the cheapest first. Put a budget, a limit or a memory
            around each.
        sandbox: Where their code runs; one that refuses where it cannot isolate, if
            not given.
        memory: Where results are kept, such as a journal.
        budget: What may be spent; the manager rejects work if nothing is left of it.
        policy: How the mechanisms are set.
        engineers: How many jobs are reckoned to be done at the same time. What is
            admitted begins at once.
        deadline: Within how many seconds a job should be done. The manager rejects
            what it could not do in that time.

    Raises:
        ValueError: There is no model.
        exeunt.team.sandbox.CannotIsolate: Code cannot be shut in here.

    """
    if not ladder:
        raise ValueError("a team needs a model: give it at least one")
    tools = Tools(
        ladder=ladder,
        sandbox=sandbox or Sandbox(),
        memory=memory or NoMemory(),
        policy=policy or Policy(),
    )
    await tools.sandbox.prepare()
    admission = Admission(workers=engineers, deadline=deadline, service=deadline / 10)
    try:
        async with open_supervisor() as supervisor:
            architect = await supervisor.start(Architect, tools)
            manager = await supervisor.start(
                Manager, tools, architect, admission, budget, uses=[architect]
            )
            yield Team(manager, tools.news)
    finally:
        tools.news.close()  # Until they have left, they may have something to say.
