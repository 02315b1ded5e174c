"""Tokens and cost of the agent, where an installation has the agent-usage API and a license for it.

Models are UUIDs: Tabnine has no list of their names.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.tabnine.usage import api
from exporter.vendors.tabnine.usage.records import Answer, Buckets, check_times
from exporter.vendors.tabnine.vendor import GROUP

AGENT_USAGE = kit.Endpoint("/api/v1/organization/agent-usage", GROUP)

_API = "Tabnine agent-usage API, polled; by UTC day, today's still moves"


class _Consumption:
    """Tokens and cost by one label."""

    def __init__(self, label: str, told: str, tokens: str, cost: str) -> None:
        self.tokens = kit.Group.counters(
            {tokens: f"Tokens of the agent {told}; each token has one kind"},
            api=_API,
            labels=(label, "token_kind"),
            foldable_labels=(label,),
        )
        self.cost = kit.Group.counters(
            {cost: f"Cost of the agent in US dollars {told}"}, api=_API, labels=(label,)
        )
        self.metrics = (*self.tokens.metrics, *self.cost.metrics)


BY_MODEL = _Consumption(
    "model", "by model", "tabnine_agent_tokens_total", "tabnine_agent_cost_usd_total"
)
BY_TYPE = _Consumption(
    "agent_type",
    "by where it runs",
    "tabnine_agent_type_tokens_total",
    "tabnine_agent_type_cost_usd_total",
)
USES = kit.Group.counters(
    {
        "tabnine_agent_type_interactions_total": "Interactions with the agent by where it runs",
        "tabnine_agent_type_user_messages_total": (
            "Messages that people sent to the agent by where it runs"
        ),
    },
    api=_API,
    labels=("agent_type",),
)
COST = kit.Group(common_metrics.COST)
AVAILABLE = kit.gauge(
    "tabnine_agent_usage_available",
    "Whether the installation answers the Tabnine agent-usage API (1) or refuses it (0), as last polled.",
)
COUNTERS = (*BY_MODEL.metrics, *COST.metrics, *USES.metrics, *BY_TYPE.metrics)


class _Consumed(msgspec.Struct, rename="camel", kw_only=True):
    """What was consumed; the total may be more than its parts."""

    tokens_consumed: kit.Count | None = None
    input_tokens: kit.Count | None = None
    output_tokens: kit.Count | None = None
    cost: Decimal | None = None

    def __post_init__(self) -> None:
        if self.cost is not None and not (self.cost.is_finite() and self.cost >= 0):
            raise ValueError("field `cost` is not an amount of money")

    @property
    def tokens(self) -> dict[str, int]:
        """Tokens by kind: what of the total is neither input nor output is `other`."""
        kinds = {"input": self.input_tokens or 0, "output": self.output_tokens or 0}
        rest = (self.tokens_consumed or 0) - sum(kinds.values())
        return kinds | {kit.OTHER: rest} if rest > 0 else kinds


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


class _Bucket(_Consumed, rename="camel", kw_only=True):
    start: str = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to", default=None)
    active_users: kit.Count
    tokens_consumed: kit.Count | None = msgspec.field(name="totalTokensConsumed", default=None)
    input_tokens: kit.Count | None = msgspec.field(name="totalInputTokens", default=None)
    output_tokens: kit.Count | None = msgspec.field(name="totalOutputTokens", default=None)
    cost: Decimal | None = msgspec.field(name="totalCost", default=None)
    model_breakdown: list[_Model] | None = None
    agent_type_breakdown: list[_AgentType] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_times(self.start, self.end)


class _Buckets(Buckets, kw_only=True):
    data: list[_Bucket]


class AgentUsage(Answer, kw_only=True):
    """The answer of `/agent-usage`."""

    usage: _Buckets


async def read(source: kit.Source[Any, Any], organization: str) -> kit.Batch:
    """What the agent consumed on each day of the window."""
    query = {"organizationId": organization}
    buckets, missing_are_zero = await api.ask(source, AGENT_USAGE, query, AgentUsage)
    tally = kit.Tally()
    for day, bucket in buckets:
        _count(bucket, day, tally)
    covered = {kit.Window(day, day + kit.DAY) for day, _ in buckets}
    if missing_are_zero:
        covered = {source.window}
    return kit.Batch([*tally.samples()], [kit.Coverage(COUNTERS, window) for window in covered])


def _count(bucket: _Bucket, day: int, tally: kit.Tally) -> None:
    models = [(row.model or kit.OTHER, row) for row in bucket.model_breakdown or ()]
    types = [(row.agent_type, row) for row in bucket.agent_type_breakdown or ()]
    cost = bucket.cost
    if cost is None:
        cost = sum((row.cost or Decimal(0) for _, row in models), Decimal(0))
    tally.add(COST, (), day, (cost,))
    _consumed(BY_MODEL, bucket, models, day, tally)
    if types:
        _consumed(BY_TYPE, bucket, types, day, tally)
    for name, row in types:
        uses = (row.interactions or 0, row.user_initiated_messages or 0)
        tally.add(USES, (name,), day, uses)


def _consumed(
    by: _Consumption,
    total: _Consumed,
    parts: Sequence[tuple[str, _Consumed]],
    day: int,
    tally: kit.Tally,
) -> None:
    for kind in ("input", "output", kit.OTHER):
        tokens = [
            ((name, kind), (part.tokens[kind],)) for name, part in parts if kind in part.tokens
        ]
        whole = (total.tokens.get(kind, 0),)
        tally.parts(by.tokens, tokens, whole, day, rest=(kit.OTHER, kind))
    tally.parts(
        by.cost, [((name,), (part.cost or 0,)) for name, part in parts], (total.cost or 0,), day
    )
