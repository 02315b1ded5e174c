"""Stream `billing_usage`: the bill by day, as GitHub's billing API tells it.

Every request names its year, month and day: without a day GitHub adds up months. An enterprise's
`usage` holds only what no cost center is charged for, so each cost center is asked for as well.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from decimal import Decimal
from math import ceil
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from exporter.client.client import Endpoint, Request
from exporter.client.errors import ForbiddenError, NotFoundError, PollError, SchemaError, State
from exporter.client.paging import BodyFlag
from exporter.config.base import word
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, Coverage, Sample, Window
from exporter.streams import common_metrics
from exporter.streams.payload import decode, drift
from exporter.streams.walk import walk
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.github.billing_api import (
    COST_CENTERS,
    Billing,
    Budget,
    BudgetPage,
    CostCenters,
    Summary,
    Usage,
)
from exporter.vendors.github.billing_day import day_of, day_start
from exporter.vendors.github.billing_metrics import (
    BUDGET,
    BUDGET_CONSUMED,
    BUDGET_LICENSES,
    BUDGETS,
    COUNTERS,
    DISCOUNT,
    GROSS,
    METRICS,
    MONTH_NET,
    NET,
    QUANTITY,
)
from exporter.vendors.github.money import ZERO, NotAnAmountError, add, exact
from exporter.vendors.github.vendor import GROUP, GithubTarget

NO_COST_CENTER = "none"
WHOLE = "all"
COPILOT = "copilot"
_SEPARATOR = "\x1f"

_DECODED_IN_THREAD = 256 * 1024


class Options(StreamOptions):
    """Options of `billing_usage`."""

    interval: Duration = Field(default=HOUR, ge=1)
    lookback: Duration = Field(default=7 * DAY, ge=0)
    cost_centers: Annotated[Literal["auto", "off"] | tuple[str, ...], BeforeValidator(word)] = (
        "auto"
    )
    """Of an enterprise. auto: all, a request a day each; or ids; off: the summary, without organizations."""
    expected_cost_centers: int = Field(default=10, ge=0)
    """How many the plan of `check` takes for auto; all are read."""
    budgets: bool = True
    """Whether budgets are read."""
    budget_details: bool = False
    """Ask for each budget on its own, for what is consumed of it: a request each."""


class NoBillingError(PollError):
    """The account has no bill of its own (404)."""

    state = State.NOT_FOUND


class _Line(NamedTuple):
    """A line of a bill, whichever endpoint told it."""

    day: int
    product: str
    sku: str
    organization: str
    unit: str
    amounts: Sequence[Decimal]
    """Gross, discount, net, quantity."""


class _Read:
    """One read of the stream: the month, the budgets, then day by day."""

    def __init__(self, poll: Poll[GithubTarget, Options]) -> None:
        self._poll = poll
        self._options = poll.options
        self._billing = Billing.of(poll.target)
        self._reading = Reading()

    async def run(self) -> Reading:
        await self._month()
        if self._options.budgets:
            await self._budgets()
        if not self._poll.target.enterprise:
            await self._days(WHOLE, self._poll.window)
        elif self._options.cost_centers == "off":
            await self._summaries(self._poll.window)
        else:
            parts = await self._cost_centers()
            await walk(self._poll, self._reading, {NO_COST_CENTER, *parts}, self._days)
            # What was counted while the summary was read is told by the cost centers.
            self._cover(WHOLE, self._poll.window)
        return self._reading

    async def _month(self) -> None:
        """Month to date, from the endpoint that always tells of all cost centers."""
        today = day_of(int(self._poll.now))
        found = await self._get(
            self._billing.summary, Summary, {"year": today.year, "month": today.month}
        )
        products: defaultdict[str, Decimal] = defaultdict(Decimal)
        for item in found.usage_items:
            products[item.product] += self._exact(self._billing.summary, [item.net_amount])[0]
        self._reading.complete = (MONTH_NET,)
        self._reading.records += len(found.usage_items)
        for product, net in products.items():
            self._reading.samples.append(Sample(MONTH_NET, (product,), net))

    async def _budgets(self) -> None:
        """The budgets, which a credential may be refused that may read the bill."""
        try:
            budgets = await self._list_budgets()
        except (ForbiddenError, NotFoundError) as error:
            self._reading.problem = error
            return
        self._reading.complete += BUDGETS
        self._reading.records += len(budgets)
        for budget in budgets:
            labels = (budget.budget_scope, budget.name)
            limit = BUDGET_LICENSES if budget.by_license else BUDGET
            self._gauge(limit, labels, budget.budget_amount)
            if budget.consumed_amount is not None and not budget.by_license:
                self._gauge(BUDGET_CONSUMED, labels, budget.consumed_amount)

    def _gauge(self, metric: Any, labels: tuple[str, str], value: Decimal) -> None:
        [amount] = self._exact(self._billing.budgets, [value])
        self._reading.samples.append(Sample(metric, labels, amount))

    async def _list_budgets(self) -> list[Budget]:
        endpoint, budgets = self._billing.budgets, dict[str, Budget]()

        def decoded(body: bytes) -> tuple[BudgetPage, int]:
            page = decode(body, BudgetPage, endpoint.path)
            self._reading.drift.update(drift(body, BudgetPage))
            return page, len(page.budgets)

        # An empty page that promises more would be asked for again and again.
        paging: BodyFlag[BudgetPage] = BodyFlag(
            lambda page: page.has_next_page and bool(page.budgets)
        )
        request = Request(endpoint, self._billing.path)
        async with aclosing(self._poll.client.pages(request, paging, decoded)) as pages:
            async for page in pages:
                budgets.update((budget.id, budget) for budget in page.budgets)
        if not self._options.budget_details:
            return list(budgets.values())
        return [await self._detailed(budget) for budget in budgets.values()]

    async def _detailed(self, budget: Budget) -> Budget:
        path = {**self._billing.path, "budget_id": budget.id}
        try:
            answer = await self._poll.client.get(Request(self._billing.budget, path))
        except NotFoundError:
            return budget  # removed after the list was read
        self._reading.drift.update(drift(answer.body, Budget))
        return decode(answer.body, Budget, self._billing.budget.path)

    async def _cost_centers(self) -> Iterable[str]:
        chosen = self._options.cost_centers
        if isinstance(chosen, tuple):
            return chosen
        # Without a state the list has the deleted ones too, and their usage is on the bill.
        found = await self._get(COST_CENTERS, CostCenters, {})
        return [cost_center.id for cost_center in found.cost_centers]

    async def _days(self, part: str, window: Window) -> None:
        """The days of the bill, or of what is charged to one cost center."""
        endpoint = self._billing.usage
        narrowed = {} if part in (WHOLE, NO_COST_CENTER) else {"cost_center_id": part}
        for day in window.buckets(DAY):
            found = await self._get(endpoint, Usage, {**_date(day.start), **narrowed})
            lines = [
                _Line(
                    self._day(endpoint, item.date),
                    item.product,
                    item.sku,
                    item.organization_name or "",
                    item.unit_type or "",
                    (item.gross_amount, item.discount_amount, item.net_amount, item.quantity),
                )
                for item in found.usage_items
            ]
            mine = [line for line in lines if line.day == day.start]
            if lines and not mine:
                raise SchemaError(
                    f"{endpoint.path}: asked for {day_of(day.start)}, GitHub told of other days only"
                )
            self._count(endpoint, part, day, mine)
        self._cover(part, window)

    async def _summaries(self, window: Window) -> None:
        endpoint = self._billing.summary
        for day in window.buckets(DAY):
            found = await self._get(endpoint, Summary, _date(day.start))
            lines = [
                _Line(
                    day.start,
                    item.product,
                    item.sku,
                    "",
                    item.unit_type or "",
                    (item.gross_amount, item.discount_amount, item.net_amount, item.gross_quantity),
                )
                for item in found.usage_items
            ]
            self._count(endpoint, WHOLE, day, lines)
        self._cover("", window)

    def _count(self, endpoint: Endpoint, part: str, day: Window, lines: list[_Line]) -> None:
        """Add up the lines, none of which is taken for a repetition of another."""
        reading, identity = self._reading, f"{part}:"
        sums: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [ZERO] * 4)
        cost = ZERO
        for line in lines:
            amounts = self._exact(endpoint, line.amounts)
            add(sums[line.product, line.sku, line.organization, line.unit], amounts)
            if line.product.casefold() == COPILOT:
                cost += amounts[2]
        for (*labels, unit), (gross, discount, net, quantity) in sums.items():
            series = tuple(labels)
            own = identity + _SEPARATOR.join(series)
            reading.samples += (
                Sample(GROSS, series, gross, day.start, own),
                Sample(DISCOUNT, series, discount, day.start, own),
                Sample(NET, series, net, day.start, own),
                Sample(QUANTITY, (*series, unit), quantity, day.start, own + _SEPARATOR + unit),
            )
        if lines:
            reading.samples.append(Sample(common_metrics.COST, (), cost, day.start, identity))
            reading.data_until = max(reading.data_until or 0, day.end)
        reading.records += len(lines)

    def _cover(self, part: str, window: Window) -> None:
        self._reading.coverage.append(Coverage(COUNTERS, window, f"{part}:" if part else ""))

    async def _get(self, endpoint: Endpoint, kind: type[Any], query: dict[str, Any]) -> Any:
        try:
            answer = await self._poll.client.get(Request(endpoint, self._billing.path, query))
        except NotFoundError as error:
            raise NoBillingError(
                f"{error}; an organization that is billed through its enterprise has no bill of its "
                "own: give enterprise. The account must be on the enhanced billing platform"
            ) from error
        if len(answer.body) > _DECODED_IN_THREAD:
            decoded = await asyncio.to_thread(decode, answer.body, kind, endpoint.path)
        else:
            decoded = decode(answer.body, kind, endpoint.path)
        self._reading.drift.update(drift(answer.body, kind))
        return decoded

    def _exact(self, endpoint: Endpoint, amounts: Sequence[Decimal]) -> list[Decimal]:
        try:
            return [exact(amount) for amount in amounts]
        except NotAnAmountError as error:
            raise SchemaError(f"{endpoint.path}: an amount is {error}") from error

    def _day(self, endpoint: Endpoint, text: str) -> int:
        try:
            return day_start(text)
        except ValueError as error:
            raise SchemaError(f"{endpoint.path}: $.usageItems[...].date is no date") from error


def _date(start: int) -> dict[str, int]:
    day = day_of(start)
    return {"year": day.year, "month": day.month, "day": day.day}


async def read(poll: Poll[GithubTarget, Options]) -> Reading:
    return await _Read(poll).run()


def plan(target: GithubTarget, options: Options) -> Sequence[Cost]:
    """A request a day of the lookback and today; of an enterprise one more for each cost center."""
    days = ceil(options.lookback / DAY) + 1
    parts, lists = 1, 1 + options.budgets
    if target.enterprise and options.cost_centers == "auto":
        parts, lists = 1 + options.expected_cost_centers, lists + 1
    elif target.enterprise and options.cost_centers != "off":
        parts = 1 + len(options.cost_centers)
    return (Cost(GROUP, days * parts + lists),)


STREAM = Stream(
    name="billing_usage",
    shape=Shape.BUCKETS,
    summary="the bill by day, product and organization, month to date, budgets",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=365 * DAY,
    settled_after=5 * DAY,
    read=read,
    plan=plan,
    by_default=False,
)
