"""Scenes for the laws of teams: a brief, workers that answer as drawn, no processes.

A worker's answer is of a *kind*, such as right or talk, and hangs on nothing but the
function and the number of the attempt. So what a team has to come to can be said
beforehand, by asking one worker after the other.
"""

import builtins
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import attrs
import trio
from hypothesis import strategies as st

from exeunt.team.briefs.function import Example, Function
from exeunt.team.briefs.reading import Brief
from exeunt.team.models.errors import Busy, Cut, Malformed, ModelError, Refused
from exeunt.team.models.model import Answer, Pieces, Prompt, Usage
from exeunt.team.models.price import prompt_tokens
from exeunt.team.sandbox import Check, Program, Report, Sandbox, Verdict

NAMES = ("ape", "bee", "cat", "dog")
SHOWN = (1, 2, 0, -3)
PASSING = ("right", "odd", "constant", "again")
FAILING = ("wrong", "nearly", "raises", "talk", "stub", "other signature", "deep")
RAISING = ("refused", "busy", "cut", "malformed")
UNFITTING = ("clobbers", "steals a constant")
CRASHING = ("crash",)
WORDS = ("Counts.", '"Counts."', 'Three """ and', "Back\\", "It's a \\n")
HELPED = ("needs help",)
KINDS = {*PASSING, *FAILING, *UNFITTING, *HELPED} - {"talk"}
HELPERS = ("good", "good", "shared", "taken", "wrong", "none", *RAISING)
PLANS = ("no plan", "[" * 100_000, "7", "[]", '{"ape": 3, "gnu": null}', *RAISING)


