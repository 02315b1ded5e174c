"""Where Cursor has a list: of one team, or of an organization above several teams."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exporter.streams import kit
from exporter.vendors.cursor.vendor import CursorTarget


@dataclass(frozen=True, slots=True)
class AccountList:
    """A list that is called the same below `/teams` and below `/organizations`."""

    name: str
    group: str

    def endpoint(self, target: CursorTarget) -> kit.Endpoint:
        whose = "teams" if target.organization_id is None else "organizations"
        return kit.Endpoint(f"/{whose}/{self.name}", self.group)

    def get(self, target: CursorTarget, query: Mapping[str, str | int]) -> kit.Request:
        """Ask by GET: the key alone says whose list it is."""
        return kit.Request(self.endpoint(target), query=query)

    def post(self, target: CursorTarget, body: Mapping[str, Any]) -> kit.Request:
        """Ask by POST: with an organization's key, Cursor wants the organization named as well."""
        whose = {} if target.organization_id is None else {"organizationId": target.organization_id}
        return kit.Request.reading_post(self.endpoint(target), {**whose, **body})

    def within(self, target: CursorTarget, window: kit.Window) -> kit.Request:
        """Ask for the rows of a window; both ends that Cursor takes are inclusive, in milliseconds."""
        dates = {"startDate": window.start * 1000, "endDate": window.end * 1000 - 1}
        return self.post(target, dates)
