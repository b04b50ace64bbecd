"""How the functions of a brief are divided into modules, and which come first.

A division is data. Whoever proposes one, a model or the rule at the end of this file,
it is checked in the same way: each function has one home, no module is too large, and
no two modules need each other.
"""

import builtins
import hashlib
import json
import keyword
import sys
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import chain, count, pairwise

import attrs

from .function import Function
from .reading import Brief

MOST_FUNCTIONS = 4
"""A module has no more of them: it should be seen at a glance."""

MOST_MODULES = 6
"""There are no more of them than a person overlooks, unless functions are so many."""


@attrs.frozen
class Module:
    """A part of the package that one engineer owns.

    Attributes:
        name: What it is called.
        functions: The names of the functions that live in it.

    """

    name: str
    functions: tuple[str, ...]


@attrs.frozen
class Division:
    """Which function lives where.

    Attributes:
        modules: The modules, those that others need first.

    """

    modules: tuple[Module, ...]

    def home(self, function: str) -> str:
        """Name the module that a function lives in."""
        return next(m.name for m in self.modules if function in m.functions)

    def digest(self, brief: Brief) -> str:
        """What tells this plan from any other, its contracts included."""
        contracts = [each.digest for each in brief.functions]
        data = json.dumps([attrs.asdict(self), contracts], sort_keys=True)
        return hashlib.sha256(data.encode()).hexdigest()[:16]


def order(brief: Brief) -> list[Function]:
    """Put the functions in an order in which each comes after those that it uses.

    Raises:
        graphlib.CycleError: Some of them use each other.

    """
    uses = {each.name: each.uses for each in brief.functions}
    return [brief[name] for name in TopologicalSorter(uses).static_order()]


def ring(brief: Brief) -> tuple[str, ...]:
    """Find functions that use each other, so that none can be built first."""
    try:
        order(brief)
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def how_many(brief: Brief) -> tuple[int, int]:
    """Say how many modules there should be, at least and at the most."""
    functions = len(brief.functions)
    fewest = -(-functions // MOST_FUNCTIONS)
    return fewest, max(fewest, min(MOST_MODULES, functions))


def objections(brief: Brief, modules: Iterable[Module]) -> Iterator[str]:
    """Say what is wrong with a division, in words for whoever proposed it."""
    modules = list(modules)
    homes = [function for module in modules for function in module.functions]
    names = [each.name for each in brief.functions]
    for name in names:
        if (times := homes.count(name)) != 1:
            yield f"{name} lives in {times} modules, not in one"
    for name in sorted({*homes} - {*names}):
        yield f"nobody wants a function {name}"
    for module in modules:
        yield from _of_one(module, names)
    fewest, most = how_many(brief)
    if not fewest <= len(modules) <= most:
        yield f"there are {len(modules)} modules, not {fewest} to {most}"
    if len({module.name for module in modules}) < len(modules):
        yield "two modules have the same name"
    elif sorted(homes) == sorted(names):
        yield from _rings(brief, modules)


def _of_one(module: Module, functions: list[str]) -> Iterator[str]:
    if not module.name.isidentifier() or keyword.iskeyword(module.name):
        yield f"{module.name!r} cannot be the name of a module"
    elif module.name in sys.stdlib_module_names:
        yield f"{module.name!r} would hide a module of the standard library"
    elif module.name in dir(builtins):
        yield f"{module.name!r} is what Python calls something else"
    elif module.name in functions:
        yield f"{module.name!r} is the name of a function as well"
    if not 1 <= len(module.functions) <= MOST_FUNCTIONS:
        many = len(module.functions)
        yield f"{module.name} has {many} functions, not 1 to {MOST_FUNCTIONS}"


def _rings(brief: Brief, modules: list[Module]) -> Iterator[str]:
    try:
        list(_sorter(brief, modules).static_order())
    except CycleError as error:
        yield f"these modules need each other: {' -> '.join(error.args[1])}"


def _sorter(brief: Brief, modules: list[Module]) -> TopologicalSorter[str]:
    division = Division(tuple(modules))
    needs: dict[str, list[str]] = {module.name: [] for module in modules}
    for function in brief.functions:
        home = division.home(function.name)
        others = map(division.home, function.uses)
        needs[home] += [other for other in others if other != home]
    return TopologicalSorter(needs)


def arranged(brief: Brief, modules: Iterable[Module]) -> Division:
    """Put the modules, and the functions in them, in the order of use.

    Raises:
        graphlib.CycleError: The modules need each other.

    """
    by_name = {module.name: module for module in modules}
    names = [each.name for each in order(brief)]
    return Division(
        tuple(
            Module(name, tuple(f for f in names if f in by_name[name].functions))
            for name in _sorter(brief, list(by_name.values())).static_order()
        )
    )


def fitted(brief: Brief, homes: Mapping[str, str]) -> list[Module]:
    """Make modules of an idea of what belongs together, within the limits.

    What is too large is cut, and the smallest are put together, in the order of use.

    Args:
        brief: What is wanted.
        homes: The name of a module for each function.

    """
    names = [each.name for each in order(brief)]
    groups: list[tuple[str, list[str]]] = []
    for topic in dict.fromkeys(homes.get(name, "others") for name in names):
        members = [name for name in names if homes.get(name, "others") == topic]
        groups += (
            (topic, members[start : start + MOST_FUNCTIONS])
            for start in range(0, len(members), MOST_FUNCTIONS)
        )
    while len(groups) > how_many(brief)[1]:
        sizes = [len(a[1]) + len(b[1]) for a, b in pairwise(groups)]
        place = sizes.index(min(sizes))
        groups[place][1].extend(groups.pop(place + 1)[1])
    return [Module(name, tuple(members)) for name, members in _named(groups, names)]


def _named(
    groups: list[tuple[str, list[str]]], functions: list[str]
) -> Iterator[tuple[str, list[str]]]:
    """Give each module a name that nothing else has."""
    taken = {*functions, *dir(builtins), *sys.stdlib_module_names, *keyword.kwlist}
    for topic, members in groups:
        choices = chain([topic, f"{topic}_tools"], (f"{topic}_{n}" for n in count(2)))
        name = next(each for each in choices if each not in taken)
        taken.add(name)
        yield name, members


def by_rule(brief: Brief) -> Division:
    """Divide by a rule, where nobody has a better idea: as they come."""
    names = [each.name for each in order(brief)]
    parts = [
        Module(f"part_{n // MOST_FUNCTIONS + 1}", tuple(names[n : n + MOST_FUNCTIONS]))
        for n in range(0, len(names), MOST_FUNCTIONS)
    ]
    return arranged(brief, parts)
