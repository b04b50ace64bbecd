"""The directive ``picture``: a run of the program above it, drawn at build time.

The picture stands in the page itself and not in a file beside it, so that it follows
the page's theme, and tells more of what the mouse points at.
"""

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from gallery_pictures import draw
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Picture(SphinxDirective):
    """Draw one run."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"title": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return what the directive stands for."""
        name: str = self.arguments[0]
        drawn = draw(self.env.docname, name, self.options.get("title", name))
        # A keyboard can scroll what has the focus.
        inside = f'<div class="run" tabindex="0">\n{drawn}</div>'
        return [nodes.raw("", inside, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
