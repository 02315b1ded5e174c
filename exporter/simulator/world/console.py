"""Anthropic's Console: the workspaces of the organization, their API keys, and its members."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from exporter.model import DAY
from exporter.simulator.world.people import TEAMS, Developer
from exporter.simulator.world.rollout import Rollout

DEFAULT = "default"
"""The workspace that has no id and is in no list."""
ARCHIVED_AFTER = 2 * DAY
"""When the last workspace is archived, in seconds of the world from its start."""
RENAMED_AFTER = DAY
KEYS_OF_WORKSPACE = 3
KEY_LIFETIME = 90 * DAY

_ROLES = ("claude_code_user", "developer", "developer", "user", "billing")


@dataclass(slots=True)
class Workspace:
    """A workspace by its id; its name may change, and one that is archived stays in the list."""

    id: str
    created: int
    names: list[tuple[float, str]] = field(default_factory=list)
    archived: float | None = None

    def name(self, moment: float) -> str:
        """What it is called at a moment."""
        [first, *later] = self.names
        return next((name for since, name in reversed(later) if since <= moment), first[1])


class ApiKey(NamedTuple):
    """A key for models; `workspace` is None where it is the default workspace's."""

    id: str
    name: str
    workspace: str | None
    created: int
    expires: int | None
    revoked: bool

    def status(self, moment: float) -> str:
        if self.revoked:
            return "inactive"
        return "expired" if self.expires is not None and self.expires <= moment else "active"


class UnknownWorkspaceError(LookupError):
    """A workspace that the organization does not have."""


class Console:
    """The organization: a workspace a team, one of which is renamed and one archived, and the default one."""

    def __init__(self, rollout: Rollout, start: float, workspaces: Sequence[str] = TEAMS) -> None:
        self._rollout = rollout
        self.organization_id = "00000000-0000-4000-8000-0000000000e1"
        self.workspaces = [
            Workspace(f"wrkspc_01Acme{number:016d}", rollout.first, [(0.0, name)])
            for number, name in enumerate(workspaces)
        ]
        if len(self.workspaces) > 2:
            self.rename(self.workspaces[-2].id, f"{workspaces[-2]}-next", start + RENAMED_AFTER)
            self.archive(self.workspaces[-1].id, start + ARCHIVED_AFTER)
        self.keys = [
            key for place, one in enumerate((None, *self.workspaces)) for key in _keys(place, one)
        ]

    def workspace(self, workspace_id: str) -> Workspace:
        """The workspace of an id; UnknownWorkspaceError where there is none."""
        for workspace in self.workspaces:
            if workspace.id == workspace_id:
                return workspace
        raise UnknownWorkspaceError(f"there is no workspace {workspace_id!r}")

    def rename(self, workspace_id: str, name: str, moment: float) -> None:
        """Give a workspace another name from a moment on."""
        self.workspace(workspace_id).names.append((moment, name))

    def archive(self, workspace_id: str, moment: float) -> None:
        """Archive a workspace: what it used stays in the reports."""
        self.workspace(workspace_id).archived = moment

    def members(self, now: float) -> list[tuple[Developer, str]]:
        """Everybody who has begun, with the role; the first one is the admin."""
        people = sorted(self._rollout.people(now))
        return [
            (self._rollout.developers[index], _ROLES[index % len(_ROLES)] if index else "admin")
            for index in people
        ]


def _keys(place: int, workspace: Workspace | None) -> list[ApiKey]:
    """The keys of a workspace: one for ever, one that ends, one that was switched off."""
    created = workspace.created if workspace is not None else 0
    return [
        ApiKey(
            id=f"apikey_01Acme{place * KEYS_OF_WORKSPACE + number:016d}",
            name=("ci", "service", "laptop")[number],
            workspace=None if workspace is None else workspace.id,
            created=created,
            expires=created + KEY_LIFETIME + place * DAY if number == 1 and workspace else None,
            revoked=number == 2,
        )
        for number in range(KEYS_OF_WORKSPACE)
    ]
