"""How the fake vendors cut an answer out of a fixture: windows, pages, formats."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from tests.streams.harness import Asked, answer, unix

Rows = list[dict[str, Any]]


def cursor_page(body: Any, asked: Asked) -> httpx.Response:
    """A JSON page of the rows whose `createdAt` is in the window."""
    rows = _in_dates(body["items"], asked)
    size = min(int(asked.query["pageSize"]), asked.most)
    page = int(asked.query["page"])
    return answer(
        {
            "items": rows[(page - 1) * size : page * size],
            "totalCount": len(rows),
            "page": page,
            "pageSize": size,
        }
    )


def cursor_csv(columns: Sequence[str]) -> Callable[[Any, Asked], httpx.Response]:
    """The CSV of the same rows, with these columns."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(columns)
        for row in _in_dates(body["items"], asked):
            writer.writerow([_cell(row, column) for column in columns])
        return csv_answer(text.getvalue())

    return view


def csv_answer(text: str) -> httpx.Response:
    """A CSV answer."""
    return httpx.Response(
        200, content=text.encode(), headers={"content-type": "text/csv; charset=utf-8"}
    )


def insights_time(body: Any, asked: Asked) -> httpx.Response:
    """The five-minute buckets of the window, of the organization or of one actor or user."""
    rows = body if isinstance(body, list) else body.get(asked.tail, [])
    return answer(_in_instants(rows, asked, "timestamp"))


def insights_list(body: Any, asked: Asked) -> httpx.Response:
    """The rows last seen in the window, in pages chained by Link headers."""
    rows = body if isinstance(body, list) else body.get(asked.tail, [])
    return linked_page(_in_instants(rows, asked, "last_request_timestamp"), asked)


def insights_summary(body: Any, asked: Asked) -> httpx.Response:
    """The totals as they stand in the fixture."""
    return answer(body)


def linked_page(rows: Rows, asked: Asked, envelope: Callable[[Rows], Any] = list) -> httpx.Response:
    """A page of rows as GitHub gives them: the Link header leads to the next one."""
    size = min(int(asked.query.get("per_page", "30")), asked.most)
    page = int(asked.query.get("page", "1"))
    shown = envelope(rows[(page - 1) * size : page * size])
    if page * size >= len(rows):
        return answer(shown)
    following = asked.url.copy_set_param("page", str(page + 1))
    return answer(shown, link=f'<{following}>; rel="next"')


def plain(body: Any, _: Asked) -> httpx.Response:
    """The fixture as it stands."""
    return answer(body)


def tabnine_usage(body: Any, asked: Asked) -> httpx.Response:
    """The daily buckets in the range, of the team or user asked for where the body has many.

    A body with a `status` is an answer as it stands.
    """
    if "status" in body:
        return httpx.Response(body["status"], json=body["body"])
    one = asked.query.get("teamId") or asked.query.get("userId")
    if one is not None and "usage" not in body:
        if one not in body:
            return httpx.Response(404, json={"message": "Not Found", "status": 404})
        body = body[one]
    start, end = (unix(asked.query[limit]) for limit in ("from", "to"))
    rows = [row for row in body["usage"]["data"] if start <= unix(row["from"]) < end]
    body["usage"]["data"] = rows
    return answer({**body, "from": asked.query["from"], "to": asked.query["to"]})


def tabnine_list(body: Any, asked: Asked) -> httpx.Response:
    """A page by limit and offset, of the team in the path where the body has many.

    A list that has its own `meta`, or no envelope, is an answer as it stands.
    """
    if isinstance(body, list) or "meta" in body:
        return answer(body)
    if "data" not in body:
        body = body[asked.tail.removesuffix("/users")]
    offset, size = int(asked.query["offset"]), min(int(asked.query["limit"]), asked.most)
    rows = body["data"][offset : offset + size]
    meta: dict[str, Any] = {"count": len(rows), "total": len(body["data"])}
    if offset + len(rows) < len(body["data"]):
        meta["next"] = {"limit": size, "offset": offset + len(rows)}
    return answer({"data": rows, "meta": meta})


def _in_dates(rows: Rows, asked: Asked) -> Rows:
    start, end = (_instant(asked.query[name]) for name in ("startDate", "endDate"))
    return [row for row in rows if start <= unix(row["createdAt"]) < end]


def _in_instants(rows: Rows, asked: Asked, name: str) -> Rows:
    start, end = (unix(asked.query[limit]) for limit in ("min_timestamp", "max_timestamp"))
    return [row for row in rows if start <= unix(row[name]) < end]


def _instant(text: str) -> float:
    return unix(text if "T" in text else f"{text}T00:00:00Z")


def _cell(row: dict[str, Any], column: str) -> str:
    name = "metadata" if column == "metadata_json" else _camel(column)
    value = row.get(name)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value)
    return "" if value is None else str(value)


def _camel(column: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), column)
