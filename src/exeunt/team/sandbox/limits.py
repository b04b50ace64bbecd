"""How much the tested code may use."""

import attrs
from attrs.validators import gt

MB = 1024 * 1024


@attrs.frozen(kw_only=True)
class Limits:
    """What one run of tested code may use.

    Attributes:
        wall: Seconds for the whole run, by the clock on the wall.
        cpu: Seconds of processor time for the whole run.
        each: Seconds of processor time for one expression.
        memory: Bytes of address space, for each of its processes.
        disk: Bytes that it may keep in its folder, and in one file.
        processes: How many processes and threads it may have at once.
        answer: Characters of one value; what is longer is cut, and equals nothing.

    """

    wall: float = attrs.field(default=10.0, validator=gt(0))
    cpu: int = attrs.field(default=5, validator=gt(0))
    each: float = attrs.field(default=1.0, validator=gt(0))
    memory: int = attrs.field(default=256 * MB, validator=gt(0))
    disk: int = attrs.field(default=4 * MB, validator=gt(0))
    processes: int = attrs.field(default=16, validator=gt(0))
    answer: int = attrs.field(default=20_000, validator=gt(0))

    def of_the_system(self) -> dict[str, tuple[int, int]]:
        """Return the limits that the system keeps, soft and hard, by their names."""
        return {
            "CORE": (0, 0),
            # The soft one tells us that it was the processor time.
            "CPU": (self.cpu, self.cpu + 1),
            "AS": (self.memory, self.memory),
            "FSIZE": (self.disk, self.disk),
            "NOFILE": (64, 64),
            "NPROC": (self.processes, self.processes),
        }
