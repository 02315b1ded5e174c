"""From the records of one day's reports to samples, and to what the reports speak for."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from exporter.model import DAY, OTHER, Coverage, GroupSizes, Metric, Number, Sample, Window
from exporter.streams import common_metrics
from exporter.vendors.github.reports_metrics import (
    ACROSS,
    AGENT_WINDOW,
    APP,
    BREAKDOWNS,
    CLI,
    COMMENT_TYPES,
    GAUGES,
    PHASE_USERS,
    PULL_REQUESTS,
    THIRD_PARTY_AGENTS,
    Breakdown,
    SessionMetrics,
)
from exporter.vendors.github.reports_records import (
    MEASURES,
    Entity,
    PullRequests,
    Sessions,
    ThirdPartyAgent,
)

UNKNOWN = "unknown"

Labels: TypeAlias = tuple[str, ...]
Part: TypeAlias = tuple[Labels, int | None, str]
"""Labels, value and identity."""


class DayCounts:
    """The counters of one day. A value that the report lacks is neither counted nor taken for 0."""

    def __init__(self, day: int) -> None:
        self.samples: list[Sample] = []
        self.groups: GroupSizes = {}
        self._day = day
        self._covered: list[Metric] = []

    @property
    def coverage(self) -> Coverage:
        """The metrics that the day's reports give in full."""
        return Coverage(tuple(self._covered), Window(self._day, self._day + DAY))

    def add(self, metric: Metric, labels: Labels, value: Number, identity: str = "") -> None:
        self.samples.append(Sample(metric, labels, value, self._day, identity))

    def add_group(self, name: str, size: int) -> None:
        """Take people of a group; groups of one name are one."""
        self.groups[name, self._day] = self.groups.get((name, self._day), 0) + size

    def cover(self, metric: Metric) -> None:
        self._covered.append(metric)

    def total(self, metric: Metric, value: int | None) -> None:
        """A counter without labels of its own."""
        if value is not None:
            self.add(metric, (), value)
            self.cover(metric)

    def parts(
        self,
        metric: Metric,
        parts: Iterable[Part] | None,
        total: int | None = None,
    ) -> None:
        """Parts of a counter; what they leave out of a known total goes to `other`.

        The metric is covered where nothing of it can be missing: by the total, or by a list of
        parts that are all known.
        """
        known, found, whole = 0, False, parts is not None
        for labels, value, identity in parts or ():
            if value is None:
                whole = False
            else:
                found, known = True, known + value
                self.add(metric, labels, value, identity)
        if total is not None and (total > known or not found):
            self.add(metric, (OTHER,) * len(metric.labels), max(0, total - known))
        if whole or total is not None:
            self.cover(metric)


def count_entity(counts: DayCounts, entity: Entity) -> None:
    """Every counter in the record of an enterprise or organization."""
    for metric, field in zip(ACROSS, MEASURES, strict=True):
        if metric is not None:
            counts.total(metric, getattr(entity, field))
    for breakdown in BREAKDOWNS:
        _count_breakdown(counts, entity, breakdown)
    _count_sessions(counts, CLI, entity.totals_by_cli)
    _count_sessions(counts, APP, entity.totals_by_copilot_app)
    _count_fields(counts, AGENT_WINDOW, entity.totals_by_vscode_agent)
    _count_agents(counts, entity.totals_by_3rd_party_agent)
    _count_pull_requests(counts, entity.pull_requests)


def gauges_of(entity: Entity) -> Iterable[Sample]:
    """Active users; they cannot be added up over days."""
    for field, metric in GAUGES.items():
        value = getattr(entity, field)
        if value is not None:
            yield Sample(metric, (), value)
    if entity.daily_active_users is not None:
        yield Sample(common_metrics.DAILY_ACTIVE_USERS, (), entity.daily_active_users)
    for row in entity.totals_by_ai_adoption_phase or ():
        if row.total_engaged_users is not None:
            phase = row.phase or (UNKNOWN if row.phase_number is None else str(row.phase_number))
            yield Sample(PHASE_USERS, (phase,), row.total_engaged_users)


def _count_breakdown(counts: DayCounts, entity: Entity, breakdown: Breakdown) -> None:
    rows = getattr(entity, breakdown.rows)
    for metric, field in zip(breakdown.metrics, MEASURES, strict=True):
        if metric is None:
            continue
        parts = None
        if rows is not None:
            parts = [
                (
                    tuple(getattr(row, key) or UNKNOWN for key in breakdown.keys),
                    getattr(row, field),
                    "",
                )
                for row in rows
            ]
        counts.parts(metric, parts, getattr(entity, field))


def _count_sessions(counts: DayCounts, metrics: SessionMetrics, found: Sessions | None) -> None:
    if found is None:
        return
    counts.total(metrics.sessions, found.session_count)
    counts.total(metrics.requests, found.request_count)
    counts.total(metrics.prompts, found.prompt_count)
    if found.token_usage is not None:
        counts.parts(
            metrics.tokens,
            [
                (("prompt",), found.token_usage.prompt_tokens_sum, ""),
                (("output",), found.token_usage.output_tokens_sum, ""),
            ],
        )


def _count_fields(counts: DayCounts, metrics: Mapping[str, Metric], found: Any) -> None:
    if found is not None:
        for field, metric in metrics.items():
            counts.total(metric, getattr(found, field))


def _count_agents(counts: DayCounts, rows: list[ThirdPartyAgent] | None) -> None:
    if rows is None:
        return
    for field, metric in THIRD_PARTY_AGENTS.items():
        counts.parts(metric, [_agent_part(row, field) for row in rows])


def _agent_part(row: ThirdPartyAgent, field: str) -> Part:
    identity = "" if row.agent_id is None else str(row.agent_id)
    return (row.agent_name or identity or UNKNOWN,), getattr(row, field), identity


def _count_pull_requests(counts: DayCounts, found: PullRequests | None) -> None:
    _count_fields(counts, PULL_REQUESTS, found)
    if found is None:
        return
    rows = found.copilot_suggestions_by_comment_type
    for field, metric in COMMENT_TYPES.items():
        parts = None
        if rows is not None:
            parts = [((row.comment_type or UNKNOWN,), getattr(row, field), "") for row in rows]
        counts.parts(metric, parts, getattr(found, field))
