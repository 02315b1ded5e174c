"""What API Insights speaks: its endpoints, its actor types, its records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from exporter.client.client import Endpoint
from exporter.streams.payload import Count
from exporter.vendors.github.vendor import GROUP

_ROOT = "/orgs/{org}/insights/api"
SUMMARY = Endpoint(f"{_ROOT}/summary-stats", GROUP, conditional=True)
SUMMARY_USER = Endpoint(f"{_ROOT}/summary-stats/users/{{user_id}}", GROUP, conditional=True)
SUMMARY_ACTOR = Endpoint(
    f"{_ROOT}/summary-stats/{{actor_type}}/{{actor_id}}", GROUP, conditional=True
)
TIME = Endpoint(f"{_ROOT}/time-stats", GROUP, conditional=True)
TIME_USER = Endpoint(f"{_ROOT}/time-stats/users/{{user_id}}", GROUP, conditional=True)
TIME_ACTOR = Endpoint(f"{_ROOT}/time-stats/{{actor_type}}/{{actor_id}}", GROUP, conditional=True)
SUBJECTS = Endpoint(f"{_ROOT}/subject-stats", GROUP, conditional=True)
ROUTES = Endpoint(f"{_ROOT}/route-stats/{{actor_type}}/{{actor_id}}", GROUP, conditional=True)
USERS = Endpoint(f"{_ROOT}/user-stats/{{user_id}}", GROUP, conditional=True)

ActorType = Literal[
    "installation", "classic_pat", "fine_grained_pat", "oauth_app", "github_app_user_to_server"
]
PLURAL: Mapping[str, str] = {
    "installation": "installations",
    "classic_pat": "classic_pats",
    "fine_grained_pat": "fine_grained_pats",
    "oauth_app": "oauth_apps",
    "github_app_user_to_server": "github_apps_user_to_server",
}
PERSONAL = ("classic_pat", "fine_grained_pat")
"""Actors whose name a person chose, and that often carries the person's."""


class Counts(msgspec.Struct):
    """What every statistic of this API has."""

    total_request_count: Count
    rate_limited_request_count: Count

    @property
    def both(self) -> tuple[int, int]:
        return self.total_request_count, self.rate_limited_request_count


class Summary(Counts):
    """`summary-stats`: one object for the window."""


class TimeStat(Counts, kw_only=True):
    """`time-stats`: one slice of the window."""

    timestamp: datetime


class Subject(Counts, kw_only=True):
    """`subject-stats`: a user or an app."""

    subject_type: str
    subject_id: int
    subject_name: str
    integration_id: int | None = None
    last_request_timestamp: datetime | None = None
    last_rate_limited_timestamp: datetime | None = None

    @property
    def identity(self) -> str:
        return f"{self.subject_type}:{self.subject_id}"


class Route(Counts, kw_only=True):
    """`route-stats`: a route of one actor."""

    http_method: str
    api_route: str
    last_request_timestamp: datetime | None = None
    last_rate_limited_timestamp: datetime | None = None

    @property
    def identity(self) -> str:
        return f"{self.http_method} {self.api_route}"


class UserActor(Counts, kw_only=True):
    """`user-stats`: a token or app that a user sent requests with."""

    actor_type: str
    actor_id: int
    actor_name: str | None = None
    integration_id: int | None = None
    oauth_application_id: int | None = None
    last_request_timestamp: datetime | None = None
    last_rate_limited_timestamp: datetime | None = None

    @property
    def identity(self) -> str:
        return f"{self.actor_type}:{self.actor_id}"
