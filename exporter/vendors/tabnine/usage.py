"""Stream `usage`: completions, chat and agent of an organization, by UTC day."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from exporter.config.base import word
from exporter.config.durations import Duration
from exporter.model import DAY, MINUTE, OTHER, Coverage, Metric, MetricType, Sample
from exporter.streams import common_metrics
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream
from exporter.vendors.tabnine import agent_usage, lists
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget
from exporter.vendors.tabnine.usage_api import (
    RETENTION,
    SETTLED_AFTER,
    Bucket,
    Model,
    UsageOptions,
    ask,
    endpoint,
)
from exporter.vendors.tabnine.usage_metrics import (
    Families,
    agent_interactions,
    chat_interactions,
    completion_lines,
    completions,
    count,
    families,
    measured,
)

_API = "Tabnine organization usage API v2, polled; by UTC day, today's still moves"

_OWN = families("")
FAMILIES = Families(
    counters=(
        *_OWN.counters,
        (common_metrics.ACCEPTANCES, completions),
        (common_metrics.LINES_ACCEPTED, completion_lines),
        (common_metrics.CHAT_INTERACTIONS, chat_interactions),
    ),
    distinct=(
        *_OWN.distinct,
        (common_metrics.DAILY_ACTIVE_USERS, lambda bucket: bucket.active_users),
    ),
    ratios=_OWN.ratios,
)
MODEL_MESSAGES = Metric(
    "tabnine_model_messages_total",
    MetricType.COUNTER,
    f"Messages to the chat and the agent by model, where the vendor tells them by day ({_API}).",
    ("feature", "model"),
    foldable_labels=("model",),
)
MODEL_TOKENS = Metric(
    "tabnine_model_tokens_total",
    MetricType.COUNTER,
    f"Tokens of the chat and the agent by model, where the vendor tells them by day ({_API}).",
    ("feature", "model", "token_kind"),
    foldable_labels=("model",),
)
MODELS = (MODEL_MESSAGES, MODEL_TOKENS)

METRICS = (*FAMILIES.metrics, *MODELS, *agent_usage.COUNTERS, agent_usage.AVAILABLE)


class Options(UsageOptions):
    """Options of `usage`."""

    interval: Duration = Field(default=15 * MINUTE, ge=1)
    agent_usage: Annotated[Literal["auto", "on", "off"], BeforeValidator(word)] = "auto"
    """Tokens and cost of the agent: counted where the installation tells them, a problem where it
    does not, or not asked for."""


async def read(poll: Poll[TabnineTarget, Options]) -> Reading:
    """The agent comes first: when nothing answers, it is the usage that says why."""
    reading = Reading(complete=(*FAMILIES.gauges, agent_usage.AVAILABLE))
    query = {"organizationId": await lists.organization_id(poll, reading)}
    wanted = poll.options.agent_usage
    refused = None if wanted == "off" else await agent_usage.read(poll, reading, query)
    if wanted == "on":
        reading.problem = refused
    at = endpoint("organization", poll.target.api_version)
    days = await ask(poll, at, poll.window, query, reading)
    count(poll, reading, FAMILIES, days, poll.window)
    reading.samples.extend(measured(poll, FAMILIES, days, poll.window))
    if reading.records and wanted != "off":
        reading.samples.append(Sample(agent_usage.AVAILABLE, (), int(refused is None)))
    by_model = [sample for day, bucket in days.items() for sample in _by_model(bucket, day)]
    reading.samples.extend(by_model)
    if by_model and poll.options.missing_days == "zero":
        reading.coverage.append(Coverage(MODELS, poll.window))
    return reading


def _by_model(bucket: Bucket, day: int) -> Iterator[Sample]:
    for feature, messages, block in (
        ("chat", chat_interactions(bucket), bucket.chat),
        ("agent", agent_interactions(bucket), bucket.agent),
    ):
        if block is not None and block.models is not None:
            yield from _models(feature, messages or 0, block.models, day)


def _models(feature: str, messages: int, models: Sequence[Model], day: int) -> Iterator[Sample]:
    """The models of a feature, and as `other` the messages that they leave out."""
    for model in models:
        messages -= model.messages or 0
        yield Sample(MODEL_MESSAGES, (feature, model.model), model.messages or 0, day)
        for kind, number in (("input", model.input_tokens), ("output", model.output_tokens)):
            yield Sample(MODEL_TOKENS, (feature, model.model, kind), number or 0, day)
    if messages > 0:
        yield Sample(MODEL_MESSAGES, (feature, OTHER), messages, day)


def plan(target: TabnineTarget, options: Options) -> Sequence[Cost]:
    asked = (target.organization_id is None) + (options.agent_usage != "off") + 1
    return (Cost(GROUP, asked),)


STREAM = Stream(
    name="usage",
    shape=Shape.BUCKETS,
    summary="completions, chat and agent of an organization, by day",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=RETENTION,
    settled_after=SETTLED_AFTER,
    read=read,
    plan=plan,
)
