"""Stream `organization`: workspaces by name, API keys by status and when they expire, members by role."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import Any, ClassVar, TypeAlias, TypeVar

import msgspec

from exporter.streams import kit
from exporter.vendors.anthropic.pages import ROWS_A_PAGE, Listed, everything
from exporter.vendors.anthropic.rights import ADMINISTRATION
from exporter.vendors.anthropic.vendor import ORGANIZATION as GROUP
from exporter.vendors.anthropic.vendor import AnthropicTarget, needs_admin
from exporter.vendors.anthropic.workspaces import DEFAULT, DEFAULT_NAME, workspace_of

WORKSPACES = kit.Endpoint("/v1/organizations/workspaces", GROUP)
API_KEYS = kit.Endpoint("/v1/organizations/api_keys", GROUP)
MEMBERS = kit.Endpoint("/v1/organizations/users", GROUP)
_WORKSPACES = kit.Request(WORKSPACES, query={"include_archived": "true"})

ACTIVE, ARCHIVED = "active", "archived"


class Options(kit.StreamOptions):
    """Options of `organization`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    expected_workspaces: int = kit.Field(default=20, ge=0)
    """How many workspaces the plan of `check` reckons with; all are read, however many they are."""
    expected_api_keys: int = kit.Field(default=1_000, ge=0)
    """How many API keys the plan of `check` reckons with; all are read, however many they are."""
    expected_members: int = kit.Field(default=1_000, ge=0)
    """How many members the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[AnthropicTarget, Options]
_API = "Anthropic Admin API, as last polled"

INFO = kit.gauge(
    "anthropic_workspace_info",
    f"A workspace by its id, with its name; archived ones too ({_API}).",
    ("workspace", "workspace_name"),
    merge=kit.Merge.MAX,
)
COUNT = kit.gauge(
    "anthropic_workspaces",
    f"Workspaces by status (active, archived), without the default workspace ({_API}).",
    ("status",),
)
KEYS = kit.gauge("anthropic_api_keys", f"API keys by status ({_API}).", ("status",))
EXPIRY = kit.gauge(
    "anthropic_api_key_expiry_timestamp_seconds",
    f"When the next active API key of a workspace expires, of those that do ({_API}).",
    ("workspace",),
    merge=kit.Merge.DROP,
)
ROLES = kit.gauge("anthropic_members", f"Members of the organization by role ({_API}).", ("role",))
METRICS = (INFO, COUNT, KEYS, EXPIRY, ROLES)


class _Workspace(msgspec.Struct, kw_only=True):
    ignored: ClassVar = kit.names(
        "type created_at display_color data_residency external_key_id compartment_id tags"
    )

    id: str
    name: str
    archived_at: str | None = None


class Workspaces(Listed, kw_only=True):
    """A page of workspaces; the default one is not among them."""

    data: list[_Workspace]


class _ApiKey(msgspec.Struct, kw_only=True):
    """Names and creators of keys are not read: they may be anybody's."""

    ignored: ClassVar = kit.names("type name created_at created_by partial_key_hint")

    id: str
    status: str
    workspace_id: str | None = None
    expires_at: str | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None:
            kit.checked("expires_at", kit.moment, self.expires_at)


class ApiKeys(Listed, kw_only=True):
    """A page of API keys; Admin keys are not among them."""

    data: list[_ApiKey]


class _Member(msgspec.Struct, kw_only=True):
    ignored: ClassVar = kit.names("type name email added_at")

    id: str
    role: str


class Members(Listed, kw_only=True):
    """A page of members."""

    data: list[_Member]


RowT = TypeVar("RowT", _Workspace, _ApiKey, _Member)


async def read(source: _Source) -> kit.Batches:
    workspaces = await everything(source, _WORKSPACES, Workspaces, lambda page: page.data)
    keys: list[_ApiKey] = []
    async with source.optional("the API keys"):
        keys = await everything(source, kit.Request(API_KEYS), ApiKeys, lambda page: page.data)
    members: list[_Member] = []
    async with source.optional("the members"):
        members = await everything(source, kit.Request(MEMBERS), Members, lambda page: page.data)
    samples = [*_of_workspaces(_once(workspaces)), *_of_keys(_once(keys))]
    roles = Counter(member.role for member in _once(members))
    samples += [kit.Sample(ROLES, (role,), count) for role, count in roles.items()]
    if source.records:
        samples.append(kit.Sample(INFO, (DEFAULT, DEFAULT_NAME), 1))
    yield kit.Batch(samples, [kit.Coverage(METRICS)])


def _once(rows: Iterable[RowT]) -> Iterable[RowT]:
    """The rows without those that came twice because the list moved under its reader."""
    return {row.id: row for row in rows}.values()


def _of_workspaces(workspaces: Iterable[_Workspace]) -> Iterator[kit.Sample]:
    status: Counter[str] = Counter()
    for workspace in workspaces:
        status[ARCHIVED if workspace.archived_at else ACTIVE] += 1
        yield kit.Sample(INFO, (workspace.id, workspace.name), 1)
    for name, count in status.items():
        yield kit.Sample(COUNT, (name,), count)


def _of_keys(keys: Iterable[_ApiKey]) -> Iterator[kit.Sample]:
    status: Counter[str] = Counter()
    expiry: dict[str, float] = {}
    for key in keys:
        status[key.status] += 1
        if key.status == ACTIVE and key.expires_at is not None:
            workspace, moment = workspace_of(key.workspace_id), kit.moment(key.expires_at)
            expiry[workspace] = min(moment, expiry.get(workspace, moment))
    for name, count in status.items():
        yield kit.Sample(KEYS, (name,), count)
    for workspace, moment in expiry.items():
        yield kit.Sample(EXPIRY, (workspace,), int(moment))


def _pages(rows: int) -> int:
    return max(1, ceil(rows / ROWS_A_PAGE))


def _plan(_: AnthropicTarget, options: Options) -> Sequence[kit.Cost]:
    expected = (options.expected_workspaces, options.expected_api_keys, options.expected_members)
    return [kit.Cost(GROUP, sum(map(_pages, expected)))]


def _one_workspace(_: kit.Source[Any, Any]) -> kit.Request:
    return _WORKSPACES.with_parameters({"limit": 1})


STREAM = kit.Stream(
    name="organization",
    summary="workspaces by name, API keys by status, and members by role",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=_plan,
    probe=kit.once(_one_workspace, Workspaces),
    right=ADMINISTRATION,
    bucket=None,
    inapplicable=needs_admin,
    label_sizes=lambda _, options: {
        "workspace": options.expected_workspaces,
        "workspace_name": 1,
        "status": 4,
        "role": 5,
    },
)
