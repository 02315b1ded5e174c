"""Stream `usage`: completions, chat and agent of an organization, by UTC day."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator

from exporter import log
from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.usage import agent, api, days
from exporter.vendors.tabnine.usage.metrics import ORGANIZATION
from exporter.vendors.tabnine.usage.records import Bucket, Model
from exporter.vendors.tabnine.vendor import TabnineTarget

_API = "Tabnine organization usage API v2, polled; by UTC day, today's still moves"
_log = log.logger(__name__)

MESSAGES = kit.Group.counters(
    {
        "tabnine_model_messages_total": (
            "Messages to the chat and the agent by model, where the vendor tells them by day"
        )
    },
    api=_API,
    labels=("feature", "model"),
    foldable_labels=("model",),
)
TOKENS = kit.Group.counters(
    {
        "tabnine_model_tokens_total": (
            "Tokens of the chat and the agent by model, where the vendor tells them by day"
        )
    },
    api=_API,
    labels=("feature", "model", "token_kind"),
    foldable_labels=("model",),
)
MODELS = (*MESSAGES.metrics, *TOKENS.metrics)


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
    usage = await days.ask(source, ORGANIZATION, "organization", organization)
    by_model = kit.Tally()
    for day, bucket in usage.buckets:
        _count_models(bucket, day, by_model)
    samples = [*usage.counted(), *usage.newest(), *by_model.samples()]
    covers = [*usage.covers, kit.Coverage((agent.AVAILABLE,))]
    if source.records and wanted != "off":
        samples.append(kit.Sample(agent.AVAILABLE, (), int(found is not None)))
    if by_model and usage.missing_are_zero:
        covers.append(kit.Coverage(MODELS, source.window))
    if found is not None:
        samples += found.samples
        covers += found.covers
    yield kit.Batch(samples, covers)


async def _agent(source: kit.Source[TabnineTarget, Options], organization: str) -> kit.Batch | None:
    """What the agent consumed; None where the installation refuses to say.

    Then the rest keeps counting, and what was counted of the agent stays as it is. Without a license the
    vendor answers 403, and 500 has been seen.
    """
    found = None
    async with source.optional("agent usage") as part:
        try:
            found = await agent.read(source, organization)
        except (kit.ForbiddenError, kit.NotFoundError, kit.UnavailableError) as error:
            _log.debug("agent usage is not counted", reason=str(error))
            if source.options.agent_usage == "on":
                raise
    return found if part.error is None else None


def _count_models(bucket: Bucket, day: int, tally: kit.Tally) -> None:
    for feature, block in (("chat", bucket.chat), ("agent", bucket.agent)):
        if block is not None and block.models is not None:
            messages = block.messages if block.interactions is None else block.interactions
            _count(feature, messages or 0, block.models, day, tally)


def _count(
    feature: str, messages: int, models: Sequence[Model], day: int, tally: kit.Tally
) -> None:
    """The models of a feature, and as `other` the messages that they leave out."""
    by_model = [((feature, model.model), (model.messages or 0,)) for model in models]
    tally.parts(MESSAGES, by_model, (messages,), day, rest=(feature, kit.OTHER))
    for model in models:
        for kind, number in (("input", model.input_tokens), ("output", model.output_tokens)):
            tally.add(TOKENS, (feature, model.model, kind), day, (number or 0,))


STREAM = kit.Stream(
    name="usage",
    summary="completions, chat and agent of an organization, by day",
    metrics=(*ORGANIZATION.metrics, *MODELS, *agent.COUNTERS, agent.AVAILABLE),
    options=Options,
    read=read,
    plan=lambda target, options: lists.cost(
        lists.asks_id(target) + (options.agent_usage != "off") + 1
    ),
    probe=days.probe,
)
