"""Conversation insights: what the team's conversations are about, where the team has switched it on.

An answer is about its whole range, so each day is asked for on its own.
"""

from dataclasses import dataclass

from exporter.streams import kit
from exporter.vendors.cursor.analytics import days, records
from exporter.vendors.cursor.analytics.metrics import API
from exporter.vendors.cursor.analytics.options import Options
from exporter.vendors.cursor.analytics.parts import Source
from exporter.vendors.cursor.vendor import INSIGHTS

ENDPOINT = kit.Endpoint("/analytics/team/conversation-insights", INSIGHTS, conditional=True)


@dataclass(frozen=True, slots=True)
class Insight:
    """One way to sort conversations, by its name in the API."""

    aspect: str
    counts: kit.Group
    group: str = INSIGHTS
    gauges: tuple[kit.Metric, ...] = ()

    @property
    def name(self) -> str:
        return f"conversation insights, {self.aspect}"

    @property
    def option(self) -> str:
        return "conversation_insights"

    @property
    def counters(self) -> tuple[kit.Metric, ...]:
        return self.counts.metrics

    def wanted(self, options: Options) -> bool:
        return self.aspect in options.conversation_insights

    def requests(self, options: Options) -> int:
        return options.lookback // kit.DAY + 1

    async def read(self, source: Source) -> kit.Batch:
        rejected = source.rejects.fields.total()
        tally = kit.Tally()
        newest = None
        for day in source.window.buckets(kit.DAY):
            answer = await source.get(self._request(day), records.Insights)
            found = answer.data.found(self.aspect)
            for row in found:
                tally.add(self.counts, (row.value or kit.UNKNOWN,), day.start, (row.count,))
            if found:
                newest = day.start
                source.records += len(found)
                source.has_days([day.start])
        window = days.told(source.window, source.now, newest)
        if source.rejects.fields.total() > rejected:
            window = kit.Window(window.start, window.start)
        return kit.Batch([*tally.samples()], [kit.Coverage(self.counters, window)])

    async def probe(self, source: Source) -> None:
        today = kit.floor(source.now, kit.DAY)
        await source.get(self._request(kit.Window(today - kit.DAY, today)), records.Insights)

    def _request(self, day: kit.Window) -> kit.Request:
        return kit.Request(ENDPOINT, query={**days.dates(day), "include": self.aspect})


def _insight(aspect: str, name: str, told: str, label: str) -> Insight:
    counts = kit.Group.counters(
        {name: f"Conversations by {told}"}, api=API, labels=(label,), foldable_labels=(label,)
    )
    return Insight(aspect, counts)


INSIGHTS_BY = (
    _insight("intents", "cursor_conversation_intents_total", "what people wanted", "intent"),
    _insight(
        "complexity", "cursor_conversation_complexity_total", "how complex they are", "complexity"
    ),
    _insight("categories", "cursor_conversation_categories_total", "category", "category"),
    _insight(
        "guidanceLevels",
        "cursor_conversation_guidance_levels_total",
        "how closely people guided them",
        "guidance_level",
    ),
    _insight("workTypes", "cursor_conversation_work_types_total", "the kind of work", "work_type"),
)
