"""GitHub's billing API: the bill by day, summaries, use by model, budgets and cost centers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from exporter.model import DAY
from exporter.simulator.github.rest import Answer, GitHubError, GitHubRest
from exporter.simulator.world.billing import (
    AI_CREDIT,
    COST_CENTERS,
    PREMIUM_REQUEST,
    UsageItem,
    date_of,
)
from exporter.simulator.world.budgets import Budget, consumed
from exporter.simulator.world.world import World

DEFAULT_PAGE_SIZE = 10
LARGEST_PAGE_SIZE = 100
WITHOUT_COST_CENTER = "none"

_ENTERPRISE = "/enterprises/{enterprise}/settings/billing"
_ORGANIZATION = "/organizations/{org}/settings/billing"


class _Period(NamedTuple):
    start: int
    end: int
    fields: dict[str, int]


class BillingApi:
    """The bill of the enterprise, of its first organization, and of one that is in no enterprise.

    Others are billed through the enterprise.
    """

    def __init__(self, world: World, rest: GitHubRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        endpoint = self._rest.endpoint
        return [
            *(
                Route(f"{root}{path}", endpoint(handler))
                for root in (_ENTERPRISE, _ORGANIZATION)
                for path, handler in (
                    ("/usage", self._usage),
                    ("/usage/summary", self._summary),
                    ("/premium_request/usage", self._premium_requests),
                    ("/ai_credit/usage", self._ai_credits),
                    ("/budgets", self._budgets),
                    ("/budgets/{budget_id}", self._budget),
                )
            ),
            Route(f"{_ENTERPRISE}/cost-centers", endpoint(self._cost_centers)),
        ]

    def _usage(self, request: Request) -> Answer:
        """By day; without month and day GitHub adds up months and dates them on the first."""
        period = self._period(request, default_month=False)
        items = self._items(request, period)
        if "enterprise" in request.path_params:
            chosen = request.query_params.get("cost_center_id", WITHOUT_COST_CENTER)
            items = _charged_to(items, chosen)
        by_month = "month" not in period.fields
        sums: defaultdict[tuple[Any, ...], list[Decimal]] = defaultdict(_zeros)
        for item in items:
            on = date_of(item.day)
            day = (on.replace(day=1) if by_month else on).isoformat()
            _add(sums[day, item.sku, item.organization, item.repository], item)
        rows = []
        for (day, sku, organization, repository), (quantity, gross, discount) in sums.items():
            row = {
                "date": day,
                "product": sku.product,
                "sku": sku.name,
                "quantity": quantity,
                "unitType": sku.unit,
                "pricePerUnit": sku.price,
                "grossAmount": gross,
                "discountAmount": discount,
                "netAmount": gross - discount,
                "organizationName": organization,
            }
            rows.append({**row, "repositoryName": repository} if repository else row)
        return Answer({"usageItems": rows})

    def _summary(self, request: Request) -> Answer:
        period = self._period(request)
        items = self._narrowed(request, self._items(request, period))
        return self._totals(request, period, items, by_model=False)

    def _premium_requests(self, request: Request) -> Answer:
        return self._of_models(request, PREMIUM_REQUEST)

    def _ai_credits(self, request: Request) -> Answer:
        return self._of_models(request, AI_CREDIT)

    def _of_models(self, request: Request, sku: str) -> Answer:
        period, query = self._period(request), request.query_params
        items = (
            item
            for item in self._narrowed(request, self._items(request, period))
            if item.sku.name == sku
            and query.get("model", item.model).lower() == item.model.lower()
            and query.get("user", item.username).lower() == item.username.lower()
        )
        return self._totals(request, period, items, by_model=True)

    def _totals(
        self, request: Request, period: _Period, items: Iterable[UsageItem], *, by_model: bool
    ) -> Answer:
        sums: defaultdict[tuple[Any, str], list[Decimal]] = defaultdict(_zeros)
        for item in items:
            _add(sums[item.sku, item.model if by_model else ""], item)
        rows = []
        for (sku, model), (quantity, gross, discount) in sums.items():
            included = discount / sku.price
            rows.append(
                {
                    "product": sku.product,
                    "sku": sku.name,
                    **({"model": model} if by_model else {}),
                    "unitType": sku.unit,
                    "pricePerUnit": sku.price,
                    "grossQuantity": quantity,
                    "grossAmount": gross,
                    "discountQuantity": included,
                    "discountAmount": discount,
                    "netQuantity": quantity - included,
                    "netAmount": gross - discount,
                }
            )
        account = self._account(request)
        return Answer({"timePeriod": period.fields, account[0]: account[1], "usageItems": rows})

    def _budgets(self, request: Request) -> Answer:
        self._account(request)
        scope = request.query_params.get("scope")
        rows = [
            self._budget_json(budget, detailed=budget.scope == "user")
            for budget in self._world.budgets
            if scope in (None, budget.scope)
        ]
        page = max(1, _number(request, "page", 1))
        size = min(LARGEST_PAGE_SIZE, max(1, _number(request, "per_page", DEFAULT_PAGE_SIZE)))
        return Answer(
            {
                "budgets": rows[(page - 1) * size : page * size],
                "has_next_page": page * size < len(rows),
                "total_count": len(rows),
            }
        )

    def _budget(self, request: Request) -> Answer:
        self._account(request)
        for budget in self._world.budgets:
            if _budget_id(budget) == request.path_params["budget_id"]:
                return Answer(self._budget_json(budget, detailed=True))
        raise GitHubError(404, "Not Found")

    def _budget_json(self, budget: Budget, *, detailed: bool) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": _budget_id(budget),
            "budget_type": "SkuPricing" if "_" in budget.covers else "ProductPricing",
            "budget_product_skus": [budget.covers],
            "budget_scope": budget.scope,
            "budget_amount": budget.amount,
            "prevent_further_usage": budget.scope == "user",
            "budget_alerting": {"will_alert": False, "alert_recipients": []},
        }
        if budget.scope != "enterprise":
            row["user" if budget.scope == "user" else "budget_entity_name"] = budget.entity
        if detailed:
            now = self._world.clock.time()
            row["consumed_amount"] = consumed(budget, self._world.billing, now)
        return row

    def _cost_centers(self, request: Request) -> Answer:
        self._account(request)
        state = request.query_params.get("state")
        return Answer(
            {
                "costCenters": [
                    {"id": one.id, "name": one.name, "state": one.state, "resources": []}
                    for one in COST_CENTERS
                    if state in (None, one.state)
                ]
            }
        )

    def _items(self, request: Request, period: _Period) -> Iterator[UsageItem]:
        kind, name = self._account(request)
        alone = name == self._world.lone_organization
        billing = self._world.lone_billing if alone else self._world.billing
        for item in billing.items(period.start, period.end, self._world.clock.time()):
            if kind == "enterprise" or item.organization == name:
                yield item

    def _narrowed(self, request: Request, items: Iterator[UsageItem]) -> Iterator[UsageItem]:
        query = request.query_params
        chosen = query.get("cost_center_id")
        for item in items if chosen is None else _charged_to(items, chosen):
            told = {
                "product": item.sku.product,
                "sku": item.sku.name,
                "organization": item.organization,
                "repository": item.repository,
            }
            if all(query.get(name, value).lower() == value.lower() for name, value in told.items()):
                yield item

    def _account(self, request: Request) -> tuple[str, str]:
        """Who is asked about; an organization that is billed through its enterprise has no bill."""
        path = request.path_params
        if path.get("enterprise") == self._world.enterprise:
            return "enterprise", self._world.enterprise
        if path.get("org") in (self._world.organization, self._world.lone_organization):
            return "organization", path["org"]
        raise GitHubError(404, "Not Found")

    def _period(self, request: Request, *, default_month: bool = True) -> _Period:
        today = date_of(int(self._world.clock.time()))
        query = request.query_params
        fields = {"year": _number(request, "year", today.year)}
        if default_month or "month" in query or "day" in query:
            fields["month"] = _number(request, "month", today.month)
        if "day" in query:
            fields["day"] = _number(request, "day", today.day)
        try:
            first = datetime(
                fields["year"], fields.get("month", 1), fields.get("day", 1), tzinfo=UTC
            )
        except ValueError as error:
            raise GitHubError(400, "Bad Request") from error
        if "day" in fields:
            end = int(first.timestamp()) + DAY
        else:
            months = first.year * 12 + first.month - 1 + (1 if "month" in fields else 12)
            end = int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp())
        return _Period(int(first.timestamp()), end, fields)


def _charged_to(items: Iterator[UsageItem], chosen: str) -> Iterator[UsageItem]:
    for item in items:
        if (item.cost_center.id if item.cost_center else WITHOUT_COST_CENTER) == chosen:
            yield item


def _budget_id(budget: Budget) -> str:
    return f"2066deda-923f-43f9-88d2-{budget.number:012d}"


def _zeros() -> list[Decimal]:
    return [Decimal(0)] * 3


def _add(sums: list[Decimal], item: UsageItem) -> None:
    for index, value in enumerate((item.quantity, item.gross, item.discount)):
        sums[index] += value


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default
