"""Seconds that the parts of a training's start take, one after the other, as one line of JSON.

    python -m benchmarks.start_parts --device cuda

`python -m mnist_core train` overlaps some of them, see mnist_core/utils/gpu_start.py.
"""

import time

_IMPORTED = time.time()

import argparse  # noqa: E402
import json  # noqa: E402


def main() -> None:
    """Print the seconds of each part."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.partition("\n")[0])
    parser.add_argument("--began", type=float, default=_IMPORTED, help="time.time() before it")
    parser.add_argument("--device", default="cuda")
    args = parser.parse_args()
    last = args.began
    parts = {}

    def end(name: str) -> None:
        nonlocal last
        now = time.time()
        parts[f"{name} s"], last = now - last, now

    end("python")
    import torch

    end("import torch")
    device = torch.device(args.device)
    torch.zeros(1, device=device).sum().item()
    end("context")
    from mnist_core.utils.gpu_start import load_cuda_libraries

    load_cuda_libraries(device, "bf16")
    end("cuDNN, cuBLAS")
    import tensorboard.compat.proto.event_pb2  # noqa: F401

    import mnist_core.cli.main
    import mnist_core.cli.progress
    import mnist_core.runs.runner

    end("other imports")
    mnist_core.data.mnist.load_train_validation(device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    end("images")
    print(json.dumps(parts))


if __name__ == "__main__":
    main()
