"""How Anthropic cuts its answers: lists after an id, reports by bucket and token."""

from typing import Any

import httpx

from tests.streams.harness import Asked, answer


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
