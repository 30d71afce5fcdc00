"""The process of an export: `python -m mnist_core.inference.export_process WEIGHTS OUTPUT END`."""

import gc
import sys
from pathlib import Path

from mnist_core.utils.runtime import configure_server_process


def main(weights: Path, output: Path, end: Path) -> None:
    """Export weights; write the graph, then whether that was possible."""
    gc.disable()  # to look for garbage takes a fifth of the time of a process that ends soon
    configure_server_process()  # before torch is used: other processes need their cores
    from mnist_core.errors import MnistCoreError
    from mnist_core.inference.export import export_weights
    from mnist_core.inference.graph_files import ExportEnd
    from mnist_core.utils.files import write_atomic
    from mnist_core.utils.json_files import write_json

    try:
        write_atomic(output, export_weights(weights))
    except MnistCoreError as error:
        write_json(end, ExportEnd(error=str(error)))
        return
    write_json(end, ExportEnd())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
