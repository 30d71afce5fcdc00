"""`python -m mnist_core`: train, evaluate, predict, weights."""

from mnist_core.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
