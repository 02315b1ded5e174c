"""Which build of the program this is."""

import json
import platform
from importlib import resources

from exporter import __version__

_FACTS = "build.json"
"""Written into the wheel when it is built; a checkout has none."""


def described() -> str:
    """Version, revision and date of the build, and what it runs on, as Prometheus's programs say it."""
    facts = _facts()
    lines = {
        "build date": facts.get("date", "unknown"),
        "python version": platform.python_version(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    revision = facts.get("revision", "unknown")
    return "\n".join(
        [
            f"usage-exporter, version {__version__} (revision: {revision})",
            *(f"  {f'{name}:':<17}{value}" for name, value in lines.items()),
        ]
    )


def _facts() -> dict[str, str]:
    file = resources.files("exporter") / _FACTS
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
