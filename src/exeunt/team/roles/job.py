"""One piece of work, from the plan to the package: who builds what, and when.

No model has a say in this. What is built first follows from what uses what, and a
function that nobody could write leaves those that use it undone, and nothing else.
"""

import sys
from collections.abc import Mapping

import attrs
import trio

from exeunt import Handle, open_supervisor
from exeunt.exceptions import AgentCrashed

from ..briefs.dividing import Division, Module, order
from ..briefs.function import Function
from ..briefs.reading import Brief
from ..package import Package, assemble, module_text
from ..sandbox import Check, Program
from .drafts import defined
from .engineer import Engineer
from .messages import (
    Build,
    Built,
    Delivered,
    Escalated,
    Plan,
    Split,
    Stuck,
    Verdict,
)
from .news import Restructured
from .tools import Tools

PATIENCE = 2
"""So often an engineer is asked for a function if it crashes over it."""


async def deliver(
    tools: Tools,
    architect: Handle[Plan | Split],
    brief: Brief,
    present: Mapping[str, str],
) -> Verdict:
    """Plan, build, put together, and try the whole."""
    division = await architect.ask(Plan(brief))
    job = Job(tools, architect, brief, division, present)
    # Who asks has patience; that is bound enough.
    async with open_supervisor(max_restarts=sys.maxsize) as scene:
        for module in division.modules:
            job.engineers[module.name] = await scene.start(
                Engineer, tools, name=f"engineer of {module.name}", restart="transient"
            )
        async with trio.open_nursery() as nursery:
            for module in division.modules:
                for name in module.functions:
                    nursery.start_soon(job.build, brief[name], module)
    return await job.verdict()


