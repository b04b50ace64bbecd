"""The program that answers. The only file of exeunt that needs xllamacpp.

It says on standard output, in one line of JSON, where it listens or why it cannot, and
ends when its standard input does: so it outlives nobody, be they killed.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any

CONTEXT = 2_048  # tokens that one answer and its prompt may have
_LOOPBACK = "127.0.0.1"


def main() -> None:
    """Serve, as the JSON of the only argument says, until nobody is left."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the library prints there is no answer of ours
    try:
        server = _serve(**json.loads(sys.argv[1]))
    except (ImportError, RuntimeError, ValueError) as error:
        print(json.dumps({"error": str(error)}), file=out, flush=True)
        os._exit(1)
    print(json.dumps({"url": server.listening_address}), file=out, flush=True)
    while os.read(0, 1_024):
        pass
    os._exit(0)  # with answers under way it would wait for them


def _serve(path: str, name: str, port: int, threads: int | None, slots: int) -> Any:
    try:
        xllamacpp: Any = import_module("xllamacpp")  # which has no types
    except ImportError as error:
        raise ImportError(
            'A local model needs xllamacpp: pip install "exeunt[local]"'
        ) from error
    chosen = xllamacpp.CommonParams()
    chosen.model.path, chosen.model_alias = path, {name}
    chosen.hostnames, chosen.port = [_LOOPBACK], port
    chosen.offline, chosen.ui = True, False
    chosen.cors_origins = "localhost"  # no page of the web shall use it
    chosen.n_parallel, chosen.n_ctx = slots, slots * CONTEXT
    chosen.cache_ram_mib = 0  # old prompts would take gigabytes
    chosen.warmup, chosen.n_gpu_layers, chosen.verbosity = False, 0, 1
    if threads is not None:
        chosen.cpuparams.n_threads = chosen.cpuparams_batch.n_threads = threads
    return xllamacpp.Server(chosen)


if __name__ == "__main__":
    main()
