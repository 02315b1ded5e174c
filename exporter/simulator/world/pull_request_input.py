"""Pull requests that a test adds to the world."""

from typing import Annotated, TypeAlias

import msgspec

from exporter.simulator.world.repository_days import Requests

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class PullRequestsInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Pull requests of a repository on the UTC day of `timestamp` (Unix seconds).

    `repository` is its first name; one that nobody knows is a new one of this visibility.
    """

    timestamp: float
    repository: str
    visibility: str = "INTERNAL"
    created: _Count = 0
    reviewed: _Count = 0
    merged: _Count = 0
    created_by_copilot: _Count = 0
    reviewed_by_copilot: _Count = 0
    merged_created_by_copilot: _Count = 0
    merged_reviewed_by_copilot: _Count = 0
    suggestions: _Count = 0
    applied_suggestions: _Count = 0
    suggestions_by_copilot: _Count = 0
    applied_suggestions_by_copilot: _Count = 0

    def requests(self) -> Requests:
        """The pull requests that this describes."""
        return Requests._make(getattr(self, name) for name in Requests._fields)
