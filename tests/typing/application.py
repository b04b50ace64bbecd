"""What type checkers have to know of applications. Checked, never run."""

import sys
from io import StringIO
from typing import assert_type

from exeunt import Backoff, Supervisor, run


async def main(supervisor: Supervisor) -> None: ...


async def main_with_result(supervisor: Supervisor) -> int:
    return 3


async def main_of_two(supervisor: Supervisor, path: str, port: int) -> None: ...


async def main_of_nothing() -> None: ...


def sync_main(supervisor: Supervisor) -> None: ...


assert_type(run(main), int)
assert_type(run(main_with_result), int)
assert_type(run(main_of_two, "log.txt", 80), int)
run(main, grace=3, strategy="one_for_all", max_restarts=0, within=1, backoff=Backoff())
run(main, report=None)
run(main, report=StringIO())
run(main, report=sys.stdout)

run(main_of_nothing)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
run(sync_main)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
run(main_of_nothing())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
run(main, "log.txt")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
run(main_of_two, "log.txt")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
run(main_of_two, 80, "log.txt")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
run(main, strategy="one_for_none")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
run(main, report="report.txt")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
