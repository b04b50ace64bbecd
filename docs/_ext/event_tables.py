"""The directive ``events``: kinds of events and their fields, told from the source.

Its arguments are beginnings of names, such as ``Scope``; the kinds that begin so are
shown in the order of the source. Everything comes from `exeunt._model.events`, so it
cannot grow stale.
"""

import inspect
import re
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, get_args, get_origin

import attrs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from exeunt._model import events
from exeunt._model.events import EVENTS, Event

ALL: list[type[Event]] = [Event, *EVENTS.values()]
MODULE = "exeunt.tracing.events"
ANALYZER = ModuleAnalyzer.for_module(events.__name__)
_COMMENT = re.compile(r"^    (\w+): [^#\n]*  # (.*)$", re.MULTILINE)


class Events(SphinxDirective):
    """Show some kinds of events."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Return what the directive stands for."""
        self.env.note_dependency(events.__file__)
        wanted = tuple(self.arguments[0].split())
        shown = [each for each in ALL if each.__name__.startswith(wanted)]
        made = self.parse_text_to_nodes("\n".join(map(told, shown)))
        return [nodes.container("", *made, classes=["events"])]


def told(kind: type[Event]) -> str:
    """Return a class and its fields, as Markdown."""
    means = meanings_of(kind)
    rows = [
        f"* - `{field.name}`\n  - {words(field.type)}\n  - {means.get(field.name, '')}"
        for field in own_fields(kind)
    ]
    table = ["```{list-table}", ":widths: 16 30 54", "", *rows, "```"]
    return "\n".join(
        [
            f"````{{py:class}} {MODULE}.{kind.__name__}",
            f":canonical: {events.__name__}.{kind.__name__}",
            "",
            plain(inspect.getdoc(kind) or ""),
            "",
            *table,
            "````",
            "",
        ]
    )


def own_fields(kind: type[Event]) -> "list[attrs.Attribute[Any]]":
    """Return the fields that not every event has."""
    return [field for field in attrs.fields(kind) if not field.inherited]


def meanings_of(kind: type[Event]) -> dict[str, str]:
    """Return what the source says of each field, below it or behind it."""
    behind = _COMMENT.findall(inspect.getsource(kind))
    said = dict.fromkeys(("agent", "message", "scope", "task"), "Its number.")
    said |= {name: f"{text[0].upper()}{text[1:]}." for name, text in behind}
    for (owner, name), lines in ANALYZER.find_attr_docs().items():
        if owner == kind.__name__:
            said[name] = " ".join(lines).strip()
    return {name: plain(text) for name, text in said.items()}


def plain(text: str) -> str:
    """Return a docstring's text as Markdown."""
    return text.replace("``", "`")


def words(kind: Any) -> str:
    """Return what a field holds, as one would say it."""
    origin, choices = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return " or ".join(map(words, choices))
    if origin is Literal:
        return ", ".join(f'`"{choice}"`' for choice in choices)
    if origin is Mapping:
        return "a mapping"
    return "none" if kind is NoneType else f"`{kind.__name__}`"


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known."""
    app.add_directive("events", Events)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
