"""Every public name is where the documentation says, and nowhere else."""

import importlib
import inspect
import pkgutil
import typing

import pytest

import exeunt

PUBLIC = (
    "exeunt",
    "exeunt.exceptions",
    "exeunt.stalls",
    "exeunt.telemetry.logs",
    "exeunt.telemetry.otel",
    "exeunt.telemetry.prometheus",
    "exeunt.testing",
    "exeunt.testing.effects",
    "exeunt.testing.machine",
    "exeunt.testing.strategies",
    "exeunt.tracing",
    "exeunt.tracing.events",
)


@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_announced_is_there_and_documented(module: str) -> None:
    public = importlib.import_module(module)
    assert sorted(public.__all__) == public.__all__
    for name in public.__all__:
        value = getattr(public, name)
        an_alias = typing.get_origin(value) is not None  # has no place for one
        assert an_alias or inspect.getdoc(value), f"{module}.{name}"


@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_there_is_announced(module: str) -> None:
    public = importlib.import_module(module)
    # Packages only announce; the other modules announce what they define.
    only_announces = hasattr(public, "__path__")
    found = {
        name
        for name, value in vars(public).items()
        if name[0] != "_" and not isinstance(value, typing.TypeVar)
        for home in [getattr(value, "__module__", "")]
        if home == module or (only_announces and home.startswith("exeunt"))
    }
    assert found <= set(public.__all__)


def test_every_name_has_one_public_path() -> None:
    homes: dict[str, list[str]] = {}
    for module in PUBLIC:
        for name in importlib.import_module(module).__all__:
            homes.setdefault(name, []).append(module)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_every_public_method_has_a_docstring() -> None:
    for module in PUBLIC:
        public = importlib.import_module(module)
        for name in public.__all__:
            for attribute, value in getattr(
                getattr(public, name), "__dict__", {}
            ).items():
                if attribute[0] != "_" and callable(value):
                    assert inspect.getdoc(value), f"{module}.{name}.{attribute}"


def test_every_public_function_names_its_errors_and_shows_itself() -> None:
    for name in ("start", "start_soon"):
        text = inspect.getdoc(getattr(exeunt, name)) or ""
        for section in ("Args:", "Returns:", "Raises:", "Example::"):
            assert section in text, f"{name}: {section}"


def test_the_core_needs_trio_and_attrs_alone() -> None:
    allowed = {"attrs", "exeunt", "trio", "typing_extensions"}
    third_party: set[str] = set()
    for info in pkgutil.walk_packages(exeunt.__path__, "exeunt."):
        if {"testing", "processes", "otel", "team", "__main__"} & {
            *info.name.split(".")
        }:
            continue
        found = vars(importlib.import_module(info.name))
        # pytest rewrites the asserts of plugins, and leaves things of its own there.
        for value in [value for name, value in found.items() if name[0] not in "@_"]:
            home = getattr(inspect.getmodule(value), "__name__", "").split(".")[0]
            third_party.add(home)
    outside = {name for name in third_party if name and name not in _STANDARD}
    assert outside <= allowed


_STANDARD = __import__("sys").stdlib_module_names