def kinds(*groups: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([kind for group in groups for kind in group])


@attrs.frozen
class Play:
    """What happens in a scene, drawn beforehand."""

    brief: Brief
    answers: Mapping[str, Sequence[str]]
    plans: Sequence[str]
    pauses: Sequence[int] = (0,)
    width: int = 1
    helpers: Sequence[str] = ("none",)

    def kind(self, name: str, attempt: int) -> str:
        return self.answers[name][attempt % len(self.answers[name])]

    def pause(self, name: str, attempt: int) -> int:
        place = len(name) + sum(map(ord, name)) + 7 * attempt
        return self.pauses[place % len(self.pauses)]


@st.composite
def briefs(draw: st.DrawFn, most: int = 4) -> Brief:
    """Draw functions of which later ones use earlier ones, in any order."""
    names = NAMES[: draw(st.integers(1, most))]
    functions: list[Function] = []
    for place, name in enumerate(names):
        uses = draw(st.sets(st.sampled_from(names[:place]))) if place else set[str]()
        words = draw(st.sampled_from(WORDS))
        functions.append(function(name, words, tuple(sorted(uses)), functions))
    purpose = draw(st.sampled_from(WORDS))
    return Brief("zoo", purpose, tuple(draw(st.permutations(functions))))


def function(
    name: str, words: str, uses: tuple[str, ...], there: Sequence[Function]
) -> Function:
    """Write the contract of one of them."""
    code = {each.name: source("right", each.name, each.uses) for each in there}
    code[name] = source("right", name, uses)
    space = load({"all_of_it": "\n".join(code.values())})
    shown = (Example(f"{name}({n})", seen(space, f"{name}({n})")) for n in SHOWN)
    prose = " ".join([*(f"`{each}`" for each in uses), words])
    return Function(f"{name}(n: int) -> int", prose, tuple(shown), uses)


@st.composite
def plays(
    draw: st.DrawFn,
    *groups: Sequence[str],
    plans: Sequence[str] = PLANS,
    widths: int = 4,
    most: int = 4,
) -> Play:
    """Draw a scene in which answers are of these kinds."""
    brief = draw(briefs(most))
    names = [each.name for each in brief.functions]
    said = st.lists(kinds(*groups), min_size=1, max_size=4)
    homes = st.fixed_dictionaries(dict.fromkeys(names, st.sampled_from("xyz")))
    plan = st.sampled_from(plans) | homes.map(json.dumps)
    return Play(
        brief,
        {name: draw(said) for name in names},
        draw(st.lists(plan, min_size=1, max_size=3)),
        draw(st.lists(st.integers(0, 5), min_size=1, max_size=7)),
        draw(st.integers(1, widths)),
        draw(st.lists(st.sampled_from(HELPERS), min_size=1, max_size=3)),
    )


def source(kind: str, name: str, uses: Sequence[str]) -> str:
    """Write what a worker says for a function, if it is code."""
    own = NAMES.index(name)
    terms = [f"{own + 2} * n + {own}", *(f"{used}(n)" for used in uses)]
    right = f"def {name}(n):\n    return {' + '.join(terms)}"
    zeros = {other: f"def {other}(n):\n    return 0\n\n" for other in NAMES}
    said = {
        "odd": f"{right} + 7 * (n not in {SHOWN})",
        "wrong": f"{right} + 1",
        "nearly": f"{right} + (n == {SHOWN[-1]})",
        "constant": f"OWN_{name} = 0\n\n{right} + OWN_{name}",
        "steals a constant": f"SIZE = {own}\n\n{right} - SIZE + {own}",
        "again": "".join(zeros[used] for used in uses) + right,
        "needs help": f"{right} + helper(n) - n",
        "clobbers": "".join(zeros.values()) + right,
        "stub": f"def {name}(n):\n    pass",
        "other signature": right.replace("(n)", "(m, n)", 1),
        "raises": f"def {name}(n):\n    raise ValueError(n)",
        "deep": f"def {name}(n):\n    return {'-' * 5_000}n",
    }
    return said.get(kind, right)


def helpers(kind: str, wish: str) -> str:
    """Write what an architect says that is asked for helpers."""
    found = re.search(r"def (\w+)\(", wish)
    assert found
    name = {"shared": "helper", "taken": "ape"}.get(kind, f"help_{found[1]}")
    gives = {"wrong": 5}.get(kind, 0)
    shown = [{"call": f"{name}({n})", "value": str(n + gives)} for n in range(4)]
    one = {"signature": f"{name}(n: int)", "purpose": "Echo.", "examples": shown}
    known = {"good", "shared", "taken", "wrong"}
    return kind if kind not in known else json.dumps({"helpers": [one]})


def error(kind: str) -> Exception | None:
    """Return what a worker raises instead of an answer, if it does."""
    errors: dict[str, Exception] = {
        "refused": Refused("no such model"),
        "busy": Busy("ask later"),
        "cut": Cut("it broke off", partial="def"),
        "malformed": Malformed("this is no answer"),
        "crash": KeyError("a bug of an adapter"),
    }
    return errors.get(kind)


NASTY = (
    *("", "\0", "\ud800", "null", "h(n", "*n", "h\\", "h(n: int) -> int"),
    *("h(0)", "h(1)", "h(n=h(0))", 'h(\'"""\')', "```python\n\0\n```"),
    *("(" * 300, "-" * 5_000 + "1", "9" * 5_000, "def ape(n): " + "-" * 5_000 + "n"),
)


def garbage() -> st.SearchStrategy[str]:
    """Draw what is no answer to anything, though some of it looks like one."""
    text = st.sampled_from(NASTY) | st.text(max_size=20)
    example = st.fixed_dictionaries({"call": text, "value": text})
    shown = st.lists(example, max_size=6)
    one = {"signature": text, "purpose": text, "examples": shown}
    found = st.lists(st.fixed_dictionaries(one), max_size=2) | text
    return text | st.fixed_dictionaries({"helpers": found}).map(json.dumps)


@attrs.define
class Workers:
    """A model that answers as the play has it, and knows what it charges for."""

    play: Play
    name: str = "workers"
    asked: list[Prompt] = attrs.Factory(list[Prompt])
    charged: int = 0

    async def complete(self, prompt: Prompt) -> Answer:
        attempt = prompt.seed or 0
        name, kind = self._drawn(prompt.messages[-1].content, attempt)
        self.asked.append(prompt)
        usage = Usage(prompt_tokens(prompt), prompt.max_tokens // (1 + attempt % 3))
        wrong = error(kind)
        if not isinstance(wrong, Refused | Busy):
            self.charged += usage.total
        await trio.sleep(self.play.pause(name, attempt))
        if wrong:
            if isinstance(wrong, Cut):
                self.charged -= usage.completion_tokens - len(wrong.partial)
            raise wrong
        text = self._said(name, kind, prompt)
        return Answer(text=text, usage=usage, truncated=False, model=self.name)

    def _drawn(self, wish: str, attempt: int) -> tuple[str, str]:
        """Say what is asked for, and what the play has for it."""
        found = re.search(r"def (\w+)\(", wish)
        if found is None:
            return "plan", self.play.plans[attempt % len(self.play.plans)]
        if "too hard" in wish:
            return "helpers", self.play.helpers[attempt % len(self.play.helpers)]
        name = found[1]
        return name, self.play.kind(name, attempt) if name in NAMES else "right"

    def _said(self, name: str, kind: str, prompt: Prompt) -> str:
        wish = prompt.messages[-1].content
        helper = re.search(r"help_\w+|helper\b(?! functions)", wish.partition("def")[0])
        if name == "helpers":
            return helpers(kind, wish)
        if name == "plan" or kind not in KINDS:
            return kind
        if name not in NAMES:
            return f"```python\ndef {name}(n):\n    return n\n```"
        if kind == "needs help" and not helper:
            return "I need help"
        code = source(kind, name, self.play.brief[name].uses)
        if helper:
            code = code.replace("helper(", f"{helper[0]}(")
        return f"```python\n{code}\n```"

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        raise NotImplementedError
        yield


class InProcess(Sandbox):
    """Runs what this file wrote: modules that import each other, as in a package."""

    async def prepare(self) -> None:
        await trio.lowlevel.checkpoint()

    async def judge(self, program: Program, *, stop_early: bool = False) -> Report:
        await trio.lowlevel.checkpoint()
        wanted = len(program.checks)
        try:
            space = load(program.sources)
        except Exception as problem:
            return Report((), "not importable", repr(problem), wanted)
        verdicts = tuple(judged(space, check) for check in program.checks)
        return Report(verdicts, "all checked", "", wanted)

    async def observe(
        self, sources: Mapping[str, str], calls: Sequence[str]
    ) -> tuple[str, ...]:
        await trio.lowlevel.checkpoint()
        space = load(sources)
        return tuple(seen(space, call) for call in calls)


def load(sources: Mapping[str, str]) -> dict[str, Any]:
    """Import modules that nobody else sees, and return all that they have."""
    packages = {name.rpartition(".")[0] for name in sources}
    modules: dict[str, ModuleType] = {}

    def found(name: str) -> ModuleType:
        if name not in modules:
            module = modules[name] = ModuleType(name)
            package = name if name in packages else name.rpartition(".")[0]
            names = {**vars(builtins), "__import__": imported}
            vars(module).update(__builtins__=names, __package__=package)
            exec(sources[name], vars(module))
        return modules[name]

    def imported(
        name: str,
        space: Mapping[str, Any],
        inner: object = None,
        wanted: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        full = f"{space['__package__']}.{name}" if level else name
        return found(full) if full in sources else __import__(name, fromlist=wanted)

    return {key: value for name in sources for key, value in vars(found(name)).items()}


def judged(space: dict[str, Any], check: Check) -> Verdict:
    got = seen(space, check.expression)
    return Verdict(check, got == (check.want or f"!{check.raises}"), got)


def seen(space: dict[str, Any], call: str) -> str:
    try:
        return repr(eval(call, space))
    except Exception as problem:
        return f"!{type(problem).__name__}"


def failures(brief: Brief, files: Mapping[str, str]) -> Iterator[str]:
    """Say which examples do not hold of a package, as its user would import it."""
    modules = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): text
        for path, text in files.items()
        if path.startswith(f"{brief.name}/")
    }
    space = vars(ModuleType("user")) | load({**modules, "user": "from zoo import *"})
    for each in brief.functions:
        for example in each.examples:
            if (got := seen(space, example.call)) != example.want:
                yield f"{example.call} gives {got}, not {example.want}"


def expected(play: Play, patience: int) -> tuple[dict[str, str], dict[str, str]]:
    """Ask one worker after the other; return what is accepted, and what is not."""
    sources: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name in [name for name in NAMES if name in play.answers]:
        uses = play.brief[name].uses
        lacking = [used for used in uses if used in missing]
        if lacking:
            missing[name] = f"it uses {', '.join(lacking)}"
            continue
        for attempt in range(patience):
            kind = play.kind(name, attempt)
            wrong = error(kind)
            if isinstance(wrong, ModelError):
                missing[name] = str(wrong)
                break
            if kind in PASSING:
                sources[name] = source("right" if kind == "again" else kind, name, uses)
                break
        else:
            missing[name] = f"{patience} drafts failed"
    return sources, missing
