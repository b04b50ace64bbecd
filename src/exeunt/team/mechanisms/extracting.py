"""The code in an answer, without the talk around it and in it.

Small models like to explain, to show how a function is called, and to print what comes
out. None of this is wrong, so it is taken off and the candidate is kept.
"""

import ast
import re
import symtable
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice

import attrs

_FENCE = re.compile(
    r"^[ \t]*(?P<fence>```+|~~~+)[ \t]*(?P<language>[\w+-]*)[^\n]*\n"
    r"(?P<code>.*?)(?P<end>^[ \t]*(?P=fence)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PATIENCE = 20  # places where bare code may begin, and errors that are cut off from it
_LANGUAGES = {"", "py", "python", "python3"}
_BEGINS = re.compile(
    r"^(?:async def |def |class |import |from |@|\w+ *= )", re.MULTILINE
)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign
Defining = ast.Import | ast.ImportFrom | Definition | Assignment


@attrs.frozen
class Block:
    """A piece of code in an answer; *closed* if the answer went on after it."""

    code: str
    closed: bool


def blocks(text: str) -> list[Block]:
    """Find the code of an answer: its Python fences; without any, its bare code."""
    text = text.replace("\r\n", "\n")
    fences = [found for found in _FENCE.finditer(text) if _is_python(found)]
    if fences:
        return [Block(textwrap.dedent(f["code"]), bool(f["end"])) for f in fences]
    bare = _bare(text)
    return [Block(bare, closed=False)] if bare else []


def extract(text: str) -> str | None:
    r"""Take the code out of a model's answer, and the talk out of the code.

    Several fences are taken together, so that of two that define the same name the
    later one counts; those that define nothing, or are no Python, are left out. If
    nothing is Python, it is returned as it stands: what is wrong with it is for
    `redflags.flags` to say.

    Returns:
        The code, or None if there is none.

    Example::

        from exeunt.team.mechanisms.extracting import extract

        answer = '''Sure! Here you are:
        ```python
        def double(x):
            return 2 * x

        print(double(21))  # 42
        ```
        It doubles its argument.'''
        assert extract(answer) == "def double(x):\n    return 2 * x\n"
    """
    found = [block.code for block in blocks(text) if block.code.strip()]
    parsed = [prefix for code in found if (prefix := _longest_python(code))]
    useful = [code for code in parsed if _defines(code)]
    if useful:
        return tidy("\n\n".join(code.strip("\n") for code in useful) + "\n")
    return found[0] if found else None


def tidy(source: str) -> str:
    """Take out of a module what only talks, and return the rest as it was written.

    What talks are expressions (a print, an example), asserts, a ``__main__`` block,
    assignments to names that no definition reads, and loops and the like of nothing
    but these.

    Raises:
        SyntaxError: the source is no Python.
    """
    tree = parse(source)
    kept = _without_talk(tree)
    lines = source.splitlines()
    dropped = _lines(each for each in tree.body if each not in kept) - _lines(kept)
    text = "\n".join(line for n, line in enumerate(lines, 1) if n not in dropped)
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n") + "\n"


def globals_read(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that statements of a module read and do not hold themselves."""
    module = ast.Module(body=list(body), type_ignores=[])
    top = symtable.symtable(ast.unparse(module), "<candidate>", "exec")
    names = {each.get_name() for each in top.get_symbols() if each.is_referenced()}
    for table in _inside(top):
        names |= {
            each.get_name()
            for each in table.get_symbols()
            if each.is_global() and each.is_referenced()
        }
    return names


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inside(child)


def _without_talk(tree: ast.Module) -> list[ast.stmt]:
    """Keep the docstring, what defines, and what the definitions read."""
    needed: set[str] = set()
    while True:
        kept = [
            each
            for n, each in enumerate(tree.body)
            if (n == 0 and is_docstring(each)) or not _is_talk(each, needed)
        ]
        read = globals_read(kept)
        if read <= needed:
            return kept
        needed |= read


def _is_talk(statement: ast.stmt, needed: set[str]) -> bool:
    match statement:
        case ast.Expr() | ast.Assert() | ast.Pass() | ast.Break() | ast.Continue():
            return True
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            return not _assigned(statement) & needed
        case ast.If(test=test) if "__name__" in ast.unparse(test):
            return True
        case ast.If() | ast.For() | ast.While() | ast.With() | ast.Try():
            inner = [each for each in ast.walk(statement) if isinstance(each, ast.stmt)]
            return all(
                _is_talk(each, needed)
                for each in inner
                if not isinstance(each, type(statement))
            )
        case _:
            return False


def _assigned(statement: Assignment) -> set[str]:
    """Return the names that it gives a value to, or to a part of."""
    targets = (
        statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    )
    return {
        node.id
        for target in targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name)
    }


def is_docstring(statement: ast.stmt) -> bool:
    """Return whether it is nothing but a text."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False


def _lines(statements: Iterable[ast.stmt]) -> set[int]:
    """Return the numbers of the lines on which they stand."""
    return {
        line
        for each in statements
        for line in range(each.lineno, (each.end_lineno or each.lineno) + 1)
    }


def _is_python(fence: re.Match[str]) -> bool:
    return fence["language"].lower() in _LANGUAGES


def _defines(code: str) -> bool:
    return any(isinstance(each, Defining) for each in parse(code).body)


def _bare(text: str) -> str:
    """Find code that stands in an answer without a fence."""
    first = ""
    for start in islice(_BEGINS.finditer(text), _PATIENCE):
        code = text[start.start() :]
        prefix = _longest_python(code)
        if prefix and any(isinstance(s, Definition) for s in parse(prefix).body):
            return prefix
        first = first or (code if code.startswith(("def ", "class ")) else "")
    return first


def _longest_python(code: str) -> str:
    """Return as many of the first lines as are Python, and end at the top level."""
    lines = code.splitlines(keepends=True)
    ends = [n for n, line in enumerate(lines) if line[:1].strip()]
    end = len(lines)
    for _ in range(_PATIENCE):
        try:
            parse(prefix := "".join(lines[:end]))
        except SyntaxError as error:
            # What begins before the error, and goes on through it, cannot be saved.
            broken = min(error.lineno or 1, end)
            end = max((n for n in ends if n < broken), default=0)
        else:
            return prefix
    return ""


def parse(source: str) -> ast.Module:
    """Parse what may be anything.

    Raises:
        SyntaxError: it is no Python, or too deep to be worked with.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "\\d" and the like
            tree = ast.parse(source)
            symtable.symtable(source, "<candidate>", "exec")
            ast.unparse(tree)
    except ValueError as error:
        raise SyntaxError(f"it cannot be parsed: {error}") from None
    except (RecursionError, MemoryError):
        # What Python says of these hangs on where it was when it had enough.
        raise SyntaxError("it is too deep") from None
    return tree


def parses(source: str) -> bool:
    """Return whether it is Python."""
    try:
        parse(source)
    except SyntaxError:
        return False
    return True
