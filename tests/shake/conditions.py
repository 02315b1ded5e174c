"""Under what the suite is shaken: what a machine, a day or a setting can make of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Condition:
    """What is other than in a plain run of the suite."""

    name: str
    starts: datetime | None = None
    """What the clock tells when the run starts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    busy_loops: int = 0
    workers: int | None = None
    python: str | None = None
    """A version, or `newest`."""
    umask: int = -1
    bare_home: bool = False
    """The home directory is empty and cannot be written to."""
    taken_port: int | None = None
    """Something else listens there, on all IPv4 addresses."""


# Without these two, Python takes UTF-8 where the locale has no encoding to speak of.
_ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

CONDITIONS = (
    Condition("idle"),
    Condition("order"),
    Condition("busy", busy_loops=2),
    Condition("kiritimati", environment={"TZ": "Pacific/Kiritimati"}),
    Condition("new-york", environment={"TZ": "America/New_York"}),
    Condition("kathmandu", environment={"TZ": "Asia/Kathmandu"}),
    Condition("midnight", starts=datetime(2027, 5, 12, 23, 57, tzinfo=UTC)),
    Condition("month", starts=datetime(2027, 3, 1, 0, 1, tzinfo=UTC)),
    Condition("leap-day", starts=datetime(2028, 2, 29, 9, 30, tzinfo=UTC)),
    Condition("new-year", starts=datetime(2026, 12, 31, 23, 58, tzinfo=UTC)),
    Condition("workers-1", workers=1),
    Condition("workers-2", workers=2),
    Condition("workers-6", workers=6),
    Condition("python-3.11", python="3.11"),
    Condition("python-newest", python="newest"),
    Condition("umask", umask=0o077),
    Condition("ascii", environment=_ASCII),
    Condition("bare-home", bare_home=True),
    Condition("port-taken", taken_port=9899),
)
"""Each also has an order of its own, because each run has a seed of its own."""


def chosen(names: tuple[str, ...]) -> tuple[Condition, ...]:
    """The conditions of these names, or all."""
    return tuple(c for c in CONDITIONS if not names or c.name in names)
