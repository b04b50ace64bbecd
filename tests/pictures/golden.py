"""What a fold makes of a run, kept beside the tests to the last byte."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_same(text: str, file: str) -> None:
    """Compare with the kept bytes; with RENEW_GOLDEN set, keep these instead."""
    kept = FOLDER / file
    if os.environ.get("RENEW_GOLDEN"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(text.encode())
    assert kept.read_bytes() == text.encode(), (
        f"{file} has changed; if that is meant, run again with RENEW_GOLDEN=1"
    )
