"""What needs an extra says so where it is missing, and the rest does without."""

import importlib
import sys

import pytest


def test_without_its_library_the_import_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # To Python, None means: not there.
    monkeypatch.setitem(sys.modules, "trio_parallel", None)
    monkeypatch.delitem(sys.modules, "exeunt.processes", raising=False)
    with pytest.raises(ImportError) as raised:
        importlib.import_module("exeunt.processes")
    assert str(raised.value) == (
        'exeunt.processes needs trio-parallel: pip install "exeunt[processes]"'
    )
