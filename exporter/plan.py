"""What a configuration will do: streams, intervals, and requests against the vendors' limits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.client.pace import Limit
from exporter.config import Config, vendor_of
from exporter.duration import format_duration
from exporter.model import HOUR, StreamKey
from exporter.vendors.base import enabled_streams, limits_of, per_minute


@dataclass(frozen=True, slots=True)
class Row:
    """One stream at one endpoint group: about how many requests an hour, and what is allowed."""

    key: StreamKey
    interval: int
    group: str
    requests: float
    allowed: float


def of(config: Config) -> list[Row]:
    """The plan of a configuration."""
    rows = []
    for target in config.targets:
        vendor = vendor_of(target)
        limits = limits_of(vendor, target)
        for stream, options in enabled_streams(vendor, target):
            key = StreamKey(vendor.name, target.account, stream.name)
            own = options.requests_per_minute
            extra = (per_minute(own),) if own else ()
            for cost in stream.plan(target, options):
                hourly = cost.requests * HOUR / options.interval
                allowed = _an_hour((*limits[cost.group], *extra))
                rows.append(Row(key, options.interval, cost.group, hourly, allowed))
    return rows


def render(rows: Sequence[Row]) -> str:
    """The plan as a table, with a warning for each group that does not fit its limit."""
    head = ("target", "stream", "interval", "endpoint group", "requests/h", "limit/h", "share")
    table = [head, *map(_cells, rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    return "\n".join([*lines, *_warnings(rows)])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row.key.vendor}/{row.key.account}",
        row.key.stream,
        format_duration(row.interval),
        row.group,
        "under 1" if row.requests < 1 else f"about {row.requests:.0f}",
        f"{row.allowed:.0f}",
        f"{row.requests / row.allowed:.0%}",
    )


def _warnings(rows: Sequence[Row]) -> list[str]:
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.key.vendor, row.key.account, row.group].append(row)
    return [
        f"warning: {vendor}/{account}: {group} may need {needed:.0f} requests an hour and may send "
        f"{some[0].allowed:.0f}: polls will take longer than their interval; lengthen it"
        for (vendor, account, group), some in groups.items()
        if (needed := sum(row.requests for row in some)) > some[0].allowed
    ]


def _an_hour(limits: Sequence[Limit]) -> float:
    return min(limit.requests / limit.seconds for limit in limits) * HOUR
