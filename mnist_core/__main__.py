"""`python -m mnist_core COMMAND`."""

import os

# Threads of torch that wait for one another spin. Where two trainings share the cores they would
# spin in each other's way: 185 images/s in place of 1,700. Read when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from mnist_core.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
