"""The metrics of the Analytics API one by one: how each is asked for, and what it counts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from exporter.streams import kit
from exporter.vendors.cursor.analytics import days, metrics, records
from exporter.vendors.cursor.analytics.options import Options
from exporter.vendors.cursor.vendor import ANALYTICS, LONGEST_RANGE, CursorTarget

Source: TypeAlias = kit.Source[CursorTarget, Options]


class Part(Protocol):
    """A metric of the Analytics API; its `option` switches it on, `group` is the pace that it shares."""

    @property
    def option(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def group(self) -> str: ...

    @property
    def counters(self) -> tuple[kit.Metric, ...]: ...

    @property
    def gauges(self) -> tuple[kit.Metric, ...]: ...

    def wanted(self, options: Options) -> bool:
        """Whether it is switched on."""
        ...

    def requests(self, options: Options) -> int:
        """How many requests a poll takes."""
        ...

    async def read(self, source: Source) -> kit.Batch:
        """What the window counts, and the gauges of the newest settled day."""
        ...

    async def probe(self, source: Source) -> None:
        """Ask for the last whole day."""
        ...


def _nothing(_: Any, __: kit.Tally) -> None:
    """The rows of some metrics are not counted."""


def _nobody(_: Sequence[Any], __: int) -> Iterator[kit.Sample]:
    """Those of others have no gauge."""
    yield from ()


@dataclass(frozen=True, slots=True)
class Daily:
    """A metric whose answer has rows by day: `add` counts one, `show` makes gauges of a day's."""

    name: str
    row: type[records.Row]
    groups: tuple[kit.Group, ...] = ()
    add: Callable[[Any, kit.Tally], None] = _nothing
    gauges: tuple[kit.Metric, ...] = ()
    show: Callable[[Sequence[Any], int], Iterator[kit.Sample]] = _nobody
    group: str = ANALYTICS

    @property
    def option(self) -> str:
        return self.name.replace("-", "_")

    @property
    def endpoint(self) -> kit.Endpoint:
        return kit.Endpoint(f"/analytics/team/{self.name}", self.group, conditional=True)

    @property
    def counters(self) -> tuple[kit.Metric, ...]:
        return tuple(metric for group in self.groups for metric in group.metrics)

    def wanted(self, options: Options) -> bool:
        return getattr(options, self.option) is True

    def requests(self, options: Options) -> int:
        return 1 + options.lookback // LONGEST_RANGE

    async def read(self, source: Source) -> kit.Batch:
        rejected = source.rejects.fields.total()
        rows = await self._rows(source)
        newest = max((row.day for row in rows), default=None)
        window = days.told(source.window, source.now, newest)
        if source.rejects.fields.total() > rejected:
            # The row that is missing may be the one that was rejected.
            window = kit.Window(window.start, window.start)
        samples: list[kit.Sample] = []
        if newest is not None:
            source.has_days(row.day for row in rows)
            samples += self._counted(source, rows)
            settled = days.newest_settled(source.now, newest)
            of_day = [row for row in rows if row.day == settled]
            samples += self.show(of_day, source.options.most_client_versions)
        covers = [kit.Coverage(self.counters, window), kit.Coverage(self.gauges)]
        return kit.Batch(samples, covers)

    async def probe(self, source: Source) -> None:
        today = kit.floor(source.now, kit.DAY)
        await source.get(
            self._request(kit.Window(today - kit.DAY, today)), records.rows_of(self.row)
        )

    async def _rows(self, source: Source) -> list[Any]:
        found: list[Any] = []
        for window in days.asked(source.window, source.now).split(LONGEST_RANGE):
            answer = await source.get(
                self._request(window),
                records.rows_of(self.row),
                records=lambda answer: len(answer.data),
            )
            found += answer.data
        return found

    def _request(self, window: kit.Window) -> kit.Request:
        return kit.Request(self.endpoint, query=days.dates(window))

    def _counted(self, source: Source, rows: Sequence[Any]) -> Iterator[kit.Sample]:
        tally = kit.Tally()
        for row in rows:
            if row.day in source.window:
                self.add(row, tally)
        return tally.samples()


DAILY: tuple[Daily, ...] = (
    Daily(
        "dau",
        records.ActiveUsers,
        gauges=(metrics.ACTIVE_USERS,),
        show=metrics.show_active_users,
    ),
    Daily(
        "agent-edits",
        records.AgentEdits,
        (metrics.AGENT_DIFFS, metrics.AGENT_LINES),
        metrics.add_agent_edits,
    ),
    Daily("tabs", records.Tabs, (metrics.TABS, metrics.TAB_LINES), metrics.add_tabs),
    Daily("models", records.Models, (metrics.MODELS,), metrics.add_models),
    Daily(
        "client-versions",
        records.ClientVersion,
        gauges=(metrics.CLIENT_VERSIONS,),
        show=metrics.show_client_versions,
    ),
    Daily("mcp", records.ToolUse, (metrics.TOOLS,), metrics.add_tools),
    Daily("commands", records.CommandUse, (metrics.COMMANDS,), metrics.add_commands),
    Daily("skills", records.SkillUse, (metrics.SKILLS,), metrics.add_skills),
    Daily("plans", records.ModeUse, (metrics.PLANS,), metrics.add_plans),
    Daily("ask-mode", records.ModeUse, (metrics.ASKS,), metrics.add_asks),
)
