"""Anthropic's lists: the organization, its workspaces, API keys and members."""

from typing import Any

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import format_seconds
from exporter.simulator.anthropic.rest import ADMIN, AnthropicRest, listed
from exporter.simulator.world.console import ApiKey, Workspace
from exporter.simulator.world.people import Developer
from exporter.simulator.world.world import World


class ListsApi:
    """Answers to an Admin key."""

    def __init__(self, world: World, rest: AnthropicRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        answers = {
            "me": self._me,
            "workspaces": self._workspaces,
            "api_keys": self._api_keys,
            "users": self._users,
        }
        return [
            Route(f"/v1/organizations/{name}", self._rest.endpoint(answer, ADMIN))
            for name, answer in answers.items()
        ]

    @property
    def _now(self) -> float:
        return self._world.clock.time()

    def _me(self, _: QueryParams) -> dict[str, Any]:
        organization_id = self._world.console.organization_id
        return {"id": organization_id, "type": "organization", "name": "Acme"}

    def _workspaces(self, query: QueryParams) -> dict[str, Any]:
        archived_too = query.get("include_archived") == "true"
        rows = [self._workspace(each) for each in self._world.console.workspaces]
        return listed(query, [row for row in rows if archived_too or row["archived_at"] is None])

    def _workspace(self, workspace: Workspace) -> dict[str, Any]:
        archived = workspace.archived
        is_archived = archived is not None and archived <= self._now
        return {
            "id": workspace.id,
            "type": "workspace",
            "name": workspace.name(self._now),
            "created_at": format_seconds(workspace.created),
            "archived_at": format_seconds(int(archived or 0)) if is_archived else None,
            "display_color": "#6C5BB9",
        }

    def _api_keys(self, query: QueryParams) -> dict[str, Any]:
        return listed(query, [self._api_key(key) for key in self._world.console.keys])

    def _api_key(self, key: ApiKey) -> dict[str, Any]:
        return {
            "id": key.id,
            "type": "api_key",
            "name": key.name,
            "status": key.status(self._now),
            "created_at": format_seconds(key.created),
            "created_by": {"id": "user_01Acme", "type": "user"},
            "expires_at": None if key.expires is None else format_seconds(key.expires),
            "partial_key_hint": "sk-ant-api03-Acm...mple",
            "workspace_id": key.workspace,
        }

    def _users(self, query: QueryParams) -> dict[str, Any]:
        members = self._world.console.members(self._now)
        return listed(query, [_member(person, role) for person, role in members])


def _member(person: Developer, role: str) -> dict[str, Any]:
    return {
        "id": person.user_id,
        "type": "user",
        "email": person.email,
        "name": person.login,
        "role": role,
        "added_at": "2026-01-01T00:00:00Z",
    }
