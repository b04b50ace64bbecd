"""What is delivered can be imported, and passes its own tests."""

import subprocess
import sys
from pathlib import Path

from exeunt.team.briefs.dividing import Division, Module
from exeunt.team.briefs.function import Example, Function
from exeunt.team.briefs.reading import Brief
from exeunt.team.package import assemble, module_text, needs, with_docstring

DOUBLE = Function(
    "double(number: int) -> int",
    "Twice the number.",
    (Example("double(2)", "4"), Example("double()", raises="TypeError")),
)
CIRCLE = Function(
    "circle(radius: int) -> float",
    "The area, by `double`.",
    (Example("circle(0) == 0", "True"), Example("type(circle(1))", "<class 'float'>")),
    uses=("double",),
)
BRIEF = Brief("sums", "Some sums.", (DOUBLE, CIRCLE))
DIVISION = Division((Module("numbers_", ("double",)), Module("shapes", ("circle",))))
SOURCES = {
    "double": "def double(x):\n    # twice\n    return 2 * x",
    "circle": "import math\ndef circle(radius):\n"
    "    return math.pi * double(radius) * radius / 2",
}


def test_a_module_imports_once_and_first() -> None:
    text = module_text(["import re\nx = 1", "import re\ny = 2"], {"a": ["f", "g"]})
    assert text == "import re\n\nfrom a import f, g\n\n\nx = 1\n\n\ny = 2\n"


def test_a_source_gets_the_docstring_and_the_signature_of_its_contract() -> None:
    text = with_docstring(CIRCLE, SOURCES["circle"])
    assert "def circle(radius: int) -> float:" in text
    assert "The area, by `double`." in text


def test_a_module_names_what_it_takes() -> None:
    assert needs(BRIEF, DIVISION, DIVISION.modules[1]) == {"numbers_": ["double"]}


def test_the_package_passes_its_tests(tmp_path: Path) -> None:
    files = assemble(BRIEF, DIVISION, SOURCES)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_a_worker_may_have_named_its_parameters_otherwise() -> None:
    text = with_docstring(DOUBLE, SOURCES["double"])
    space: dict[str, object] = {}
    exec(text, space)
    double = space["double"]
    assert callable(double)
    assert double(2) == 4