@attrs.define
class Job:
    """What is known of a piece of work while it goes on."""

    tools: Tools
    architect: Handle[Plan | Split]
    brief: Brief
    division: Division
    present: Mapping[str, str]
    engineers: dict[str, Handle[Build]] = attrs.Factory(dict[str, Handle[Build]])
    sources: dict[str, str] = attrs.Factory(dict[str, str])
    missing: dict[str, str] = attrs.Factory(dict[str, str])
    questions: dict[str, tuple[str, ...]] = attrs.Factory(dict[str, tuple[str, ...]])
    done: dict[str, trio.Event] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.done = {each.name: trio.Event() for each in self.brief.functions}

    async def build(self, function: Function, module: Module) -> None:
        """Have a function built as soon as all that it uses is there."""
        place = module.functions.index(function.name)
        for name in (*module.functions[:place], *function.uses):
            await self.done[name].wait()
        lacking = [name for name in function.uses if name in self.missing]
        if lacking:
            self.missing[function.name] = f"it uses {', '.join(lacking)}"
        else:
            await self._have_built(function, module)
        self.done[function.name].set()

    async def _have_built(self, function: Function, module: Module) -> None:
        engineer = self.engineers[module.name]
        job = self._order(function, module)
        result = await ask(engineer, job)
        for _ in range(self.tools.policy.splits):
            if isinstance(result, Stuck) and not result.final:
                result = await self._restructure(engineer, job) or result
        if isinstance(result, Built):
            self.sources[function.name] = result.source
            self.questions[function.name] = result.questions
        else:
            self.missing[function.name] = result.why

    def _order(self, function: Function, module: Module) -> Build:
        """Write down what an engineer has to know, and nothing that it need not."""
        before = module.functions[: module.functions.index(function.name)]
        there = [name for name in before if name in self.sources]
        near = {*there, function.name}
        return Build(
            function,
            used=tuple(self.brief[name] for name in function.uses),
            modules=self._modules(near, module.name),
            uses=self._uses(near, module.name),
            neighbours=tuple(self.sources[name] for name in there),
            others=tuple(name for name in self.done if name != function.name),
            present=self.present.get(function.name),
        )

    def _modules(self, near: set[str], own: str) -> dict[str, str]:
        """Write the modules that some functions need, with just what they need."""
        needed = self._needed(near)
        texts: dict[str, str] = {}
        for module in self.division.modules:
            names = [name for name in module.functions if name in needed]
            if names and module.name != own:
                parts = [self.sources[name] for name in names]
                texts[module.name] = module_text(
                    parts, self._uses({*names}, module.name)
                )
        return texts

    def _needed(self, names: set[str]) -> set[str]:
        ahead, found = [*names], set[str]()
        while ahead:
            more = {*self.brief[ahead.pop()].uses} - found
            found |= more
            ahead += more
        return found

    def _uses(self, names: set[str], own: str) -> dict[str, tuple[str, ...]]:
        """Say what has to be imported from where, in the order of the plan."""
        used = {each for name in names for each in self.brief[name].uses}
        return {
            module.name: taken
            for module in self.division.modules
            if module.name != own
            and (taken := tuple(f for f in module.functions if f in used))
        }

    async def _restructure(
        self, engineer: Handle[Build], job: Build
    ) -> Built | Stuck | None:
        """Give a function helpers, and have it built with them."""
        helpers = await self.architect.ask(Split(job.function))
        taken = {*self.done, *defined(job.neighbours)}
        if not taken.isdisjoint(helper.name for helper in helpers):
            return None
        parts: list[str] = []
        for helper in helpers:
            smaller = attrs.evolve(
                job,
                function=helper,
                neighbours=(*job.neighbours, *parts),
                others=(*self.done,),
            )
            built = await ask(engineer, smaller)
            if isinstance(built, Stuck):
                return built if built.final else None
            parts.append(built.source)
        if not parts:
            return None
        names = tuple(helper.name for helper in helpers)
        await self.tools.news.publish(Restructured(job.function.name, names))
        easier = attrs.evolve(
            job, used=(*job.used, *helpers), neighbours=(*job.neighbours, *parts)
        )
        built = await ask(engineer, easier)
        if isinstance(built, Stuck):
            return built if built.final else None
        return attrs.evolve(built, source="\n\n\n".join([*parts, built.source]))

    async def verdict(self) -> Verdict:
        """Put together what there is, and run all the examples on the whole."""
        names = [function.name for function in self.brief.functions]
        questions = tuple(
            f"{call} may be anything"
            for name in names
            for call in self.questions.get(name, ())
        )
        if not self.missing:
            files = assemble(self.brief, self.division, self.sources)
            wrong = await self._try(files)
            if not wrong:
                package = Package(self.brief.name, files)
                return Delivered(package, dict(self.sources), questions)
            self.missing["the whole"] = wrong
        missing = {n: w for n in [*names, "the whole"] if (w := self.missing.get(n))}
        return Escalated(missing, dict(self.sources), questions)

    async def _try(self, files: Mapping[str, str]) -> str:
        """Say what is wrong with the whole; nothing if all the examples hold."""
        front = f"{self.brief.name}/"
        modules = {
            path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): text
            for path, text in files.items()
            if path.startswith(front)
        }
        checks = tuple(
            Check(function.name, each.call, want=each.want, raises=each.raises)
            for function in order(self.brief)
            for each in function.examples
        )
        report = await self.tools.sandbox.judge(Program(modules, checks))
        if report.passed:
            return ""
        failed = [verdict for verdict in report.verdicts if not verdict.passed]
        return f"{failed[0].check.name} fails" if failed else report.detail


async def ask(engineer: Handle[Build], job: Build) -> Built | Stuck:
    """Ask an engineer, and once more if it has crashed over the question.

    One that is started again has forgotten nothing, since it knows nothing but what it
    is told; and no answer of a model is paid for again, since all are remembered.
    """
    for chance in range(PATIENCE):
        try:
            return await engineer.ask(job)
        except AgentCrashed as error:
            if chance == PATIENCE - 1:
                return Stuck(
                    f"its engineer crashed: {error.__cause__!r}", 0, final=True
                )
    raise AssertionError("PATIENCE is no number")  # pragma: no cover - as it says
