"""Stream `ai_credits`: AI credits and premium requests by model, without an export and without an enterprise.

GitHub names no day and nobody in its answers, so each is asked for: a UTC day, and of an enterprise an organization
or a cost center. A day is counted when all of it was read, so that the sums are right whatever they are told by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple, TypeAlias

from exporter.model import Number
from exporter.streams import kit
from exporter.vendors.github.ai_credits.metrics import CREDIT_SKUS, METRICS, PREMIUM_SKUS
from exporter.vendors.github.ai_credits.options import Options, told_by_model_only
from exporter.vendors.github.billing.api import CostCenters, ModelItem, ModelUsage, ask, of_day
from exporter.vendors.github.billing.by_model import (
    AI_CREDITS,
    CREDIT,
    CREDITS,
    PREMIUM,
    PREMIUM_REQUESTS,
    REQUEST,
    series_of,
    unit_of,
)
from exporter.vendors.github.billing.refusals import BILLED_ELSEWHERE, explain
from exporter.vendors.github.rights import BILL_READER, BILLING, COPILOT, REST, Right
from exporter.vendors.github.vendor import GROUP, GithubTarget

_CENTER = "cost_center_id"
NO_COST_CENTER = "none"
"""What GitHub takes for a cost center where use is charged to none."""

_Source: TypeAlias = kit.Source[GithubTarget, Options]


@dataclass(frozen=True, slots=True)
class Use:
    """Something that models use: where it is told, in which unit, and what it counts."""

    path: str
    unit: str
    by_model: kit.Group
    by_sku: kit.Group

    @property
    def counters(self) -> tuple[kit.Metric, ...]:
        return self.by_model.metrics + self.by_sku.metrics


class Place(NamedTuple):
    """A part of an account, or all of it: the query that narrows to it, and its organization and cost center.

    Where nobody has `named` it, GitHub may have forgotten it.
    """

    query: Mapping[str, str]
    labels: tuple[str, str]
    named: bool = False


AI = Use("ai_credit/usage", CREDIT, CREDITS, CREDIT_SKUS)
REQUESTS = Use("premium_request/usage", REQUEST, PREMIUM, PREMIUM_SKUS)


async def read(source: _Source) -> kit.Batches:
    """Day by day; premium requests, which GitHub may end, do not cost the credits."""
    due = kit.DueDays(source, recent=source.options.recent)
    places: Sequence[Place] = ()
    has_requests = True
    for day in due:
        places = places or await _places(source)
        found, covers = await _used(source, AI, day, places), [kit.Coverage(AI.counters, day)]
        if has_requests:
            requests: list[kit.Sample] = []
            async with source.optional("the premium requests") as part:
                requests = await _used(source, REQUESTS, day, places)
            has_requests = part.error is None
            if has_requests:
                found += requests
                covers.append(kit.Coverage(REQUESTS.counters, day))
        source.has_days(sample.bucket for sample in found if sample.bucket is not None)
        partition = kit.iso_day(day.start)
        yield kit.Batch(found, covers, partition=partition, memory=due.noted(day))


async def _places(source: _Source) -> Sequence[Place]:
    """What is asked for each day: the account, with the labels of what its parts leave of it, and the parts."""
    options = source.options
    if options.by == "organization":
        parts = [
            Place({"organization": login}, (login, ""), named=True)
            for login in dict.fromkeys(options.organizations)
        ]
        return [Place({}, (kit.OTHER, "")), *parts]
    if options.by == "cost_center":
        centers = await _cost_centers(source)
        return [Place({}, ("", kit.OTHER)), Place({_CENTER: NO_COST_CENTER}, ("", "")), *centers]
    return [Place({}, (source.target.org or "", ""))]


async def _cost_centers(source: _Source) -> list[Place]:
    """Deleted ones too: they have been charged for some of the days."""
    found = (await source.get(ask(source.target, "cost-centers"), CostCenters)).cost_centers
    names = {each.id: each.name or each.id for each in found}
    chosen = source.options.cost_centers
    if chosen == "auto":
        return [Place({_CENTER: each}, ("", name)) for each, name in names.items()]
    return [
        Place({_CENTER: each}, ("", names.get(each, each)), named=True)
        for each in dict.fromkeys(chosen)
    ]


async def _used(
    source: _Source, use: Use, day: kit.Window, places: Sequence[Place]
) -> list[kit.Sample]:
    """What was used on a day in all places; it adds up to what the whole account used."""
    account, *parts = places
    tally = kit.Tally()
    for line in await _of_account(source, use, day, account):
        _add(tally, use, day, account, line, (line.quantity, line.net_amount))
    for part in parts:
        for line in await _of_part(source, use, day, part):
            _add(tally, use, day, part, line, (line.quantity, line.net_amount))
            _add(tally, use, day, account, line, (-line.quantity, -line.net_amount))
    if not parts:
        return list(tally.samples())
    return [s for s in tally.samples() if s.value or kit.OTHER not in s.labels]


def _add(
    tally: kit.Tally,
    use: Use,
    day: kit.Window,
    place: Place,
    line: ModelItem,
    values: Sequence[Number],
) -> None:
    tally.add(use.by_model, series_of(line.model or "", place.labels), day.start, values)
    tally.add(use.by_sku, (line.product, line.sku, *place.labels), day.start, values)


async def _of_account(
    source: _Source, use: Use, day: kit.Window, account: Place
) -> list[ModelItem]:
    found = await _lines(source, use, day, account)
    kept = [line for line in found if _is_in(use.unit, line)]
    source.records += len(kept)
    for _ in range(len(found) - len(kept)):
        source.leave_out("unitType")
    return kept


async def _of_part(source: _Source, use: Use, day: kit.Window, part: Place) -> list[ModelItem]:
    """Of one that is not there nothing is known: what it used is left of the account."""
    found: list[ModelItem] = []
    try:
        found = await _lines(source, use, day, part)
    except kit.NotFoundError as error:
        if part.named:
            [(kind, name)] = part.query.items()
            source.fail(f"{kind} {name}", error, "what it uses is counted as other")
    return [line for line in found if _is_in(use.unit, line)]


async def _lines(source: _Source, use: Use, day: kit.Window, place: Place) -> list[ModelItem]:
    request = ask(source.target, use.path, {**of_day(day), **place.query})
    return (await source.get(request, ModelUsage)).usage_items


def _is_in(unit: str, line: ModelItem) -> bool:
    """Whether a line is in the unit of its counter, or does not say in which."""
    return unit_of(line.unit_type or "") in ("", unit)


def _places_planned(options: Options) -> int:
    if options.by == "organization":
        return 1 + len(set(options.organizations))
    if options.by == "model":
        return 1
    chosen = options.cost_centers
    return 2 + (options.expected_cost_centers if chosen == "auto" else len(set(chosen)))


def _requests(options: Options, days: float) -> kit.Cost:
    """Two a day and place, and the list of cost centers."""
    lists = 1 if options.by == "cost_center" else 0
    return kit.Cost(GROUP, lists + 2 * days * _places_planned(options))


def plan(_: GithubTarget, options: Options) -> Sequence[kit.Cost]:
    """The recent days at each poll, the older ones of the lookback once a day."""
    days = kit.days_a_poll(
        lookback=options.lookback, recent=options.recent, interval=options.interval
    )
    return (_requests(options, days),)


def first_read(_: GithubTarget, options: Options) -> Sequence[kit.Cost]:
    """Every day of the lookback, and today."""
    return (_requests(options, ceil(options.lookback / kit.DAY) + 1),)


_ADMINISTRATION = 'the organization permission "Administration" (read), as is customary'
_PLAN = f"{BILLING}, and {COPILOT}"
STREAM = kit.Stream(
    name="ai_credits",
    summary="AI credits and premium requests by model and SKU, also of an organization alone",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=plan,
    first_read=first_read,
    # Each day of the window is a request or more.
    silence=14 * kit.DAY,
    probe=kit.once(lambda source: ask(source.target, AI.path, of_day(source.window)), ModelUsage),
    right={
        "org": Right(
            document="https://docs.github.com/rest/billing/usage"
            "#get-billing-ai-credit-usage-report-for-an-organization",
            who="an owner",
            fine_grained=_ADMINISTRATION,
            app=_ADMINISTRATION,
            plan=_PLAN,
            unused=BILLED_ELSEWHERE,
        ),
        "enterprise": Right(
            document=f"{REST}/billing/usage#get-billing-ai-credit-usage-report-for-an-enterprise",
            who=BILL_READER,
            app='the enterprise permission "Enterprise billing" (read), which not all can grant yet '
            "and of which GitHub says in another place that it is not enough: if so, use a classic token",
            plan=_PLAN,
        ),
    },
    by_default=False,
    inapplicable=told_by_model_only,
    explain=explain,
    label_sizes=lambda _, __: {"selection": 2},
    counts=lambda _: dict.fromkeys((AI_CREDITS, PREMIUM_REQUESTS), "ai_credits: {enabled: false}"),
)
