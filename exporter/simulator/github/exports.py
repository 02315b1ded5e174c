"""GitHub's usage report exports: created, waited for, downloaded from another host by a signed link."""

import csv
import hashlib
import hmac
import io
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY
from exporter.simulator.answers import format_seconds, parse_milliseconds
from exporter.simulator.github.rest import Answer, GitHubError, GitHubRest
from exporter.simulator.world.billing import AI_CREDIT, PREMIUM_REQUEST, UsageItem, date_of
from exporter.simulator.world.exports import LONGEST, BusyError, Export
from exporter.simulator.world.world import World

LINK_SECONDS = 300

_KEY = b"simulated storage account"
_OTHER_NAME = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}
_AMOUNTS = ("quantity", "unit_type", "applied_cost_per_quantity", "gross_amount")
_NET = ("discount_amount", "net_amount")
_SUMMARIZED = (
    *("date", "product", "sku", *_AMOUNTS, *_NET),
    *("organization", "repository", "cost_center_name"),
)
COLUMNS = {
    "summarized": _SUMMARIZED,
    "detailed": (*_SUMMARIZED[:-3], "username", *_SUMMARIZED[-3:-1], "workflow_path", "cost_center_name"),
    "premium_request": (
        *("date", "username", "product", "sku", "model", *_AMOUNTS, *_NET),
        *("exceeds_quota", "total_monthly_quota", "organization", "cost_center_name"),
    ),
    "ai_credit": (
        *("date", "username", "product", "sku", "model", *_AMOUNTS, *_NET),
        *("total_monthly_quota", "organization", "repository", "cost_center_name"),
        *("aic_quantity", "aic_gross_amount", "input", "output", "cache_read", "cache_write"),
    ),
}  # fmt: skip


class _Wanted(msgspec.Struct):
    report_type: str
    start_date: str
    end_date: str | None = None
    send_email: bool = False


class ExportsApi:
    """The export endpoints of the one enterprise, and the storage that its files lie in."""

    def __init__(self, world: World, rest: GitHubRest, wall: Callable[[], float]) -> None:
        self._world = world
        self._rest = rest
        self._wall = wall

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        root = "/enterprises/{enterprise}"
        reports = f"{root}/settings/billing/reports"
        return [
            Route(reports, self._rest.endpoint(self._list)),
            Route(reports, self._with_body(self._create), methods=["POST"]),
            Route(f"{reports}/{{report_id}}", self._rest.endpoint(self._get)),
            Route(f"{root}/metered_exports/{{number}}", self._rest.endpoint(self._link)),
            Route("/_storage/{number}.csv", self._file),
        ]

    def _with_body(
        self, handler: Callable[[Request], Answer]
    ) -> Callable[[Request], Awaitable[Response]]:
        guarded = self._rest.endpoint(handler)

        async def endpoint(request: Request) -> Response:
            request.state.body = await request.body()
            return await guarded(request)

        return endpoint

    def _list(self, request: Request) -> Answer:
        self._check(request)
        exports = self._world.exports.all(self._world.clock.time())
        return Answer({"usage_report_exports": [self._told(request, one) for one in exports]})

    def _get(self, request: Request) -> Answer:
        self._check(request)
        wanted = request.path_params["report_id"]
        for export in self._world.exports.all(self._world.clock.time()):
            if export.id == wanted:
                return Answer(self._told(request, export))
        raise GitHubError(404, "Not Found")

    def _create(self, request: Request) -> Answer:
        self._check(request)
        now = self._world.clock.time()
        try:
            wanted = msgspec.json.decode(request.state.body, type=_Wanted)
            longest = LONGEST[wanted.report_type]
            today = date_of(int(now)).isoformat()
            first, last = (
                parse_milliseconds(date.fromisoformat(text).isoformat()) // 1000
                for text in (wanted.start_date, wanted.end_date or today)
            )
        except (msgspec.DecodeError, KeyError, ValueError) as error:
            raise GitHubError(400, "Bad Request") from error
        if not first <= last or last - first >= longest * DAY:
            raise GitHubError(400, f"The date range must be between 1 and {longest} days.")
        try:
            export = self._world.exports.create(wanted.report_type, first, last, "monalisa", now)
        except BusyError as error:
            raise GitHubError(400, str(error)) from error
        return Answer(self._told(request, export), status=202)

    def _link(self, request: Request) -> Answer:
        """A redirect to a link that is its own credential, on another name of this host."""
        self._check(request)
        export = self._completed(request)
        url = request.url
        name = _OTHER_NAME.get(url.hostname or "", url.hostname or "")
        path = f"{_root(request)}/_storage/{export.number}.csv"
        expiry = int(self._wall()) + LINK_SECONDS
        place = url.replace(hostname=name, path=path, query="").include_query_params(
            se=expiry, sig=_signature(name, export.number, expiry)
        )
        return Answer({}, {"Location": str(place)}, status=302)

    async def _file(self, request: Request) -> Response:
        name, query = request.url.hostname or "", request.query_params
        expiry = int(query.get("se", "0")) if query.get("se", "0").isdigit() else 0
        number = request.path_params["number"]
        if not hmac.compare_digest(query.get("sig", ""), _signature(name, number, expiry)):
            return _denied(403, "Signature did not match")
        if self._wall() >= expiry:
            return _denied(403, "Signed expiry time has passed")
        if name in _OTHER_NAME and "authorization" in request.headers:
            return _denied(400, "A credential was sent to a foreign host")
        try:
            export = self._completed(request)
        except GitHubError:
            return _denied(404, "The specified blob does not exist")
        return Response(csv_of(export, self._world), media_type="text/csv")

    def _completed(self, request: Request) -> Export:
        now = self._world.clock.time()
        for export in self._world.exports.all(now):
            if str(export.number) == request.path_params["number"]:
                if export.status(now) == "completed":
                    return export
                break
        raise GitHubError(404, "Not Found")

    def _told(self, request: Request, export: Export) -> dict[str, Any]:
        status = export.status(self._world.clock.time())
        told: dict[str, Any] = {
            "id": export.id,
            "report_type": export.report_type,
            "start_date": date_of(export.first).isoformat(),
            "end_date": date_of(export.last).isoformat(),
            "status": status,
            "created_at": format_seconds(int(export.created)),
            "actor": export.actor,
        }
        if status == "completed":
            path = f"{_root(request)}/enterprises/{self._world.enterprise}/metered_exports"
            told["download_urls"] = [
                str(request.url.replace(path=f"{path}/{export.number}", query=""))
            ]
        return told

    def _check(self, request: Request) -> None:
        if request.path_params["enterprise"] != self._world.enterprise:
            raise GitHubError(404, "Not Found")


