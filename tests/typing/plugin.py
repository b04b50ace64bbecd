"""What type checkers have to know of explored tests. Checked, never run."""

from collections.abc import Callable
from typing import assert_type

from exeunt.testing.exploring.decorating import explored
from exeunt.testing.exploring.explore import replay


@explored(runs=10, timers=True)
async def test_values(number: int, *, name: str) -> None: ...


assert_type(test_values(5, name="ben"), None)
test_values("five", name="ben")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@explored()
async def test_plain() -> None: ...


replay(test_plain.explored, schedule="fifo")
plain: Callable[[], None] = explored(runs=5)(lambda: None)  # type: ignore[arg-type,return-value]  # pyright: ignore[reportArgumentType]
explored("many")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
