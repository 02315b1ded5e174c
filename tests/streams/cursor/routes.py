"""Routes of Cursor: each list as JSON pages and as CSV."""

from collections.abc import Sequence

from tests.streams.harness import Route
from tests.streams.views import cursor_csv, cursor_page

EMPTY_PAGE = {"items": [], "totalCount": 0, "page": 1, "pageSize": 100}


def cursor_routes(name: str, columns: Sequence[str]) -> tuple[Route, Route]:
    """The list of this name as JSON, and as CSV with these columns."""
    path = f"/analytics/ai-code/{name}"
    return (
        Route(path, name, cursor_page),
        Route(f"{path}.csv", name, cursor_csv(columns), etag=False),
    )
