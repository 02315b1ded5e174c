"""What API Insights speaks: its endpoints, its actor types, its records."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Literal, get_args

import msgspec

from exporter.streams import kit
from exporter.vendors.github.vendor import GROUP, GithubTarget

SLICE = 5 * kit.MINUTE
"""The finest slice that it counts in."""


def _endpoint(path: str) -> kit.Endpoint:
    return kit.Endpoint(f"/orgs/{{org}}/insights/api/{path}", GROUP, conditional=True)


SUMMARY = _endpoint("summary-stats")
SUMMARY_USER = _endpoint("summary-stats/users/{user_id}")
SUMMARY_ACTOR = _endpoint("summary-stats/{actor_type}/{actor_id}")
TIME = _endpoint("time-stats")
TIME_USER = _endpoint("time-stats/users/{user_id}")
TIME_ACTOR = _endpoint("time-stats/{actor_type}/{actor_id}")
SUBJECTS = _endpoint("subject-stats")
ROUTES = _endpoint("route-stats/{actor_type}/{actor_id}")
USERS = _endpoint("user-stats/{user_id}")

ActorType = Literal[
    "installation", "classic_pat", "fine_grained_pat", "oauth_app", "github_app_user_to_server"
]
PLURAL = {
    **{kind: f"{kind}s" for kind in get_args(ActorType)},
    "github_app_user_to_server": "github_apps_user_to_server",
}
PERSONAL = ("classic_pat", "fine_grained_pat")
"""Actors whose name a person chose, and that often carries the person's."""


def ask(
    target: GithubTarget,
    endpoint: kit.Endpoint,
    window: kit.Window,
    path: Mapping[str, str] | None = None,
    **query: str,
) -> kit.Request:
    """A request for one window; `path` has the fields of the path besides the organization."""
    times = {"min_timestamp": kit.iso(window.start), "max_timestamp": kit.iso(window.end)}
    return kit.Request(endpoint, {**target.scope_path, **(path or {})}, {**times, **query})


class Counts(msgspec.Struct):
    """What every statistic of this API has; `summary-stats` has nothing else."""

    total_request_count: kit.Count
    rate_limited_request_count: kit.Count

    def less(self, rows: Iterable["Counts"]) -> "Counts":
        """What the rows of a list leave out of this total."""
        left, limited = self.total_request_count, self.rate_limited_request_count
        for row in rows:
            left -= row.total_request_count
            limited -= row.rate_limited_request_count
        return Counts(max(0, left), max(0, limited))


class TimeStat(Counts, kw_only=True):
    """`time-stats`: one slice of the window."""

    timestamp: datetime

    @property
    def start(self) -> int:
        """When its slice begins."""
        return kit.floor(kit.unix(self.timestamp), SLICE)


class Subject(Counts, kw_only=True):
    """`subject-stats`: a user or an app."""

    ignored: ClassVar = frozenset({"integration_id"})

    subject_type: str
    subject_id: int
    subject_name: str
    last_request_timestamp: datetime | None = None
    last_rate_limited_timestamp: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.subject_type}:{self.subject_id}"


_LAST = frozenset({"last_request_timestamp", "last_rate_limited_timestamp"})


class Route(Counts, kw_only=True):
    """`route-stats`: a route of one actor."""

    ignored: ClassVar = _LAST

    http_method: str
    api_route: str

    @property
    def key(self) -> str:
        return f"{self.http_method} {self.api_route}"


class UserActor(Counts, kw_only=True):
    """`user-stats`: a token or app that a user sent requests with."""

    ignored: ClassVar = _LAST | {"integration_id", "oauth_application_id"}

    actor_type: str
    actor_id: int
    actor_name: str | None = None

    @property
    def key(self) -> str:
        return f"{self.actor_type}:{self.actor_id}"
