"""Two workspaces of one name and an archived one, keys that expire, members by role."""

from tests.streams.anthropic.views import listed
from tests.streams.harness import Case, Place, Route

ROOT = "/v1/organizations"
WORKSPACES, API_KEYS, USERS = f"{ROOT}/workspaces", f"{ROOT}/api_keys", f"{ROOT}/users"

CASE = Case(
    vendor="anthropic",
    stream="organization",
    now="2026-11-27T10:30:00Z",
    routes=(
        Route(WORKSPACES, "workspaces", listed, etag=False),
        Route(API_KEYS, "api_keys", listed, etag=False),
        Route(USERS, "members", listed, etag=False),
    ),
    required=Place("workspaces", ("data", 0, "name")),
    counted=None,
    empty={"workspaces": {"data": []}, "api_keys": {"data": []}, "members": {"data": []}},
    people=("ada.admin@example.com", "Dana Dev", "Dana's laptop"),
    parts={"the API keys": API_KEYS, "the members": USERS},
    paged=USERS,
    whole=False,
    forms=({"interval": "30m"},),
)
