"""Other actor libraries: a file for each, and in it the workloads that it can do.

Their mailboxes hold at most 32 unhandled messages, as all the others here: by the
library's own means where it has them, else the sender keeps count.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version

from ..measure import Job

_MODULES = {
    "pykka": "pykka",
    "tapio-py": "tapio",
    "triotp": "triotp",
    "autogen-core": "autogen_core",
}


def installed_peers() -> dict[str, Mapping[str, Job] | None]:
    """Return the jobs of each peer by workload, or None where it is not installed."""
    peers: dict[str, Mapping[str, Job] | None] = {}
    for package, name in _MODULES.items():
        try:
            jobs: Mapping[str, Job] = import_module(f".{name}", __name__).JOBS
        except ModuleNotFoundError:
            peers[package] = None
        else:
            peers[f"{package} {version(package)}"] = jobs
    return peers
