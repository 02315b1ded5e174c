"""What a day's usage events add up to, without keeping the events."""

from collections import Counter

from exporter.streams import kit
from exporter.vendors.cursor.usage_events.metrics import (
    ALL_TOKENS,
    CHARGED,
    COUNTED,
    METRICS,
    MONEY,
    REQUESTS,
    TOKENS,
    TOKENS_TOLD,
    UNITS,
    USER_CHARGED,
    USER_REQUESTS,
    USER_TOKENS,
)
from exporter.vendors.cursor.usage_events.records import Event, EventsPage

_COMMON_KIND = {"cache_write": "input", "cache_read": "cached"}
_CHARGEABLE = {True: "true", False: "false", None: kit.UNKNOWN}


class DaySums:
    """Sums of one walk over a day. `rows` are the events that came, odd ones too."""

    def __init__(self, day: kit.Window, *, people: bool, reject: kit.Reject) -> None:
        self.rows = 0
        self.newest: float | None = None
        self._day, self._people, self._reject = day, people, reject
        self._tally = kit.Tally()
        self._totals: set[int] = set()
        self._knows: set[tuple[kit.Metric, ...]] = set()

    @property
    def agrees(self) -> bool:
        """Whether as many events came as every page announced."""
        return self._totals == {self.rows}

    @property
    def disagreement(self) -> str:
        announced = " or ".join(map(str, sorted(self._totals)))
        return f"{self.rows} events came although totalUsageEventsCount is {announced}"

    @property
    def told(self) -> tuple[kit.Metric, ...]:
        """The metrics that the day speaks for: of events without a price the cost is unknown, not 0."""
        if not self.rows:
            return METRICS
        known = (*COUNTED, *(metric for metrics in self._knows for metric in metrics))
        return tuple(metric for metric in METRICS if metric in known)

    def same_as(self, other: "DaySums") -> bool:
        """Whether another walk found as much of everything."""
        return self.rows == other.rows and Counter(self.samples()) == Counter(other.samples())

    def samples(self) -> list[kit.Sample]:
        return list(self._tally.samples())

    def add(self, page: EventsPage) -> None:
        self._totals.add(page.total_usage_events_count)
        for event in page.usage_events:
            if event.moment not in self._day:
                self._reject("timestamp")
                continue
            self.newest = max(event.moment, self.newest or 0)
            self._count(event)

    def _count(self, event: Event) -> None:
        tally, day = self._tally, kit.floor(self._day.start, kit.DAY)
        model, kind = event.model or kit.UNKNOWN, event.kind or kit.UNKNOWN
        user = kit.Person(event.user_email) if event.user_email else kit.UNKNOWN
        tally.add(REQUESTS, (model, kind, event.actor), day, (1,))
        if self._people:
            tally.add(USER_REQUESTS, (user,), day, (1,))
        for token_kind, tokens in event.token_usage.known if event.token_usage else ():
            self._knows.add(TOKENS_TOLD)
            tally.add(TOKENS, (model, token_kind), day, (tokens,))
            tally.add(ALL_TOKENS, (_COMMON_KIND.get(token_kind, token_kind),), day, (tokens,))
            if self._people:
                tally.add(USER_TOKENS, (user, token_kind), day, (tokens,))
        if event.charged_cents is not None:
            self._knows.add(MONEY)
            dollars = (event.charged_cents.scaleb(-2),)
            tally.add(CHARGED, (model, kind, _CHARGEABLE[event.is_chargeable]), day, dollars)
            if self._people:
                tally.add(USER_CHARGED, (user,), day, dollars)
        if event.requests_costs is not None:
            self._knows.add(UNITS.metrics)
            tally.add(UNITS, (model, kind), day, (event.requests_costs,))
