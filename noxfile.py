"""What is run on the code, by people and by continuous integration alike.

Without arguments, nox runs the first four: ``tests`` on every Python that it finds,
``types``, ``lint`` and ``docs``. The others are slow or for a purpose.
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "types", "lint", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
OLDEST_TRIO = "trio==0.25.0"


def install(session: nox.Session, *groups: str) -> None:
    """Install exeunt as it stands, and the dependency groups."""
    dependencies = nox.project.dependency_groups(PROJECT, *groups) if groups else ()
    session.install("--quiet", "--editable", ".", *dependencies)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests, or those that are named after ``--``."""
    install(session, "test")
    session.run("pytest", "-n", "auto", "--dist", "loadfile", *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, by mypy and pyright, and that all that is public has one."""
    session.install("--quiet", ".", *nox.project.dependency_groups(PROJECT, "types"))
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--ignoreexternal", "--verifytypes", "exeunt")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style, the layers, and Trio's own rules."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("flake8-async", "--enable=ASYNC", *map(str, Path("src").rglob("*.py")))
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; whatever Sphinx warns of is an error."""
    install(session, "docs")
    session.run("sphinx-build", "-W", "-n", "-q", "-b", "html", "docs", "docs/_build")
    session.log("see docs/_build/index.html")


@nox.session
def laws(session: nox.Session) -> None:
    """Hold the runtime against every law, two thousand times each."""
    install(session, "test")
    session.run(
        "pytest", "--hypothesis-profile=laws", "tests/properties", *session.posargs
    )


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that are left out of an ordinary run for their length."""
    install(session, "test")
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """Run the tests on the oldest Trio that is supported."""
    install(session, "test")
    session.install("--quiet", OLDEST_TRIO)
    session.run("pytest", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests and show which branches they do not reach."""
    install(session, "test", "coverage")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the model and the core in every small way; a test has to notice each.

    Prints the score, and fails where a mutant lives that tests/mutants/explained.toml
    does not explain. Takes about an hour; names of mutants after ``--``, such as
    ``exeunt._core.ask.*``, are tried again on top of what was found before.

    mutmut changes what undecorated functions do. It leaves alone what is decorated,
    such as properties and whatever holds Ctrl-C back, the bodies of classes and
    modules, calls of ``len`` and ``isinstance``, and defaults other than plain ones.
    The file with Trio's private names is left out.
    """
    install(session, "mutants")
    if not session.posargs:
        shutil.rmtree("mutants", ignore_errors=True)
    session.run("mutmut", "run", *session.posargs)
    session.run("python", "tests/mutants/score.py")


@nox.session
def examples(session: nox.Session) -> None:
    """Run the examples and compare what they print."""
    install(session, "test")
    session.run("pytest", "tests/test_examples.py", "README.md", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Print how exeunt compares with a hand-written loop; see benchmarks/README.md."""
    install(session)
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def mediocre(session: nox.Session) -> None:
    """Measure what makes mediocre workers good, on recorded answers of real models."""
    install(session, "test")
    session.install("matplotlib")
    session.run("python", "-m", "benchmarks.mediocre", *session.posargs)
    session.run("python", "-m", "benchmarks.mediocre.plots")


@nox.session
def changelog(session: nox.Session) -> None:
    """Show the changelog as the next release would have it."""
    install(session, "changelog")
    session.run("towncrier", "build", "--draft", "--version", "next")
