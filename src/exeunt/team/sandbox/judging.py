"""The host's side: tells the tested code what to evaluate, and judges what comes."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from .hearing import Hearing, raised_by, verdict
from .isolating import CannotIsolate, Way, isolated_way, open_way
from .limits import Limits
from .program import Program, Report, Verdict
from .running import Answer, Ending, Hear, run
from .values import Question, question


@attrs.define
class Sandbox:
    """Runs generated code where it can do no harm, and says what is true of it.

    The tested code is shut in by the namespaces of Linux: it sees no network, no other
    process, no file but the standard library and a small folder of its own, and
    nothing of the environment. What it may use is limited.

    It is asked for values, and they are compared outside of it. So code that lies can
    say what a function that returns fixed values can say, and nothing beyond that.

    Args:
        isolation: With ``"required"``, code is run only where it can be shut in. With
            ``"none"`` it runs as the user who asks, with the limits alone: for code
            that one would also run by hand.
        python: The interpreter that runs the tested code.
        limits: How much one run may use.

    Example::

        sandbox = Sandbox()
        program = Program(
            {"sums": "def add(a, b): return a + b"},
            (Check("two and two", "add(2, 2)", want="4"),),
        )
        report = await sandbox.judge(program)
        assert report.passed

    """

    isolation: Literal["required", "none"] = "required"
    python: str = sys.executable
    limits: Limits = attrs.Factory(Limits)
    _way: Way | None = attrs.field(default=None, init=False)

    async def prepare(self) -> None:
        """Find out how code can be shut in here. `judge` does so if nobody did.

        Raises:
            CannotIsolate: It cannot be, and isolation is required. The text says what
                is missing, and how to do without.

        """
        if self.isolation == "none":
            way, probe = open_way(self.python), Question("1")
        else:
            way, probe = isolated_way(self.python), Question("__import__('os').fork()")
        heard = Hearing((probe,))
        ending = await ask(way, Limits(processes=1), Program({}), heard)
        if not heard.complete:
            raise CannotIsolate(ending.cannot or "a trial run gave no answer")
        if way.isolated and raised_by(heard.answers[0]) != "BlockingIOError":
            raise CannotIsolate("the number of processes cannot be limited")
        self._way = way

    async def judge(self, program: Program, *, stop_early: bool = False) -> Report:
        """Check the program, in one run.

        Args:
            program: The code, and what has to hold of it.
            stop_early: Whether to stop at the first check that fails.

        Raises:
            CannotIsolate: As from `prepare`.

        """
        asked = tuple(question(each.expression, each.want) for each in program.checks)
        heard = Hearing(asked)
        verdicts: list[Verdict] = []

        def hear(answer: Answer) -> bool:
            more = heard(answer)
            if not heard.answers:
                return more
            place = len(verdicts)
            check, most = program.checks[place], self.limits.answer
            verdicts.append(verdict(check, asked[place], answer, most))
            return more and (verdicts[-1].passed or not stop_early)

        ending = await self._ask(program, heard, hear)
        return Report(tuple(verdicts), *heard.ended(ending), len(asked))

    async def observe(
        self, sources: Mapping[str, str], expressions: Sequence[str]
    ) -> tuple[str, ...]:
        """See what the code does: the value of each expression, as text.

        Args:
            sources: The text of each module, by its name.
            expressions: What to evaluate.

        Returns:
            For each expression its value as ``repr`` has it, with sets and dicts in one
            order; or ``"!"`` and the name of the error; or ``"!timeout"`` or
            ``"!crashed"`` if no answer came.

        Raises:
            CannotIsolate: As from `prepare`.

        """
        heard = Hearing(tuple(map(Question, expressions)))
        return heard.behaviours(await self._ask(Program(sources), heard, heard))

    async def _ask(self, program: Program, heard: Hearing, hear: Hear) -> Ending:
        if self._way is None:
            await self.prepare()
        assert self._way
        ending = await ask(self._way, self.limits, program, heard, hear)
        if ending.cannot:
            raise CannotIsolate(ending.cannot)
        return ending


async def ask(
    way: Way, limits: Limits, program: Program, heard: Hearing, hear: Hear | None = None
) -> Ending:
    """Have the tested code asked, and hear what it says."""
    job: dict[str, Any] = {
        "isolated": way.isolated,
        "files": _files(program.sources),
        "modules": list(program.sources),
        "setup": program.setup,
        "expressions": [(each.expression, each.loosely) for each in heard.asked],
        "each": limits.each,
        "answer": limits.answer,
        "disk": limits.disk,
        "limits": limits.of_the_system(),
    }
    return await run(way.command, job, limits.wall, hear or heard)


def _files(sources: Mapping[str, str]) -> dict[str, str]:
    packages = {name.rpartition(".")[0] for name in sources}
    return {
        name.replace(".", "/") + ("/__init__.py" if name in packages else ".py"): text
        for name, text in sources.items()
    }
