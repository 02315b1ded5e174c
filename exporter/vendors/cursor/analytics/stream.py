"""Stream `analytics`: what a team does with Cursor by day; each metric is a request of its own.

The first metric must be answered. One that is refused after it costs itself only.
"""

from collections import Counter
from collections.abc import Sequence

from exporter.streams import kit
from exporter.vendors.cursor.analytics.insights import INSIGHTS_BY
from exporter.vendors.cursor.analytics.options import Options
from exporter.vendors.cursor.analytics.parts import DAILY, Part, Source
from exporter.vendors.cursor.rights import ANALYTICS
from exporter.vendors.cursor.vendor import CursorTarget, needs_team

PARTS: tuple[Part, ...] = (*DAILY, *INSIGHTS_BY)


def chosen(options: Options) -> list[Part]:
    """The metrics that are switched on."""
    return [part for part in PARTS if part.wanted(options)]


async def read(source: Source) -> kit.Batches:
    """The gauges of a metric that is refused, or that nobody asks for any more, are gone."""
    first, *others = chosen(source.options)
    yield await first.read(source)
    yield _without_gauges(*(part for part in PARTS if part not in (first, *others)))
    for part in others:
        batch = _without_gauges(part)
        advice = f"set {part.option}: false where the team does without it"
        async with source.optional(part.name, advice):
            batch = await part.read(source)
        yield batch


def _without_gauges(*parts: Part) -> kit.Batch:
    return kit.Batch((), [kit.Coverage(part.gauges) for part in parts])


def _plan(_: CursorTarget, options: Options) -> Sequence[kit.Cost]:
    requests = Counter[str]()
    for part in chosen(options):
        requests[part.group] += part.requests(options)
    return [kit.Cost(group, number) for group, number in requests.items()]


async def _probe(source: Source) -> None:
    await chosen(source.options)[0].probe(source)


STREAM = kit.Stream(
    name="analytics",
    summary="active people, agent, Tab, models, MCP tools, commands and skills, by day",
    metrics=(
        *(counter for part in PARTS for counter in part.counters),
        *(gauge for part in PARTS for gauge in part.gauges),
    ),
    options=Options,
    read=read,
    plan=_plan,
    probe=_probe,
    right=ANALYTICS,
    retention=90 * kit.DAY,
    inapplicable=needs_team,
)
