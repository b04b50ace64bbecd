"""The directive ``lifecycle``: an agent's life, drawn and told from the table itself.

Its argument says what is wanted: ``diagram``, ``table``, or the meanings of the words
in ``State``, ``Event`` or ``Reason``. Everything comes from `exeunt._model.lifecycle`,
so it cannot grow stale.
"""

from os.path import relpath
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from lifecycle_diagram import diagram, in_words
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from exeunt._model import lifecycle
from exeunt._model.lifecycle import TRANSITIONS, Event, State


class Lifecycle(SphinxDirective):
    """Show one view of the table."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Return what the directive stands for."""
        self.env.note_dependency(lifecycle.__file__)
        wanted = self.arguments[0]
        if wanted == "diagram":
            return [self._diagram()]
        told = table() if wanted == "table" else meanings(wanted)
        return self.parse_text_to_nodes(told)

    def _diagram(self) -> nodes.Node:
        file = Path(self.env.app.doctreedir, "lifecycle.svg")
        file.write_text(diagram(), encoding="utf-8", newline="\n")
        uri = "/" + Path(relpath(file, self.env.srcdir)).as_posix()
        return nodes.image(uri=uri, alt=in_words())


def table() -> str:
    """Return the table of transitions as a Markdown table."""
    rows = [["", *Event], ["---"] * (len(Event) + 1)]
    for state in State:
        follows = [TRANSITIONS[state].get(event) for event in Event]
        cells = ["" if each is None else str(each) for each in follows]
        rows.append([f"**{state}**", *("stays" if c == state else c for c in cells)])
    return markdown(rows)


def meanings(name: str) -> str:
    """Return the words of one enumeration and their meanings as a Markdown table."""
    attributes = ModuleAnalyzer.for_module(lifecycle.__name__).find_attr_docs()
    rows = [[name.lower(), "meaning"], ["---", "---"]]
    for word in getattr(lifecycle, name):
        told = " ".join(attributes[name, word.name]).strip()
        rows.append([f"**{word}**", told.replace("`", "")])
    return markdown(rows)


def markdown(rows: list[list[str]]) -> str:
    """Join cells to a table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known."""
    app.add_directive("lifecycle", Lifecycle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
