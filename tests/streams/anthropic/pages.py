"""Pages of Anthropic's reports, each with the token of the one that follows."""

from collections.abc import Sequence
from typing import Any

import httpx

from tests.streams.harness import Asked, answer


def page_of(
    body: Any, asked: Asked, rows: Sequence[Any], *, has_more: bool = True
) -> httpx.Response:
    """The page that is asked for of the rows; where not `has_more`, only the token tells of others."""
    start, size = int(asked.query.get("page", 0)), min(int(asked.query["limit"]), asked.most)
    following = start + size if start + size < len(rows) else None
    more = {"has_more": following is not None} if has_more else {}
    token = None if following is None else str(following)
    return answer({**body, **more, "data": rows[start : start + size], "next_page": token})
