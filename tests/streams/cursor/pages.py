"""Pages of Cursor's GET lists: by number, and the page says whether there are more."""

from math import ceil
from typing import Any

import httpx

from tests.streams.harness import Asked, answer


def page_of(body: Any, asked: Asked, rows: str, chosen: list[Any], total: str) -> httpx.Response:
    """The page that is asked for of the chosen rows; `total` is what their number is called."""
    number, size = int(asked.query["page"]), min(int(asked.query["pageSize"]), asked.most)
    pages = ceil(len(chosen) / size)
    pagination = {
        "page": number,
        "pageSize": size,
        total: len(chosen),
        "totalPages": pages,
        "hasNextPage": number < pages,
        "hasPreviousPage": number > 1,
    }
    shown = chosen[(number - 1) * size : number * size]
    return answer({**body, rows: shown, "pagination": pagination})