def csv_of(export: Export, world: World) -> str:
    """The file of an export: what was posted when it was created."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS[export.report_type], extrasaction="ignore")
    writer.writeheader()
    items = world.billing.items(export.first, export.last + DAY, export.created)
    writer.writerows(_rows(export.report_type, items))
    return text.getvalue()


def _rows(report_type: str, items: Iterator[UsageItem]) -> Iterator[dict[str, Any]]:
    if report_type == "summarized":
        yield from map(_row, _summed(items))
        return
    sku = {"ai_credit": AI_CREDIT, "premium_request": PREMIUM_REQUEST}.get(report_type)
    for number, item in enumerate(items):
        if sku is None or item.sku.name == sku:
            row = _row(item)
            if report_type == "premium_request":
                on = date_of(item.day)
                # As met in the wild: a file that a spreadsheet had touched.
                row["date"] = f"{on.month}/{on.day}/{on.year % 100}"
                row["exceeds_quota"] = ("False", "FALSE", "True", "TRUE")[number % 4]
            yield row


def _summed(items: Iterator[UsageItem]) -> Iterator[UsageItem]:
    sums: defaultdict[UsageItem, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for item in items:
        zero = Decimal(0)
        key = item._replace(
            posted=0, quantity=zero, discount=zero, username="", model="", tokens=None
        )
        sums[key][0] += item.quantity
        sums[key][1] += item.discount
    for key, (quantity, discount) in sums.items():
        yield key._replace(quantity=quantity, discount=discount)


def _row(item: UsageItem) -> dict[str, Any]:
    return {
        "date": date_of(item.day).isoformat(),
        "username": item.username,
        "product": item.sku.product,
        "sku": item.sku.name,
        "model": item.model,
        "quantity": item.quantity,
        "unit_type": item.sku.unit,
        "applied_cost_per_quantity": item.sku.price,
        "gross_amount": item.gross,
        "discount_amount": item.discount,
        "net_amount": item.net,
        "total_monthly_quota": 1900,
        "organization": item.organization,
        "repository": item.repository.rpartition("/")[2],
        "workflow_path": "",
        "cost_center_name": item.cost_center.name if item.cost_center else "",
        **(item.tokens._asdict() if item.tokens else {}),
    }


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _signature(host: str, number: object, expiry: int) -> str:
    return hmac.new(_KEY, f"{host}:{number}:{expiry}".encode(), hashlib.sha256).hexdigest()


def _denied(status: int, message: str) -> Response:
    body = f'<?xml version="1.0"?><Error><Message>{message}</Message></Error>'
    return Response(body, status, media_type="application/xml")
