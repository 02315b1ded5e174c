"""Tokens and cost of the agent, where an installation has the agent-usage API and a license for it.

Models are UUIDs: Tabnine has no list of their names.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.tabnine.usage import api
from exporter.vendors.tabnine.usage.records import Envelope, Slice
from exporter.vendors.tabnine.vendor import GROUP

AGENT_USAGE = kit.Endpoint("/api/v1/organization/agent-usage", GROUP)

_API = "Tabnine agent-usage API, polled; by UTC day, today's still moves"

TOKENS = kit.Metric(
    "tabnine_agent_tokens_total",
    kit.MetricType.COUNTER,
    f"Tokens of the agent by model; each token has one kind ({_API}).",
    ("model", "token_kind"),
    foldable_labels=("model",),
)
COST = kit.Metric(
    "tabnine_agent_cost_usd_total",
    kit.MetricType.COUNTER,
    f"Cost of the agent in US dollars by model ({_API}).",
    ("model",),
)
TYPE_INTERACTIONS = kit.Metric(
    "tabnine_agent_type_interactions_total",
    kit.MetricType.COUNTER,
    f"Interactions with the agent by where it runs ({_API}).",
    ("agent_type",),
)
TYPE_MESSAGES = kit.Metric(
    "tabnine_agent_type_user_messages_total",
    kit.MetricType.COUNTER,
    f"Messages that people sent to the agent by where it runs ({_API}).",
    ("agent_type",),
)
TYPE_TOKENS = kit.Metric(
    "tabnine_agent_type_tokens_total",
    kit.MetricType.COUNTER,
    f"Tokens of the agent by where it runs; each token has one kind ({_API}).",
    ("agent_type", "token_kind"),
    foldable_labels=("agent_type",),
)
TYPE_COST = kit.Metric(
    "tabnine_agent_type_cost_usd_total",
    kit.MetricType.COUNTER,
    f"Cost of the agent in US dollars by where it runs ({_API}).",
    ("agent_type",),
)
AVAILABLE = kit.Metric(
    "tabnine_agent_usage_available",
    kit.MetricType.GAUGE,
    "Whether the installation answers the Tabnine agent-usage API (1) or refuses it (0), as last polled.",
)
COUNTERS = (
    TOKENS,
    COST,
    common_metrics.COST,
    TYPE_INTERACTIONS,
    TYPE_MESSAGES,
    TYPE_TOKENS,
    TYPE_COST,
)


class _Consumed(msgspec.Struct, rename="camel", kw_only=True):
    """What was consumed; the total may be more than its parts."""

    tokens_consumed: kit.Count | None = None
    input_tokens: kit.Count | None = None
    output_tokens: kit.Count | None = None
    cost: Decimal | None = None


class _Model(_Consumed, rename="camel", kw_only=True):
    model: str | None = None


class _AgentType(_Consumed, rename="camel", kw_only=True):
    ignored: ClassVar[frozenset[str]] = frozenset(
        {"activeUsers", "linesAdded", "linesAddedAccepted", "linesRemoved", "linesRemovedAccepted"}
    )

    agent_type: str
    interactions: kit.Count | None = None
    user_initiated_messages: kit.Count | None = None
    model_breakdown: list[_Model] | None = None


class _Bucket(Slice, rename="camel", kw_only=True):
    total_tokens_consumed: kit.Count | None = None
    total_input_tokens: kit.Count | None = None
    total_output_tokens: kit.Count | None = None
    total_cost: Decimal | None = None
    model_breakdown: list[_Model] | None = None
    agent_type_breakdown: list[_AgentType] | None = None

    @property
    def total(self) -> _Consumed:
        return _Consumed(
            tokens_consumed=self.total_tokens_consumed,
            input_tokens=self.total_input_tokens,
            output_tokens=self.total_output_tokens,
            cost=self.total_cost,
        )


class _Buckets(msgspec.Struct, rename="camel", kw_only=True):
    granularity: str | None = None
    data: list[_Bucket]


class AgentUsage(Envelope, rename="camel", kw_only=True):
    """The answer of `/agent-usage`."""

    usage: _Buckets


async def read(source: kit.Source[Any, Any], organization: str) -> kit.Batch:
    """What the agent consumed on each day of the window."""
    request = api.question(AGENT_USAGE, source.window, {"organizationId": organization})
    found = await source.get(request, AgentUsage)
    buckets = api.days(found, found.usage, source.window, AGENT_USAGE.path)
    source.records += len(buckets)
    covered = [kit.Window(day, day + kit.DAY) for day in buckets]
    if source.options.missing_days == "zero":
        covered = [source.window]
    return kit.Batch(
        [sample for day, bucket in buckets.items() for sample in _samples(bucket, day)],
        [kit.Coverage(COUNTERS, window) for window in covered],
    )


def _samples(bucket: _Bucket, day: int) -> Iterator[kit.Sample]:
    models = [(row.model or kit.OTHER, row) for row in bucket.model_breakdown or ()]
    types = [(row.agent_type, row) for row in bucket.agent_type_breakdown or ()]
    total = bucket.total
    cost = total.cost
    if cost is None:
        cost = sum((row.cost or Decimal(0) for _, row in models), Decimal(0))
    yield kit.Sample(common_metrics.COST, (), _money(cost), day)
    yield from _by(total, models, (TOKENS, COST), day)
    if types:
        yield from _by(total, types, (TYPE_TOKENS, TYPE_COST), day)
    for name, row in types:
        yield kit.Sample(TYPE_INTERACTIONS, (name,), row.interactions or 0, day)
        yield kit.Sample(TYPE_MESSAGES, (name,), row.user_initiated_messages or 0, day)


def _by(
    total: _Consumed,
    parts: Iterable[tuple[str, _Consumed]],
    metrics: tuple[kit.Metric, kit.Metric],
    day: int,
) -> Iterator[kit.Sample]:
    """The parts, and as `other` what they leave out of the total."""
    tokens, cost = metrics
    left, money = _kinds(total), _money(total.cost)
    for name, part in parts:
        for kind, number in _kinds(part).items():
            left[kind] = left.get(kind, 0) - number
            yield kit.Sample(tokens, (name, kind), number, day)
        money -= _money(part.cost)
        yield kit.Sample(cost, (name,), _money(part.cost), day)
    for kind, number in left.items():
        if number > 0:
            yield kit.Sample(tokens, (kit.OTHER, kind), number, day)
    if money > 0:
        yield kit.Sample(cost, (kit.OTHER,), money, day)


def _kinds(consumed: _Consumed) -> dict[str, int]:
    """Tokens by kind: what of the total is neither input nor output is `other`."""
    kinds = {"input": consumed.input_tokens or 0, "output": consumed.output_tokens or 0}
    rest = (consumed.tokens_consumed or 0) - sum(kinds.values())
    return kinds | {kit.OTHER: rest} if rest > 0 else kinds


def _money(amount: Decimal | None) -> kit.Number:
    if amount is None:
        return 0
    if not amount.is_finite():
        raise kit.SchemaError(f"{AGENT_USAGE.path}: a cost in $.usage.data[...] is not a number")
    return amount
