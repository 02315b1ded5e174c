"""The program `usage-exporter`, also as `python -m exporter`."""

import gc
import signal


def main() -> None:
    """Run the command line."""
    # Importing takes a second; by default a SIGHUP in it would end a daemon that is starting.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # What is imported stays: looking for garbage in it, at the end once more, is a quarter of that time.
    gc.disable()
    from exporter import cli

    gc.freeze()
    gc.enable()
    cli.main(prog_name="usage-exporter")


if __name__ == "__main__":
    main()
