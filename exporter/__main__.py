"""The program `usage-exporter`, also as `python -m exporter`."""

import gc
import signal


def main() -> None:
    """Run the command line."""
    # Importing takes a while; by default a SIGHUP in it would end a daemon that is starting.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # No garbage is looked for in what is imported, which stays, nor at the end: that is a quarter of what
    # a short command takes. Where one runs for long, `share` begins to look.
    gc.disable()
    from exporter import commands

    try:
        commands.main(prog_name="usage-exporter")
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
