"""A small run with places in its program: what tests of the player play."""

from collections.abc import Sequence

from scripted import Script

from exeunt._model import events as ev

MAIN = "app/main.py"
WORK = "app/work.py"
SOURCES = {
    WORK: "async def handle(job):\n    await rest()\n",
    MAIN: "import trio\n\n\nasync def main():\n    await send(1)\n    await gone()\n",
}


class Stage(Script):
    """A script that also says where somebody stands."""

    def stands(self, who: str, file: str, line: int) -> None:
        self.add(ev.StoodAt, who=self.number("who", who), file=file, line=line)


def stage_of_two(job: str = "Job(1)") -> Stage:
    """Main sends a job to a worker, which stands in another file."""
    s = Stage()
    s.opens("run", None, None, kind="run")
    s.task("main", "run", main=True)
    s.starts("worker", "run", "Worker", by="main")
    s.ready("worker")
    s.sends(job, "main", "worker")
    s.agent(ev.AgentStopping, "worker", how="stop", reason=None)
    s.stands("main", MAIN, 5)
    s.begins(job, "worker")
    s.stands("worker", WORK, 2)
    s.now = 1.5
    s.awaits("main", "worker", "end")
    s.stands("main", MAIN, 6)
    s.ends(job, "failed", "ValueError: <no>")
    s.leaves("worker")
    s.left("worker")
    return s


def run_of_two(job: str = "Job(1)") -> Sequence[ev.Event]:
    return stage_of_two(job).events
