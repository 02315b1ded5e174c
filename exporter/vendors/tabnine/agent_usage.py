"""Tokens and cost of the agent, where an installation has the agent-usage API and a license for it.

Models are UUIDs: Tabnine has no list of their names.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from exporter.client.client import Endpoint
from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    PollError,
    SchemaError,
    UnavailableError,
)
from exporter.model import DAY, OTHER, Coverage, Metric, MetricType, Number, Sample, Window
from exporter.streams import common_metrics
from exporter.streams.payload import Count
from exporter.vendors.base import Poll, Reading
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget
from exporter.vendors.tabnine.usage_api import Envelope, OptionsT, Slice, days, question

AGENT_USAGE = Endpoint("/api/v1/organization/agent-usage", GROUP)

_API = "Tabnine agent-usage API, polled; by UTC day, today's still moves"
_log = logging.getLogger(__name__)

TOKENS = Metric(
    "tabnine_agent_tokens_total",
    MetricType.COUNTER,
    f"Tokens of the agent by model; each token has one kind ({_API}).",
    ("model", "token_kind"),
    foldable_labels=("model",),
)
COST = Metric(
    "tabnine_agent_cost_usd_total",
    MetricType.COUNTER,
    f"Cost of the agent in US dollars by model ({_API}).",
    ("model",),
)
TYPE_INTERACTIONS = Metric(
    "tabnine_agent_type_interactions_total",
    MetricType.COUNTER,
    f"Interactions with the agent by where it runs ({_API}).",
    ("agent_type",),
)
TYPE_MESSAGES = Metric(
    "tabnine_agent_type_user_messages_total",
    MetricType.COUNTER,
    f"Messages that people sent to the agent by where it runs ({_API}).",
    ("agent_type",),
)
TYPE_TOKENS = Metric(
    "tabnine_agent_type_tokens_total",
    MetricType.COUNTER,
    f"Tokens of the agent by where it runs; each token has one kind ({_API}).",
    ("agent_type", "token_kind"),
    foldable_labels=("agent_type",),
)
TYPE_COST = Metric(
    "tabnine_agent_type_cost_usd_total",
    MetricType.COUNTER,
    f"Cost of the agent in US dollars by where it runs ({_API}).",
    ("agent_type",),
)
AVAILABLE = Metric(
    "tabnine_agent_usage_available",
    MetricType.GAUGE,
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

    tokens_consumed: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cost: Decimal | None = None


class _Model(_Consumed, rename="camel", kw_only=True):
    model: str | None = None


class _AgentType(_Consumed, rename="camel", kw_only=True):
    agent_type: str
    active_users: Count | None = None
    interactions: Count | None = None
    lines_added: Count | None = None
    lines_added_accepted: Count | None = None
    lines_removed: Count | None = None
    lines_removed_accepted: Count | None = None
    user_initiated_messages: Count | None = None
    model_breakdown: list[_Model] | None = None


class _Bucket(Slice, rename="camel", kw_only=True):
    total_tokens_consumed: Count | None = None
    total_input_tokens: Count | None = None
    total_output_tokens: Count | None = None
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


async def read(
    poll: Poll[TabnineTarget, OptionsT], reading: Reading, query: Mapping[str, str]
) -> PollError | None:
    """Count what the agent consumed; returns the error where the installation refuses to say.

    Then the rest keeps counting, and what was counted of the agent stays as it is. Without a
    license the vendor answers 403, and 500 has been seen.
    """
    request = question(AGENT_USAGE, poll.window, query)
    try:
        answer = await lists.get(poll, request)
    except (ForbiddenError, NotFoundError, UnavailableError) as error:
        _log.info("agent usage is not counted: reason=%r", str(error))
        return error
    found = lists.decoded(answer, AgentUsage, AGENT_USAGE, reading)
    buckets = days(found, found.usage, poll.window, AGENT_USAGE.path)
    for day, bucket in buckets.items():
        reading.samples.extend(_samples(bucket, day))
    reading.records += len(buckets)
    if poll.options.missing_days == "zero":
        reading.coverage.append(Coverage(COUNTERS, poll.window))
    else:
        reading.coverage.extend(Coverage(COUNTERS, Window(day, day + DAY)) for day in buckets)
    return None


def _samples(bucket: _Bucket, day: int) -> Iterator[Sample]:
    models = [(row.model or OTHER, row) for row in bucket.model_breakdown or ()]
    types = [(row.agent_type, row) for row in bucket.agent_type_breakdown or ()]
    total = bucket.total
    cost = total.cost
    if cost is None:
        cost = sum((row.cost or Decimal(0) for _, row in models), Decimal(0))
    yield Sample(common_metrics.COST, (), _money(cost), day)
    yield from _by(total, models, (TOKENS, COST), day)
    if types:
        yield from _by(total, types, (TYPE_TOKENS, TYPE_COST), day)
    for name, row in types:
        yield Sample(TYPE_INTERACTIONS, (name,), row.interactions or 0, day)
        yield Sample(TYPE_MESSAGES, (name,), row.user_initiated_messages or 0, day)


def _by(
    total: _Consumed,
    parts: Iterable[tuple[str, _Consumed]],
    metrics: tuple[Metric, Metric],
    day: int,
) -> Iterator[Sample]:
    """The parts, and as `other` what they leave out of the total."""
    tokens, cost = metrics
    left, money = _kinds(total), _money(total.cost)
    for name, part in parts:
        for kind, number in _kinds(part).items():
            left[kind] = left.get(kind, 0) - number
            yield Sample(tokens, (name, kind), number, day)
        money -= _money(part.cost)
        yield Sample(cost, (name,), _money(part.cost), day)
    for kind, number in left.items():
        if number > 0:
            yield Sample(tokens, (OTHER, kind), number, day)
    if money > 0:
        yield Sample(cost, (OTHER,), money, day)


def _kinds(consumed: _Consumed) -> dict[str, int]:
    """Tokens by kind: what of the total is neither input nor output is `other`."""
    kinds = {"input": consumed.input_tokens or 0, "output": consumed.output_tokens or 0}
    rest = (consumed.tokens_consumed or 0) - sum(kinds.values())
    return kinds | {OTHER: rest} if rest > 0 else kinds


def _money(amount: Decimal | None) -> Number:
    if amount is None:
        return 0
    if not amount.is_finite():
        raise SchemaError(f"{AGENT_USAGE.path}: a cost in $.usage.data[...] is not a number")
    return amount
