"""The program `usage-exporter`, also as `python -m exporter`."""

import signal


def main() -> None:
    """Run the command line."""
    # Importing takes a second; by default a SIGHUP in it would end a daemon that is starting.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from exporter import cli

    cli.main(prog_name="usage-exporter")


if __name__ == "__main__":
    main()
