"""Stream `usage`: completions, chat and agent of an organization, by UTC day."""

import logging
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.usage import agent, api, days
from exporter.vendors.tabnine.usage.metrics import USAGE
from exporter.vendors.tabnine.usage.records import Bucket, Model
from exporter.vendors.tabnine.vendor import TabnineTarget

_API = "Tabnine organization usage API v2, polled; by UTC day, today's still moves"
_log = logging.getLogger(__name__)

MODEL_MESSAGES = kit.Metric(
    "tabnine_model_messages_total",
    kit.MetricType.COUNTER,
    f"Messages to the chat and the agent by model, where the vendor tells them by day ({_API}).",
    ("feature", "model"),
    foldable_labels=("model",),
)
MODEL_TOKENS = kit.Metric(
    "tabnine_model_tokens_total",
    kit.MetricType.COUNTER,
    f"Tokens of the chat and the agent by model, where the vendor tells them by day ({_API}).",
    ("feature", "model", "token_kind"),
    foldable_labels=("model",),
)
MODELS = (MODEL_MESSAGES, MODEL_TOKENS)


class Options(api.UsageOptions):
    """Options of `usage`."""

    interval: kit.Duration = kit.Field(default=15 * kit.MINUTE, ge=1)
    agent_usage: Annotated[Literal["auto", "on", "off"], BeforeValidator(kit.word)] = "auto"
    """Tokens and cost of the agent: counted where the installation tells them, a problem where it
    does not, or not asked for."""


async def read(source: kit.Source[TabnineTarget, Options]) -> kit.Batches:
    """The agent comes first: when nothing answers, it is the usage that says why."""
    organization = await lists.organization_id(source)
    wanted = source.options.agent_usage
    found = None if wanted == "off" else await _agent(source, organization)
    usage = await days.ask(source, USAGE, "organization", organization)
    samples = [*usage.counted(), *usage.newest()]
    covers = [*usage.covers, kit.Coverage((agent.AVAILABLE,))]
    if source.records and wanted != "off":
        samples.append(kit.Sample(agent.AVAILABLE, (), int(found is not None)))
    by_model = [
        sample for day, bucket in usage.buckets.items() for sample in _by_model(bucket, day)
    ]
    if by_model and usage.missing_are_zero:
        covers.append(kit.Coverage(MODELS, source.window))
    if found is not None:
        samples += found.samples
        covers += found.covers
    yield kit.Batch([*samples, *by_model], covers)


async def _agent(source: kit.Source[TabnineTarget, Options], organization: str) -> kit.Batch | None:
    """What the agent consumed; None where the installation refuses to say.

    Then the rest keeps counting, and what was counted of the agent stays as it is. Without a license the
    vendor answers 403, and 500 has been seen.
    """
    try:
        return await agent.read(source, organization)
    except (kit.ForbiddenError, kit.NotFoundError, kit.UnavailableError) as error:
        _log.info("agent usage is not counted: reason=%r", str(error))
        if source.options.agent_usage == "on":
            source.problem = error
        return None


def _by_model(bucket: Bucket, day: int) -> Iterator[kit.Sample]:
    for feature, block in (("chat", bucket.chat), ("agent", bucket.agent)):
        if block is not None and block.models is not None:
            messages = block.messages if block.interactions is None else block.interactions
            yield from _models(feature, messages or 0, block.models, day)


def _models(feature: str, messages: int, models: Sequence[Model], day: int) -> Iterator[kit.Sample]:
    """The models of a feature, and as `other` the messages that they leave out."""
    for model in models:
        messages -= model.messages or 0
        yield kit.Sample(MODEL_MESSAGES, (feature, model.model), model.messages or 0, day)
        for kind, number in (("input", model.input_tokens), ("output", model.output_tokens)):
            yield kit.Sample(MODEL_TOKENS, (feature, model.model, kind), number or 0, day)
    if messages > 0:
        yield kit.Sample(MODEL_MESSAGES, (feature, kit.OTHER), messages, day)


STREAM = kit.Stream(
    name="usage",
    summary="completions, chat and agent of an organization, by day",
    metrics=(*USAGE.metrics, *MODELS, *agent.COUNTERS, agent.AVAILABLE),
    options=Options,
    read=read,
    plan=lambda target, options: lists.cost(
        lists.asks_id(target) + (options.agent_usage != "off") + 1
    ),
    probe=days.probe,
)
