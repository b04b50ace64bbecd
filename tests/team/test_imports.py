"""Imports are tidied: what is delivered imports what it uses, by name."""

import ast

import pytest

from exeunt.team.imports import tidied


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("import re, math\nmath.pi", "import math\nmath.pi"),
        ("import os.path as p, re as r\nr", "import re as r\nr"),
        ("import collections.abc\ncollections", "import collections.abc\ncollections"),
        ("from math import pi, tau as t, e\nt", "from math import tau as t\nt"),
        (
            "from collections import *\nfrom typing import *\ndeque(List)",
            "from collections import deque\nfrom typing import List\ndeque(List)",
        ),
        ("from math import *\nprint(1)", "print(1)"),
        ("from antigravity import *\nfly", "from antigravity import *\nfly"),
        ("from __future__ import annotations", "from __future__ import annotations"),
        (
            "from bisect import *\nbisect_left",
            "from bisect import bisect_left\nbisect_left",
        ),
        ("def f():\n    import re", "def f():\n    import re"),
        ("from .other import *\nx", "from .other import *\nx"),
        ("from . import a, b\na", "from . import a\na"),
    ],
)
def test_what_is_left_is_what_is_used(source: str, wanted: str) -> None:
    assert ast.unparse(tidied(ast.parse(source))) == wanted
