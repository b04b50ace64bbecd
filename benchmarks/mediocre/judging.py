"""What each recorded answer is worth, found out by running it, and written down."""

import hashlib
import json
from functools import cache
from pathlib import Path

import attrs
import trio
from tqdm import tqdm

from exeunt.team.briefs.function import Function
from exeunt.team.briefs.reading import read
from exeunt.team.mechanisms.extracting import extract
from exeunt.team.mechanisms.probes import probes
from exeunt.team.mechanisms.redflags import flags
from exeunt.team.sandbox import CannotIsolate, Check, Program, Sandbox

from ..modules.hidden import oracle
from .tape import HERE, Recorded

VERDICTS = HERE / "verdicts.jsonl"
MODULES = Path(__file__).parents[1] / "modules"


@attrs.frozen
class Judged:
    """A recorded answer and its worth.

    Attributes:
        set: The set of tasks.
        name: The task.
        attempt: The number of the attempt.
        tokens: The length of the answer.
        flagged: What is seen without running it, or nothing.
        examples: How many examples in a row it does, from the first.
        wanted: How many examples there are.
        right: Whether it does all that is hidden.
        behaviour: What stands for what it does on the probes.

    """

    set: str
    name: str
    attempt: int
    tokens: int
    flagged: str
    examples: int
    wanted: int
    right: bool
    behaviour: str

    @property
    def accepted(self) -> bool:
        """Whether it passes the gate."""
        return not self.flagged and self.examples == self.wanted


@cache
def functions(which: str) -> dict[str, Function]:
    """Read the tasks of a set, be they repaired or drawn."""
    page = MODULES / f"{which.split(maxsplit=1)[0]}.md"
    brief = read(page.read_text(encoding="utf-8"))
    return {each.name: each for each in brief.functions}


def judged() -> list[Judged]:
    """Read what was found out before."""
    lines = VERDICTS.read_text(encoding="utf-8").splitlines()
    return [Judged(**json.loads(line)) for line in lines]


async def judge_all(answers: list[Recorded]) -> None:
    """Run every answer, two at once, and write down what it is worth."""
    sandbox = Sandbox()
    try:
        await sandbox.prepare()
    except CannotIsolate:
        sandbox = Sandbox(isolation="none")
    found: dict[int, Judged] = {}
    limiter = trio.CapacityLimiter(2)
    with tqdm(total=len(answers), unit="answer") as bar:

        async def one(number: int, answer: Recorded) -> None:
            async with limiter:
                found[number] = await _judge(sandbox, answer)
            bar.update()

        async with trio.open_nursery() as nursery:
            for number, answer in enumerate(answers):
                nursery.start_soon(one, number, answer)
    lines = [json.dumps(attrs.asdict(found[n])) for n in range(len(answers))]
    VERDICTS.write_text("\n".join([*lines, ""]), encoding="utf-8")


async def _judge(sandbox: Sandbox, answer: Recorded) -> Judged:
    function = functions(answer.set)[answer.name]
    wanted = {function.name: function.parameters}
    found = flags(answer.text, truncated=answer.truncated, wanted=wanted)
    flagged = "; ".join(map(str, found))
    source = extract(answer.text) or ""
    texts = {"the_draft": source}
    gate = await sandbox.judge(Program(texts, _examples(function)))
    truth = await sandbox.judge(Program(texts, _hidden(answer.name)), stop_early=True)
    calls = probes(function.header, [each.call for each in function.examples])
    does = "\n".join(await sandbox.observe(texts, calls))
    passed = [verdict.passed for verdict in gate.verdicts]
    return Judged(
        answer.set,
        answer.name,
        answer.attempt,
        answer.tokens,
        flagged,
        ([*passed, False]).index(False),
        len(function.examples),
        truth.passed,
        hashlib.sha256(does.encode()).hexdigest()[:12],
    )


def _examples(function: Function) -> tuple[Check, ...]:
    return tuple(
        Check(str(n), each.call, want=each.want, raises=each.raises)
        for n, each in enumerate(function.examples)
    )


def _hidden(name: str) -> tuple[Check, ...]:
    checks: list[Check] = []
    for n, (arguments, seen) in enumerate(oracle(name)):
        call = f"{name}({', '.join(map(repr, arguments))})"
        if seen.startswith("!"):
            checks.append(Check(str(n), call, raises=seen[1:]))
        else:
            checks.append(Check(str(n), call, want=seen))
    return tuple(checks)
