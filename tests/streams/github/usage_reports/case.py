"""Exports of an enterprise's bill, which the fake vendor has made anew each time it lists them."""

import csv
import io
import itertools
from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Counted, Month, Place, Route, answer
from tests.streams.views import csv_answer

_REPORTS = "/enterprises/acme/settings/billing/reports"
_FILES = "/enterprises/acme/metered_exports"

_lists = itertools.count(1)


def exports(body: Any, asked: Asked) -> httpx.Response:
    """The list, on which all exports were made anew; or one of it."""
    found = [_linked(export) for export in body["usage_report_exports"]]
    if asked.tail:
        [one] = [
            export for export in found if _made_anew(export["id"], 0) == _made_anew(asked.tail, 0)
        ]
        return answer({**one, "id": asked.tail})
    number = next(_lists)
    return answer(
        {"usage_report_exports": [{**one, "id": _made_anew(one["id"], number)} for one in found]}
    )


def _made_anew(uuid: str, number: int) -> str:
    """The UUID of an export that was made again: its last twelve digits are other ones."""
    return f"{uuid[:-12]}{number:012}"


def file(body: Any, asked: Asked) -> httpx.Response:
    """The CSV of a type."""
    rows = body["rows"].get(asked.tail, [])
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["date"])
    writer.writeheader()
    writer.writerows(rows)
    return csv_answer(text.getvalue())


def _linked(export: dict[str, Any]) -> dict[str, Any]:
    if export["status"] != "completed":
        return export
    link = f"https://api.github.com{_FILES}/{export['report_type']}"
    return {**export, "download_urls": [link]}


CASE = Case(
    vendor="github",
    stream="usage_reports",
    now="2026-01-06T12:00:00Z",
    target={"enterprise": "acme"},
    options={"report_types": ["summarized", "ai_credit", "premium_request"]},
    routes=(
        Route(_REPORTS, "reports", exports, etag=False),
        Route(_FILES, "reports", file, etag=False),
    ),
    parts={"an export of type": _FILES},
    required=Place("reports", ("usage_report_exports", 0, "start_date")),
    counted=Counted(
        Place("reports", ("rows", "summarized", 0, "quantity")),
        "github_usage_report_quantity_total",
        {
            "product": "actions",
            "sku": "actions_linux",
            "organization": "org-a",
            "cost_center": "cc-1",
            "unit": "minutes",
        },
    ),
    empty={"reports": {"usage_report_exports": [], "rows": {}}},
    people=("octo-jane", "hubber-ali"),
    whole=False,
    month=Month({"lookback": "31d", "create": True}, left_out=("github_premium_request_",)),
    forms=({"create": True},),
)
