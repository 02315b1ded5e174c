"""What the rows of a day add up to."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from exporter.streams import common_metrics, kit
from exporter.streams.money import ZERO
from exporter.vendors.anthropic.claude_code import metrics
from exporter.vendors.anthropic.claude_code.records import ModelUse, Row
from exporter.vendors.anthropic.currency import DOLLARS

_TOKEN_KINDS = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_creation",
}


class DaySums:
    """Sums of the rows of one UTC day; a row that comes twice, as on a page told again, counts once."""

    def __init__(self, source: kit.Source[Any, Any], day: int) -> None:
        self.rows = 0
        self._source, self._day = source, day
        self._tally = kit.Tally()
        self._seen: set[int] = set()
        self._actors: set[tuple[str, str]] = set()

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            content = hash(msgspec.json.encode(row))
            if row.day != self._day:
                self._source.reject("date")
            elif content not in self._seen:
                self._seen.add(content)
                self._count(row)

    def samples(self) -> list[kit.Sample]:
        return [*self._tally.samples()]

    def active(self) -> Iterator[kit.Sample]:
        """The actors of the day, each once."""
        kinds = [kind for kind, _ in self._actors]
        for kind in sorted({"user", "api_key", *kinds}):
            yield kit.Sample(metrics.ACTIVE, (kind,), kinds.count(kind))
        yield kit.Sample(common_metrics.DAILY_ACTIVE_USERS, (), kinds.count("user"))

    def _add(self, group: kit.Group, labels: tuple[str, ...], *values: int | Decimal) -> None:
        self._tally.add(group, labels, self._day, values)

    def _count(self, row: Row) -> None:
        self.rows += 1
        self._actors.add((row.actor.kind, row.actor.name.casefold()))
        core, where = row.core_metrics, row.where
        added, removed = core.lines_of_code.added, core.lines_of_code.removed
        self._add(metrics.COUNTS, where, *core.counts)
        self._add(metrics.LINES, (*where, "added"), added)
        self._add(metrics.LINES, (*where, "removed"), removed)
        self._add(metrics.LINES_ACCEPTED, (), added)
        for tool, decisions in (row.tool_actions or {}).items():
            self._add(metrics.DECISIONS, (tool, "accepted"), decisions.accepted)
            self._add(metrics.DECISIONS, (tool, "rejected"), decisions.rejected)
        for use in row.model_breakdown or ():
            self._count_model(use)
        if self._source.people:
            self._count_user(row)

    def _count_model(self, use: ModelUse) -> None:
        model = use.model or kit.UNKNOWN
        for kind, field in _TOKEN_KINDS.items():
            self._add(metrics.TOKENS, (model, kind), getattr(use.tokens, field))
        cost = use.estimated_cost
        if cost is None:
            return
        if cost.currency in DOLLARS:
            self._add(metrics.ESTIMATED_COST, (model,), cost.amount.scaleb(-2))
        else:
            self._source.leave_out("currency")

    def _count_user(self, row: Row) -> None:
        core, user = row.core_metrics, (kit.Person(row.actor.name), row.actor.kind)
        uses = row.model_breakdown or ()
        self._add(metrics.USER_COUNTS, user, *core.counts)
        self._add(metrics.USER_LINES, (*user, "added"), core.lines_of_code.added)
        self._add(metrics.USER_LINES, (*user, "removed"), core.lines_of_code.removed)
        for kind, field in _TOKEN_KINDS.items():
            tokens = sum(getattr(use.tokens, field) for use in uses)
            self._add(metrics.USER_TOKENS, (*user, kind), tokens)
        self._add(metrics.USER_COST, user, _dollars(uses))


def _dollars(uses: Sequence[ModelUse]) -> Decimal:
    costs = [use.estimated_cost for use in uses if use.estimated_cost is not None]
    return sum((cost.amount.scaleb(-2) for cost in costs if cost.currency in DOLLARS), ZERO)
