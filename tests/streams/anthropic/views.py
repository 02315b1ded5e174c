"""How Anthropic cuts its answers: lists after an id, reports by bucket and token."""

from typing import Any

import httpx

from tests.streams.harness import Asked, answer, unix


def listed(body: Any, asked: Asked) -> httpx.Response:
    """The rows after the id that is asked for."""
    rows = body["data"]
    size = min(int(asked.query["limit"]), asked.most)
    after = asked.query.get("after_id")
    first = 0 if after is None else 1 + [row["id"] for row in rows].index(after)
    shown = rows[first : first + size]
    return answer(
        {
            **body,
            "data": shown,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
            "has_more": first + size < len(rows),
        }
    )


def report(body: Any, asked: Asked) -> httpx.Response:
    """A page of the buckets that the query asks for; the token is the number of the next one."""
    start, end = unix(asked.query["starting_at"]), asked.query.get("ending_at")
    buckets = [
        bucket
        for bucket in body["data"]
        if unix(bucket["starting_at"]) >= start
        and (end is None or unix(bucket["ending_at"]) <= unix(end))
    ]
    size = min(int(asked.query["limit"]), asked.most)
    first = int(asked.query.get("page", "0"))
    has_more = first + size < len(buckets)
    return answer(
        {
            **body,
            "data": buckets[first : first + size],
            "has_more": has_more,
            "next_page": str(first + size) if has_more else None,
        }
    )


def bill(body: Any, asked: Asked) -> httpx.Response:
    """The same of a bill; a whole number in the fixture stands for so many dollars."""
    for day in body["data"]:
        for line in day["results"]:
            if isinstance(line, dict) and type(line.get("amount")) is int:
                line["amount"] = f"{line['amount'] * 100}.000000"
    return report(body, asked)
