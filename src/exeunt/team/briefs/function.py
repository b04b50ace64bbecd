"""One function that is to be built: its name, what it does, how one sees it."""

import ast
import hashlib
import json
from functools import cached_property

import attrs


@attrs.frozen
class Example:
    """A call and what it has to give.

    Attributes:
        call: An expression.
        want: What its value looks like, as ``repr`` has it; None if it has to raise.
        raises: The name of the error that it has to raise, or None.

    """

    call: str
    want: str | None = None
    raises: str | None = None

    def __str__(self) -> str:
        if self.raises is None:
            return f">>> {self.call}\n{self.want}"
        return f">>> {self.call}\nTraceback (most recent call last):\n{self.raises}"


def docstring(text: str) -> str:
    """Write a text as a docstring, whatever quotes there are in it."""
    safe = text.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    if safe.endswith('"'):
        safe = safe[:-1] + r"\""
    return f'"""{safe}"""'


@attrs.frozen(slots=False)
class Function:
    """The contract of one function.

    Attributes:
        header: Its signature, as in ``slugify(title: str) -> str``.
        prose: What it does, in words.
        examples: What has to hold of it.
        uses: The names of the functions of the same brief that its prose names.

    """

    header: str
    prose: str
    examples: tuple[Example, ...]
    uses: tuple[str, ...] = ()

    @cached_property
    def definition(self) -> ast.FunctionDef:
        """The signature, parsed.

        Raises:
            SyntaxError: The signature is none.

        """
        try:
            body = ast.parse(f"def {self.header}: ...").body
        except (ValueError, MemoryError, RecursionError) as error:
            raise SyntaxError(f"it cannot be parsed: {error}") from None
        definition = body[0]
        if len(body) != 1 or not isinstance(definition, ast.FunctionDef):
            raise SyntaxError("it is not the signature of one function")
        return definition

    @cached_property
    def name(self) -> str:
        """What it is called."""
        return self.header.partition("(")[0].strip()

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters, in order."""
        arguments = self.definition.args
        each = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return tuple(argument.arg for argument in each)

    def stub(self, shown: int | None = None) -> str:
        """Write it with its docstring and without its body.

        Args:
            shown: How many of the examples the docstring has; None for all.

        """
        examples = "\n".join(map(str, self.examples[:shown]))
        text = f"{self.prose}\n\n{examples}\n" if examples else f"{self.prose}\n"
        body = f"{docstring(text)}\n...".replace("\n", "\n    ")
        indented = "\n".join(line.rstrip() for line in body.splitlines())
        return f"def {self.header}:\n    {indented}\n"

    @cached_property
    def digest(self) -> str:
        """What tells this contract from any other, a change of a letter included."""
        data = json.dumps(attrs.asdict(self), sort_keys=True)
        return hashlib.sha256(data.encode()).hexdigest()[:16]
