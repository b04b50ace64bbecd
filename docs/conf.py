"""How the documentation is built: ``sphinx-build -W -n -b html docs docs/_build/html``.

Nothing here needs the network, neither for building nor for reading.
"""

import sys
import tomllib
from pathlib import Path

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "exeunt"
author = "the exeunt contributors"
project_copyright = author
version = release = tomllib.loads(
    (HERE.parent / "pyproject.toml").read_text(encoding="utf-8")
)["project"]["version"]

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_parser",
    "lifecycle",
    "gallery",
    "event_tables",
]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "exeunt"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_copy_source = False
pygments_dark_style = "github-dark"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Single backquotes in docstrings name things, as short as they are unambiguous.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

nitpick_ignore_regex = [
    # Other projects: their inventories of names are on the network, the build is not.
    (
        r"py:.*",
        r"(collections|contextlib|functools|hypothesis|math|random|st|sys|trio)\..*",
    ),
    (r"py:.*", r"(contextvars|logging|opentelemetry|pathlib)\..*"),
    # What explorers and sweeps show of their insides, for whoever looks there.
    (r"py:class", r"exeunt\.testing\.(conformance\.scene|exploring\.story)\.\w+"),
    (r"py:class", r"exeunt\.testing\.exploring\.decorating\.Explored"),
    (r"py:class", r"exeunt\.testing\.(programs\.\w+|sweeping\.victims)\.\w+"),
    # Type variables are no things that a reader could look up.
    (r"py:class", r"(exeunt(\.\w+)+\.)?(M|P|R|T|Ts|M_contra|M_co|R_contra|R_co)"),
]


def find_anywhere(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: Element
) -> Element | None:
    """Resolve a short name wherever in exeunt it is, if it is there just once.

    Sphinx looks in the module in which the docstring is shown, but the errors and the
    agents speak of each other.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    # The fields of an event are in the table of its class.
    for wanted in target, target.rpartition(".")[0]:
        found = [
            (name, entry)
            for name, entry in env.domains.python_domain.find_obj(
                env, "", "", wanted, None, searchmode=1
            )
            if not entry.aliased
        ]
        if found:
            break
    if len(found) != 1:
        return None
    [(name, entry)] = found
    return make_refnode(
        app.builder, node["refdoc"], entry.docname, entry.node_id, [shown], name
    )


def setup(app: Sphinx) -> None:
    """Have short names looked up."""
    app.connect("missing-reference", find_anywhere)
