"""Cursor's accepted changes: rows a second of the whole stream beside a plain loop over the same bodies."""

import asyncio
import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from random import Random
from typing import Any

import httpx

from bench.run import TIMES, Row, cpu_seconds
from exporter.client.client import Client, ClientSettings
from exporter.clock import SystemClock
from exporter.model import DAY, Window
from exporter.streams.source import Source
from exporter.telemetry.status import TargetStatus
from exporter.vendors import cursor
from exporter.vendors.cursor.changes import STREAM

ROWS = 50_000
PAGE = 1_000
TODAY = 1_767_657_600
"""2026-01-06T00:00:00Z: the changes are of the day before."""
COLUMNS = {
    "change_id": "changeId",
    "user_id": "userId",
    "user_email": "userEmail",
    "source": "source",
    "model": "model",
    "total_lines_added": "totalLinesAdded",
    "total_lines_deleted": "totalLinesDeleted",
    "created_at": "createdAt",
    "metadata_json": "metadata",
}
"""The columns of the CSV, and the fields of the JSON that they have the values of."""
_MODELS = ("gpt-5-mini", "claude-sonnet-4.6", None)
_EXTENSIONS = ("py", "ts", "tsx", "go", "md")


def changes(count: int) -> list[dict[str, Any]]:
    chance = Random(1)
    return [
        {
            "changeId": f"{749_000_000 + number}",
            "userId": f"user_{chance.randrange(2_000):022}",
            "userEmail": f"developer{chance.randrange(2_000)}@example.com",
            "source": chance.choice(("TAB", "COMPOSER")),
            "model": chance.choice(_MODELS),
            "totalLinesAdded": 40,
            "totalLinesDeleted": 8,
            "createdAt": f"2026-01-05T{chance.randrange(24):02}:12:03.000Z",
            "metadata": [
                {
                    "fileName": f"src/module_{chance.randrange(9_000)}.py",
                    "fileExtension": chance.choice(_EXTENSIONS),
                    "linesAdded": 18,
                    "linesDeleted": 3,
                }
                for _ in range(chance.randint(1, 2))
            ],
        }
        for number in range(count)
    ]


def as_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = [row[name] for name in COLUMNS.values()]
        writer.writerow([*values[:-1], json.dumps(values[-1])])
    return text.getvalue().encode()


def as_pages(rows: Sequence[dict[str, Any]]) -> list[bytes]:
    """Bodies of JSON; the answer to a window without rows is the last."""
    pages = [
        {"items": rows[start : start + PAGE], "page": start // PAGE + 1}
        for start in range(0, len(rows), PAGE)
    ]
    whole = [{**page, "totalCount": len(rows), "pageSize": PAGE} for page in pages]
    nothing = {"items": [], "page": 1, "totalCount": 0, "pageSize": PAGE}
    return [json.dumps(body).encode() for body in (*whole, nothing)]


def plain_csv(body: bytes) -> None:
    """The least that counts a CSV: its texts as numbers, lines by model and by file extension."""
    sums: Counter[tuple[str, str]] = Counter()
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""))
    next(rows)
    for row in rows:
        sums["added", row[4]] += int(row[5])
        sums["deleted", row[4]] += int(row[6])
        for file in json.loads(row[8]):
            sums["in files", file["fileExtension"]] += file["linesAdded"]


def plain_json(pages: Iterable[bytes]) -> None:
    """The least that counts JSON pages, likewise."""
    sums: Counter[tuple[str, str]] = Counter()
    for page in pages:
        for row in json.loads(page)["items"]:
            sums["added", row["model"]] += row["totalLinesAdded"]
            sums["deleted", row["model"]] += row["totalLinesDeleted"]
            for file in row["metadata"]:
                sums["in files", file["fileExtension"]] += file["linesAdded"]


class Answers:
    """Cursor as a transport: the window of the day before has the changes, today's has none."""

    def __init__(self, pages: Sequence[bytes], whole: bytes) -> None:
        self._pages = pages
        self._whole = whole

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(".csv"):
            return httpx.Response(200, content=self._whole, headers={"content-type": "text/csv"})
        today = request.url.params["startDate"] == "2026-01-06"
        body = self._pages[-1 if today else int(request.url.params["page"]) - 1]
        return httpx.Response(200, content=body, headers={"content-type": "application/json"})


async def _read(form: str, transport: httpx.AsyncBaseTransport) -> None:
    """Read two days with the client that the daemon has, into samples."""
    settings = ClientSettings("https://api.example.com", {}, "bench")
    groups: dict[str, list[Any]] = {group: [] for group in cursor.VENDOR.limits}
    status = TargetStatus("cursor", "bench")
    client = Client(settings, None, groups, status, SystemClock(), Random(1), transport)
    options = STREAM.options.model_validate({"format": form})
    window, now = Window(TODAY - DAY, TODAY + DAY // 2), TODAY + DAY / 2
    source = Source(client, None, options, window, now, people=False)
    try:
        async for _ in STREAM.read(source):
            pass
    finally:
        await client.close()
    if source.records != ROWS:
        raise RuntimeError(f"the stream read {source.records} rows of {ROWS}")


def _polled(form: str, transport: httpx.AsyncBaseTransport) -> None:
    asyncio.run(_read(form, transport))


def rows() -> Iterable[Row]:
    made = changes(ROWS)
    body, pages = as_csv(made), as_pages(made)
    transport = httpx.MockTransport(Answers(pages, body))
    for form, least, plain in (
        ("csv", 0.45, partial(plain_csv, body)),
        ("json", 0.25, partial(plain_json, pages)),
    ):
        base = cpu_seconds(plain)
        read = cpu_seconds(partial(_polled, form, transport))
        yield Row(
            f"accepted changes, {form.upper()}: the whole stream / a plain loop, rows a second",
            base / read,
            TIMES,
            at_least=least,
            note=f"{ROWS / read:,.0f} against {ROWS / base:,.0f} rows/s",
        )
