"""Stream `billing_usage`: the bill by day, as GitHub's billing API tells it.

Every request names its year, month and day: without a day GitHub adds up months. An enterprise's
`usage` holds only what no cost center is charged for, so each cost center is asked for as well.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing, suppress
from decimal import Decimal
from itertools import chain
from math import ceil
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from exporter.streams import kit
from exporter.streams.money import ZERO
from exporter.vendors.github.billing.api import (
    Budget,
    BudgetPage,
    CostCenters,
    Summary,
    SummaryItem,
    Usage,
    UsageItem,
    ask,
    of_day,
)
from exporter.vendors.github.billing.day import day_start
from exporter.vendors.github.billing.metrics import (
    BUDGETS,
    COPILOT_COST,
    COUNTERS,
    DOLLARS,
    METRICS,
    MONTH_NET,
    UNITS,
)
from exporter.vendors.github.billing.refusals import explain
from exporter.vendors.github.rights import BILL_READER, BILLING, REST, Right
from exporter.vendors.github.vendor import GROUP, GithubTarget

NO_COST_CENTER = "none"
"""The partition of what no cost center is charged for."""
WHOLE = "all"
"""The partition of a bill that is not told by cost center."""
COPILOT = "copilot"
DELETED = "deleted"


class Options(kit.CountingOptions):
    """Options of `billing_usage`."""

    interval: kit.Duration = Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = Field(default=7 * kit.DAY, ge=0)
    cost_centers: Annotated[Literal["auto", "off"] | tuple[str, ...], BeforeValidator(kit.word)] = (
        "auto"
    )
    """Of an enterprise. auto: all, a request a day each; or ids; off: the summary, without organizations."""
    expected_cost_centers: int = Field(default=10, ge=0)
    """How many the plan of `check` takes for auto; all are read."""
    budgets: bool = True
    """Whether budgets are read."""
    budget_details: bool = False
    """Ask for each budget on its own, for what is consumed of it: a request each."""


_Source: TypeAlias = kit.Source[GithubTarget, Options]
_Lines: TypeAlias = Sequence[UsageItem] | Sequence[SummaryItem]


async def read(source: _Source) -> kit.Batches:
    """The bill first, so that polls that go on with a long one do not ask for the rest each time.

    Each other part may fail without costing the bill.
    """
    if source.target.enterprise and source.options.cost_centers != "off":
        # What was counted while the summary was read is told by the cost centers. It is taken back
        # first: where the labels are the same, the counters do not grow by it.
        yield kit.Batch((), [kit.Coverage(COUNTERS, source.window, WHOLE)])
        deleted = await _cost_centers(source)
        for partition in source.partitions({NO_COST_CENTER, *deleted}):
            if partition == NO_COST_CENTER:
                yield await _charged(source, partition)
                continue
            # Nobody can mend a deleted one of which GitHub tells no more.
            passed = (kit.NotFoundError,) if deleted[partition] else ()
            batch = None
            async with source.optional("a cost center") as part:
                with suppress(*passed):
                    batch = await _charged(source, partition)
            if isinstance(part.error, kit.UnauthorizedError):
                break  # the credential is refused, not the cost center
            if batch is not None:
                yield batch
    else:
        summary = source.target.enterprise is not None
        for day in source.days():
            samples = await (_summary if summary else _usage)(source, day, WHOLE)
            covered = kit.Coverage(COUNTERS, day, None if summary else WHOLE)
            yield kit.Batch(samples, [covered], partition=kit.iso_day(day.start))
    month: list[kit.Sample] = []
    async with source.optional("the month to date"):
        month = await _month(source)
    yield kit.Batch(month, [kit.Coverage((MONTH_NET,))])
    if source.options.budgets:
        budgets: list[kit.Sample] = []
        async with source.optional("the budgets"):
            budgets = await _budgets(source)
        yield kit.Batch(budgets, [kit.Coverage(BUDGETS.metrics)])


async def _cost_centers(source: _Source) -> dict[str, bool]:
    """The cost centers to ask for, and which of them are deleted; none where they are refused."""
    chosen = source.options.cost_centers
    if isinstance(chosen, tuple):
        return dict.fromkeys(chosen, False)
    async with source.optional("the list of cost centers"):
        # With `state=active` the bill would lack what deleted ones were charged for.
        found = await source.get(ask(source.target, "cost-centers"), CostCenters)
        return {each.id: each.state == DELETED for each in found.cost_centers}
    return {}


async def _charged(source: _Source, partition: str) -> kit.Batch:
    """The window of what is charged to one cost center, or to none."""
    days = [await _usage(source, day, partition) for day in source.window.buckets(kit.DAY)]
    covered = kit.Coverage(COUNTERS, source.window, partition)
    return kit.Batch(list(chain.from_iterable(days)), [covered], partition=partition)


async def _usage(source: _Source, day: kit.Window, partition: str) -> list[kit.Sample]:
    """A day of the bill, or of what is charged to one cost center."""
    narrowed = {} if partition in (WHOLE, NO_COST_CENTER) else {"cost_center_id": partition}
    request = ask(source.target, "usage", {**of_day(day), **narrowed})
    found = (await source.get(request, Usage)).usage_items
    lines = [item for item in found if day_start(item.date) == day.start]
    if found and not lines:
        asked = kit.iso_day(day.start)
        path = request.endpoint.path
        raise kit.SchemaError(f"{path}: asked for {asked}, GitHub told of other days only")
    return _counted(source, lines, day, partition)


async def _summary(source: _Source, day: kit.Window, partition: str) -> list[kit.Sample]:
    """A day of the bill with all cost centers, without organizations."""
    found = await source.get(ask(source.target, "usage/summary", of_day(day)), Summary)
    return _counted(source, found.usage_items, day, partition)


def _counted(source: _Source, lines: _Lines, day: kit.Window, partition: str) -> list[kit.Sample]:
    """The sums of the lines, none of which is taken for a repetition of another."""
    tally = kit.Tally()
    for line in lines:
        series = (line.product, line.sku, line.organization_name or "")
        tally.add(DOLLARS, series, day.start, line.dollars)
        tally.add(UNITS, (*series, line.unit_type or ""), day.start, (line.quantity,))
        cost = line.net_amount if line.product.casefold() == COPILOT else ZERO
        tally.add(COPILOT_COST, (), day.start, (cost,))
    source.records += len(lines)
    source.has_days((day.start,) if lines else ())
    return [
        sample._replace(partition=partition, key="\x1f".join(sample.labels))
        for sample in tally.samples()
    ]


async def _month(source: _Source) -> list[kit.Sample]:
    """Month to date, from the endpoint that always tells of all cost centers."""
    today = kit.date_of(source.now)
    request = ask(source.target, "usage/summary", {"year": today.year, "month": today.month})
    found = await source.get(request, Summary, records=lambda summary: len(summary.usage_items))
    products: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in found.usage_items:
        products[item.product] += item.net_amount
    return [kit.Sample(MONTH_NET, (product,), net) for product, net in products.items()]


async def _budgets(source: _Source) -> list[kit.Sample]:
    # An empty page that promises more would be asked for again and again.
    paging: kit.BodyFlag[BudgetPage] = kit.BodyFlag(
        more=lambda page: page.has_next_page and bool(page.budgets)
    )
    found: dict[str, Budget] = {}
    pages = source.pages(
        ask(source.target, "budgets"), paging, BudgetPage, lambda page: page.budgets, counted=False
    )
    async with aclosing(pages):
        async for page in pages:
            found.update((budget.id, budget) for budget in page.budgets)
    budgets = list(found.values())
    if source.options.budget_details:
        budgets = [await _detailed(source, budget) for budget in budgets]
    source.records += len(budgets)
    return [each for budget in budgets for each in BUDGETS.samples(budget, budget.labels)]


async def _detailed(source: _Source, budget: Budget) -> Budget:
    request = ask(source.target, "budgets/{budget_id}", budget_id=budget.id)
    try:
        return await source.get(request, Budget)
    except kit.NotFoundError:
        return budget  # removed after the list was read


def plan(target: GithubTarget, options: Options) -> Sequence[kit.Cost]:
    """A request a day of the lookback and today; of an enterprise one more for each cost center."""
    days = ceil(options.lookback / kit.DAY) + 1
    partitions, lists = 1, 1 + options.budgets
    if target.enterprise and options.cost_centers == "auto":
        partitions, lists = 1 + options.expected_cost_centers, lists + 1
    elif target.enterprise and options.cost_centers != "off":
        partitions = 1 + len(options.cost_centers)
    return (kit.Cost(GROUP, days * partitions + lists),)


_ADMINISTRATION = 'the organization permission "Administration" (read), as is customary'

STREAM = kit.Stream(
    name="billing_usage",
    summary="the bill by day, product and organization, month to date, budgets",
    metrics=METRICS,
    options=Options,
    read=read,
    # Each day of the window is a request or more.
    silence=14 * kit.DAY,
    plan=plan,
    probe=kit.once(lambda source: ask(source.target, "usage", of_day(source.window)), Usage),
    right={
        "org": Right(
            document="https://docs.github.com/rest/billing/usage"
            "#get-billing-usage-summary-for-an-organization",
            who="an owner",
            fine_grained=_ADMINISTRATION,
            app=_ADMINISTRATION,
            plan=f"{BILLING}; one billed through its enterprise has no bill of its own",
        ),
        "enterprise": Right(
            document=f"{REST}/billing/usage#get-billing-usage-summary-for-an-enterprise",
            who=BILL_READER,
            app='the enterprise permission "Enterprise billing" (read), which not all can grant yet',
            plan=BILLING,
        ),
    },
    by_default=False,
    explain=explain,
)
