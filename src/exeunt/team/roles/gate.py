"""The gate: a draft is a claim, and running it makes it a fact."""

import hashlib
import json
from collections.abc import Mapping, Sequence

import attrs

from ..briefs.function import Function
from ..mechanisms.mutants import mutants
from ..mechanisms.probes import probes
from ..package import module_text
from ..sandbox import Check, Program, Report
from .messages import Build
from .tools import Tools

DRAFT = "the_draft"
"""What the module with the draft is called while it is tried."""


async def complaint(tools: Tools, job: Build, source: str) -> str:
    """Run a draft against all the examples of its contract.

    Returns:
        What is wrong with it; nothing if it passes.

    """
    texts = _texts(job, source)

    async def judge() -> str:
        program = Program(texts, _checks(job.function))
        return _told(await tools.sandbox.judge(program, stop_early=True))

    return await tools.memory.remember("gate", _key(job.function, texts), judge)


def _checks(function: Function) -> tuple[Check, ...]:
    return tuple(
        Check(f"example {n}", each.call, want=each.want, raises=each.raises)
        for n, each in enumerate(function.examples, 1)
    )


def _told(report: Report) -> str:
    """Say in a line what is wrong."""
    if report.passed:
        return ""
    for verdict in report.verdicts:
        if not verdict.passed:
            check = verdict.check
            got = verdict.raised or verdict.got
            return f"{check.expression} gives {got}, not {check.want or check.raises}"
    return report.detail or report.ended


def _texts(job: Build, source: str) -> Mapping[str, str]:
    parts = [*job.neighbours, source]
    return {**job.modules, DRAFT: module_text(parts, job.uses)}


def _key(function: Function, texts: Mapping[str, str], *more: str) -> str:
    data = json.dumps([function.digest, sorted(texts.items()), more])
    return hashlib.sha256(data.encode()).hexdigest()[:24]


async def behaviour(
    tools: Tools, job: Build, source: str, calls: Sequence[str]
) -> tuple[str, ...]:
    """Say what a draft does, without a word on whether that is right."""
    texts = _texts(job, source)

    async def observe() -> list[str]:
        return list(await tools.sandbox.observe(texts, calls))

    key = _key(job.function, texts, *calls)
    return tuple(await tools.memory.remember("behaviour", key, observe))


@attrs.frozen
class Leak:
    """What wrong code the gate lets through.

    Attributes:
        passed: How many of the mutants that do something else it let through.
        tried: How many of those there were.

    """

    passed: int
    tried: int

    @property
    def share(self) -> float:
        """The share that passed; 0 where there was nothing to try it with."""
        return self.passed / self.tried if self.tried else 0.0


def questions(function: Function) -> tuple[str, ...]:
    """Find calls on which drafts may be told apart, beyond the examples."""
    known = {each.call for each in function.examples}
    calls = probes(function.header, [each.call for each in function.examples])
    return tuple(call for call in calls if call not in known)


async def leak(tools: Tools, job: Build, source: str) -> Leak:
    """Try the gate with mutants of a draft that has passed it.

    A mutant that does the same as the draft, wherever one looks, is left out.
    """
    known = tuple(each.call for each in job.function.examples)
    calls = (*known, *questions(job.function))
    right = await behaviour(tools, job, source, calls)
    passed = tried = 0
    for mutant in mutants(source, tools.policy.doubt) if tools.policy.doubt else ():
        does = await behaviour(tools, job, mutant.source, calls)
        tried += does != right
        passed += does != right and does[: len(known)] == right[: len(known)]
    return Leak(passed, tried)
