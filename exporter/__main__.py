"""`python -m exporter` is `usage-exporter`."""

from exporter.cli import main

main(prog_name="usage-exporter")
