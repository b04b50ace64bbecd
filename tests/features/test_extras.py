"""What needs an extra says so where it is missing, and the rest does without."""

import importlib
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "library", "says"),
    [
        (
            "exeunt.processes",
            "trio_parallel",
            'exeunt.processes needs trio-parallel: pip install "exeunt[processes]"',
        ),
        (
            "exeunt.telemetry.otel",
            "opentelemetry.trace",
            'exeunt.telemetry.otel needs opentelemetry-api: pip install "exeunt[otel]"',
        ),
        (
            "exeunt.team.models.client",
            "httpx2",
            'exeunt.team.models.client needs httpx2: pip install "exeunt[team]"',
        ),
        (
            "exeunt.team.models.cassette",
            "httpx2",
            'exeunt.team.models.cassette needs httpx2: pip install "exeunt[team]"',
        ),
        (
            "exeunt.team.models.sdk_openai",
            "openai",
            'exeunt.team.models.sdk_openai needs openai: pip install "exeunt[openai]"',
        ),
    ],
)
def test_without_its_library_the_import_says_what_to_install(
    module: str, library: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To Python, None means: not there.
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(ImportError) as raised:
        importlib.import_module(module)
    assert str(raised.value) == says


def test_logs_and_metrics_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("structlog", "prometheus_client", "opentelemetry"):
        monkeypatch.setitem(sys.modules, library, None)
    for module in ("exeunt.telemetry.logs", "exeunt.telemetry.prometheus"):
        monkeypatch.delitem(sys.modules, module, raising=False)
        assert importlib.import_module(module).__all__
