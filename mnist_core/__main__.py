"""Entry point of the command line: `mnist-core COMMAND` or `python -m mnist_core COMMAND`."""

from mnist_core.utils.runtime import configure_training_process


def main() -> int:
    """Run the command that the arguments name; return the exit status."""
    configure_training_process()
    from mnist_core.cli.main import main as run_command

    return run_command()


if __name__ == "__main__":
    raise SystemExit(main())
