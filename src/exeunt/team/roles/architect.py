"""The architect divides the work, and finds helpers for what is too hard.

It answers with data that fits a schema, and the data is checked by rules before anybody
builds on it. A plan that the rules object to is thrown away and asked for again. Where
nobody answers, a rule divides the work: the engineers will say what is in the way.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import attrs

from exeunt import Agent

from ..briefs.checking import problems
from ..briefs.dividing import Division, arranged, by_rule, fitted, objections
from ..briefs.function import Example, Function
from ..briefs.reading import Brief
from ..models.errors import Malformed
from ..models.model import Prompt
from .messages import Plan, Split
from .news import Planned
from .prompts import help_with, plan
from .tools import IN_VAIN, Tools


class Architect(Agent[Plan | Split]):
    """Plans, as data.

    Args:
        tools: What it works with; it asks the last of the ladder, the best there is.

    """

    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    async def handle(
        self, message: Plan | Split
    ) -> Division | tuple[Function, ...] | None:
        """Divide a brief, or split a function."""
        match message:
            case Plan(brief):
                return await self._divide(brief)
            case Split(function):
                return await self._helpers(function)
            case _:
                self.unhandled(message)
        return None

    async def _divide(self, brief: Brief) -> Division:
        """Take the first plan that no rule objects to; failing that, the rule's own."""
        found = await self._proposed(brief) if len(brief.functions) > 1 else None
        division, by = (found, "architect") if found else (by_rule(brief), "rule")
        await self.tools.news.publish(Planned(division, by))
        return division

    async def _proposed(self, brief: Brief) -> Division | None:
        with suppress(*IN_VAIN):
            for attempt in range(self.tools.policy.plans):
                homes = _homes(await self._answer(plan(brief, attempt)))
                modules = fitted(brief, homes) if homes else []
                if modules and not list(objections(brief, modules)):
                    return arranged(brief, modules)
        return None

    async def _helpers(self, function: Function) -> tuple[Function, ...]:
        """Take the first helpers that are well defined; there may be none."""
        alone = attrs.evolve(function, uses=())
        with suppress(*IN_VAIN):
            for attempt in range(self.tools.policy.plans):
                data = await self._answer(help_with(function, attempt))
                found = tuple(_functions(data))
                if found and not problems(Brief("helpers", "", (*found, alone))):
                    return found
        return ()

    async def _answer(self, prompt: Prompt) -> Any:
        """Ask, and read what is said as JSON; None if it is not."""
        with suppress(Malformed, ValueError, RecursionError):
            return json.loads((await self.tools.ladder[-1].complete(prompt)).text)
        return None


def _homes(data: Any) -> dict[str, str]:
    """Read which function lives where; nothing, if that is not what was said."""
    with suppress(AttributeError):
        return {str(function): str(home) for function, home in data.items()}
    return {}


def _functions(data: Any) -> Iterator[Function]:
    with suppress(KeyError, TypeError):
        for each in data["helpers"]:
            shown = (Example(str(e["call"]), str(e["value"])) for e in each["examples"])
            yield Function(str(each["signature"]), str(each["purpose"]), tuple(shown))
