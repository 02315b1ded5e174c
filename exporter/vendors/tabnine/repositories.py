"""Stream `repositories`: the repositories that teams connected, and how their indexing goes."""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar

import msgspec

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget

REPOSITORIES = kit.Endpoint("/api/team/v1/{team_id}/connections/repositories", GROUP)

STATUSES = ("pending", "cloning", "indexing", "success", "failed", kit.OTHER)
_TYPES = ("git", "perforce")
_FARTHEST = ("failed", kit.OTHER, "pending", "cloning", "indexing", "success")
_API = "Tabnine repository connections API, as polled"

INDEX_STATUS = kit.gauge(
    "tabnine_repository_index_status",
    f"Status of a repository's index: 1 for the current one, 0 for the others ({_API}).",
    ("team_name", "repository", "repo_type", "status"),
    foldable_labels=("team_name", "repository"),
)
LAST_INDEXED = kit.gauge(
    "tabnine_repository_last_indexed_timestamp_seconds",
    f"When a repository was last indexed successfully ({_API}).",
    ("team_name", "repository"),
    merge=kit.Merge.DROP,
)
CONNECTED = kit.gauge(
    "tabnine_team_repositories",
    f"Repositories that a team connected, whatever their status ({_API}).",
    ("team_name", "repo_type"),
    foldable_labels=("team_name",),
)
METRICS = (INDEX_STATUS, LAST_INDEXED, CONNECTED)


class Options(kit.StreamOptions):
    """Options of `repositories`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    expected_teams: int = lists.EXPECTED_TEAMS


class Repository(msgspec.Struct, kw_only=True):
    """A connection; older installations tell neither status nor time. Credentials are not read."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {
            "authentication_method",
            "authentication_credentials_name",
            "view_source_link_pattern",
        }
    )

    repository_link: str
    repo_type: str | None = None
    latest_status: str | None = None
    last_indexed_successfully: str | None = None

    def __post_init__(self) -> None:
        if self.last_indexed_successfully:
            kit.checked("last_indexed_successfully", kit.moment, self.last_indexed_successfully)

    @property
    def status(self) -> str | None:
        """The status as its label; None where the vendor gives none."""
        if not self.latest_status:
            return None
        status = self.latest_status.lower()
        return status if status in STATUSES else kit.OTHER

    @property
    def type(self) -> str:
        if not self.repo_type:
            return kit.UNKNOWN
        kind = self.repo_type.lower()
        return kind if kind in _TYPES else kit.OTHER


async def read(source: kit.Source[TabnineTarget, Options]) -> kit.Batches:
    """Teams of one name are read together, as their repositories are shown together.

    Where one of them cannot be read, neither is shown.
    """
    teams = await lists.teams(source)
    for label in (members := kit.Members(source, teams.by_label, "a team")):
        found: list[list[Repository]] = []
        whole = True
        for team in teams.by_label[label]:
            async with members.one() as part:
                request = kit.Request(REPOSITORIES, path={"team_id": team.id})
                found.append(await source.get(request, list[Repository], records=len))
            whole = whole and part.error is None
        covers = [kit.Coverage(METRICS, partition=label)]
        if not whole:
            yield kit.Batch((), covers, partition=label)
        elif found:
            yield kit.Batch(_samples(label, [*chain(*found)]), covers, partition=label)


def _samples(label: str, found: Sequence[Repository]) -> list[kit.Sample]:
    statuses: dict[tuple[str, str], str] = {}
    indexed: dict[str, float] = {}
    samples = []

    def add(metric: kit.Metric, labels: tuple[str, ...], value: float) -> None:
        samples.append(kit.Sample(metric, (label, *labels), value, None, label))

    for row in found:
        name = repository_name(row.repository_link, row.type)
        add(CONNECTED, (row.type,), 1)
        if row.status is not None:
            known = statuses.get((name, row.type), row.status)
            statuses[name, row.type] = min(known, row.status, key=_FARTHEST.index)
        if row.last_indexed_successfully:
            at = kit.moment(row.last_indexed_successfully)
            indexed[name] = min(at, indexed.get(name, at))
    for (name, kind), current in statuses.items():
        for status in STATUSES:
            add(INDEX_STATUS, (name, kind, status), int(status == current))
    for name, at in indexed.items():
        add(LAST_INDEXED, (name,), at)
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
    return text.rstrip("/").removesuffix(".git") or kit.UNKNOWN


async def _probe(source: kit.Source[TabnineTarget, Any]) -> None:
    """Those of the first team."""
    request = kit.Request(lists.TEAMS, query=lists.ONE)
    teams = lists.rows_of(await source.get(request, lists.form(lists.TeamsPage)))
    if teams:
        place = kit.Request(REPOSITORIES, path={"team_id": teams[0].id})
        await source.get(place, list[Repository])


STREAM = kit.Stream(
    name="repositories",
    summary="connected repositories of each team and the status of their index",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=lambda _, options: lists.cost(lists.team_requests(options)),
    probe=_probe,
    right="5.27",
    bucket=None,
)
