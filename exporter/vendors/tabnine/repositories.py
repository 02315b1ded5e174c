"""Stream `repositories`: the repositories that teams connected, and how their indexing goes."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.client.errors import NotFoundError, SchemaError
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, OTHER, Merge, Metric, MetricType, Sample, Window
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.organization_teams import ids_by_label
from exporter.vendors.tabnine.parts import walk_parts
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget

REPOSITORIES = Endpoint("/api/team/v1/{team_id}/connections/repositories", GROUP)

STATUSES = ("pending", "cloning", "indexing", "success", "failed", OTHER)
UNKNOWN = "unknown"
_TYPES = ("git", "perforce")
_FARTHEST = ("failed", OTHER, "pending", "cloning", "indexing", "success")
_API = "Tabnine repository connections API, as polled"

INDEX_STATUS = Metric(
    "tabnine_repository_index_status",
    MetricType.GAUGE,
    f"Status of a repository's index: 1 for the current one, 0 for the others ({_API}).",
    ("team_name", "repository", "repo_type", "status"),
    foldable_labels=("team_name", "repository"),
)
LAST_INDEXED = Metric(
    "tabnine_repository_last_indexed_timestamp_seconds",
    MetricType.GAUGE,
    f"When a repository was last indexed successfully ({_API}).",
    ("team_name", "repository"),
    merge=Merge.DROP,
)
CONNECTED = Metric(
    "tabnine_team_repositories",
    MetricType.GAUGE,
    f"Repositories that a team connected, whatever their status ({_API}).",
    ("team_name", "repo_type"),
    foldable_labels=("team_name",),
)
METRICS = (INDEX_STATUS, LAST_INDEXED, CONNECTED)


class Options(StreamOptions):
    """Options of `repositories`."""

    interval: Duration = Field(default=HOUR, ge=1)
    lookback: Duration = Field(default=0, ge=0)
    expected_teams: int = Field(default=100, ge=1)
    """How many teams the plan of `check` reckons with; all teams are read, however many they are."""


class Repository(msgspec.Struct, kw_only=True):
    """A connection; older installations tell neither status nor time. Credentials are not read."""

    repository_link: str
    repo_type: str | None = None
    latest_status: str | None = None
    last_indexed_successfully: str | None = None
    authentication_method: msgspec.Raw = msgspec.Raw()
    authentication_credentials_name: msgspec.Raw = msgspec.Raw()
    view_source_link_pattern: msgspec.Raw = msgspec.Raw()

    @property
    def status(self) -> str | None:
        """The status as its label; None where the vendor gives none."""
        if not self.latest_status:
            return None
        status = self.latest_status.lower()
        return status if status in STATUSES else OTHER

    @property
    def type(self) -> str:
        if not self.repo_type:
            return UNKNOWN
        kind = self.repo_type.lower()
        return kind if kind in _TYPES else OTHER


async def read(poll: Poll[TabnineTarget, Options]) -> Reading:
    reading = Reading(complete=METRICS, by_part=METRICS)
    teams = ids_by_label(await lists.teams(poll, reading))

    async def read_teams(label: str, _: Window) -> None:
        found: list[Repository] = []
        gone: list[NotFoundError] = []
        for team_id in teams[label]:
            try:
                answer = await lists.get(poll, Request(REPOSITORIES, path={"team_id": team_id}))
            except NotFoundError as error:
                gone.append(error)
            else:
                found += lists.decoded(answer, list[Repository], REPOSITORIES, reading)
        if len(gone) == len(teams[label]):
            raise gone[-1]
        reading.records += len(found)
        reading.samples.extend(_samples(label, found))

    await walk_parts(poll, reading, teams, read_teams)
    return reading


def _samples(label: str, found: Sequence[Repository]) -> list[Sample]:
    statuses: dict[tuple[str, str], str] = {}
    indexed: dict[str, float] = {}
    samples = []
    for row in found:
        name = repository_name(row.repository_link, row.type)
        samples.append(Sample(CONNECTED, (label, row.type), 1))
        if row.status is not None:
            known = statuses.get((name, row.type), row.status)
            statuses[name, row.type] = min(known, row.status, key=_FARTHEST.index)
        if row.last_indexed_successfully:
            at = _moment(row.last_indexed_successfully)
            indexed[name] = min(at, indexed.get(name, at))
    for (name, kind), current in statuses.items():
        samples += [
            Sample(INDEX_STATUS, (label, name, kind, status), int(status == current))
            for status in STATUSES
        ]
    samples += [Sample(LAST_INDEXED, (label, name), at) for name, at in indexed.items()]
    return samples


def repository_name(link: str, repo_type: str) -> str:
    """Host and path of a repository's link, without user, password, query and fragment.

    What stands before the last @ is dropped even where a URL's grammar would call it the path: a
    password with a slash must not end in a label. Of a Perforce path an @ begins a revision.
    """
    text = link.strip()
    if repo_type == "perforce" and text.startswith("//"):
        text = text.partition("@")[0]
    else:
        text = text.rpartition("://")[2].rpartition("@")[2]
        text = re.sub(r"^([^/:\[\]]+):(?!\d+(/|$))", r"\1/", text)
    text = re.split(r"[?#]", text, maxsplit=1)[0]
    return text.rstrip("/").removesuffix(".git") or UNKNOWN


def _moment(text: str) -> float:
    """Unix seconds of a time with any number of fractional digits; one without a zone is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise SchemaError(
            f"{REPOSITORIES.path}: a `last_indexed_successfully` is no ISO 8601 time"
        ) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def plan(_: TabnineTarget, options: Options) -> Sequence[Cost]:
    """One request a team, besides the list of teams."""
    return (Cost(GROUP, ceil(options.expected_teams / lists.PAGE_SIZE) + options.expected_teams),)


STREAM = Stream(
    name="repositories",
    shape=Shape.SNAPSHOT,
    summary="connected repositories of each team and the status of their index",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=365 * DAY,
    settled_after=HOUR,
    read=read,
    plan=plan,
)
