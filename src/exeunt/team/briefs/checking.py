"""Is the work well defined? Nobody is asked: the brief itself has to show it.

What is found here is found before a model is asked for anything, and costs nothing.
"""

import ast
import keyword
import sys
from collections import Counter
from collections.abc import Iterator

from .dividing import ring
from .function import Example, Function
from .reading import Brief

ENOUGH = 4
"""So many examples a function needs at least: three to show, and one that is kept."""

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What a text raises that is no Python, or too deep to be worked with."""


def problems(brief: Brief) -> tuple[str, ...]:
    """Say what keeps a brief from being worked on, in words for whoever wrote it.

    Args:
        brief: The brief, as it was read.

    Returns:
        One sentence for each problem; none if the work is well defined.

    Example::

        from exeunt.team.briefs.checking import problems
        from exeunt.team.briefs.reading import read

        assert problems(read("# shelf")) == (
            "the brief wants no functions: give each a section, such as "
            "'## `double(number: int) -> int`'",
        )

    """
    return tuple(_of_the_whole(brief)) or tuple(
        f"{function.name or function.header!r}: {problem}"
        for function in brief.functions
        for problem in _of(function)
    )


def _of_the_whole(brief: Brief) -> Iterator[str]:
    if not brief.name:
        yield "the brief has no title: begin it with '# name_of_the_package'"
    elif not _can_be_imported(brief.name):
        yield f"{brief.name!r} cannot be the name of a package: choose another title"
    if not brief.functions:
        yield (
            "the brief wants no functions: give each a section, such as "
            "'## `double(number: int) -> int`'"
        )
    counts = Counter(each.name for each in brief.functions)
    for name, count in counts.items():
        if count > 1:
            yield f"{name} is described {count} times: say all of it in one place"
    if not any(count > 1 for count in counts.values()) and (found := ring(brief)):
        yield (
            f"{' -> '.join(found)} use each other, so none of them can be built first: "
            "describe them without each other, or as one function"
        )


def _can_be_imported(name: str) -> bool:
    taken = keyword.iskeyword(name) or name in sys.stdlib_module_names
    return name.isidentifier() and not taken


def _of(function: Function) -> Iterator[str]:
    try:
        definition = function.definition
    except SyntaxError as error:
        yield (
            f"its heading is not a signature ({error.msg}): write 'name(a: int) -> str'"
        )
        return
    if definition.args.vararg or definition.args.kwarg:
        yield "it takes any number of arguments: name each one"
    if not function.prose:
        yield "nothing says what it does: write a sentence under its heading"
    if len(function.examples) < ENOUGH:
        yield (
            f"it has {len(function.examples)} examples, and needs {ENOUGH} at least: "
            "what nobody shows, nobody can check"
        )
    broken = [each for each in function.examples if not _is_python(each.call)]
    for example in broken:
        yield f"the example {example.call!r} is not one Python expression"
    if not broken:
        yield from _of_examples(function)


def _is_python(call: str) -> bool:
    try:
        ast.unparse(ast.parse(call, mode="eval"))
    except _UNREADABLE:
        return False
    return True


def _of_examples(function: Function) -> Iterator[str]:
    seen: dict[str, Example] = {}
    for example in function.examples:
        if function.name not in _names(example.call):
            yield f"the example {example.call!r} does not call it"
        first = seen.setdefault(ast.unparse(ast.parse(example.call)), example)
        if _end(first) != _end(example):
            yield (
                f"it contradicts itself: {example.call} gives {_end(first)} in one "
                f"example and {_end(example)} in another"
            )
    ends = {_end(each) for each in function.examples}
    if len(function.examples) >= ENOUGH and len(ends) == 1:
        yield (
            f"all its examples end alike, with {ends.pop()}: a function that does "
            "nothing else would pass"
        )


def _names(call: str) -> set[str]:
    nodes = ast.walk(ast.parse(call))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _end(example: Example) -> str:
    """What an example comes to, however it is written."""
    if example.want is None:
        return str(example.raises)
    try:
        return ast.unparse(ast.parse(example.want, mode="eval"))
    except _UNREADABLE:
        return example.want
