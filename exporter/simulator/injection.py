"""Data that a test puts into the world, as it is posted and as the world keeps it."""

from typing import Annotated, TypeAlias

import msgspec

from exporter.simulator.answers import parse_milliseconds
from exporter.simulator.callers import Caller
from exporter.simulator.changes import Change, ChangedFile
from exporter.simulator.commits import Commit
from exporter.simulator.traffic import Unit
from exporter.simulator.world import World

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class _EventInput(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    user_id: str | None = None
    user_email: str | None = None
    total_lines_added: Count = 0
    total_lines_deleted: Count = 0
    created_at: str | None = None


class CommitInput(_EventInput, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A commit as the API writes it, all of it optional; what is not AI follows from the rest."""

    commit_hash: str | None = None
    repo_name: str | msgspec.UnsetType | None = msgspec.UNSET
    branch_name: str | None = "main"
    is_primary_branch: bool | None = True
    commit_source: str | None = None
    tab_lines_added: Count = 0
    tab_lines_deleted: Count = 0
    composer_lines_added: Count = 0
    composer_lines_deleted: Count = 0
    message: str | None = None
    commit_ts: str | None = None


class FileInput(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """One metadata entry of a change."""

    file_name: str | None = None
    file_extension: str | None = None
    lines_added: Count = 0
    lines_deleted: Count = 0


class ChangeInput(_EventInput, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A change as the API writes it, all of it optional."""

    change_id: str | None = None
    source: str = "COMPOSER"
    model: str | None = None
    metadata: list[FileInput] = msgspec.field(default_factory=list)


class TrafficInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Requests of one caller to one route; the bucket is that of `timestamp` (Unix seconds)."""

    actor_type: str
    actor_name: str
    actor_id: int
    subject_type: str
    subject_name: str
    subject_id: int
    http_method: str
    api_route: str
    timestamp: float
    total: Count
    rate_limited: Count = 0

    def unit(self) -> Unit:
        """The unit of traffic that this describes."""
        moment = int(self.timestamp)
        caller = Caller(
            self.actor_type,
            self.actor_id,
            self.actor_name,
            self.subject_type,
            self.subject_id,
            self.subject_name,
        )
        return Unit(
            caller,
            self.http_method,
            self.api_route,
            self.total,
            self.rate_limited,
            moment,
            moment if self.rate_limited else None,
        )


class Injector:
    """Completes what was posted with the world's people, places and time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._count = 0

    def commit(self, given: CommitInput) -> Commit:
        """The commit that was posted, by the first developer in the first repository."""
        created_ms = self._created(given)
        user_id, user_email = self._user(given)
        repository = given.repo_name
        if isinstance(repository, msgspec.UnsetType):
            repository = self._world.repositories[0]
        commit_ms = created_ms
        if given.commit_ts is not None:
            commit_ms = parse_milliseconds(given.commit_ts)
        return Commit(
            created_ms=created_ms,
            hash=given.commit_hash or f"{self._number():040x}",
            user_id=user_id,
            user_email=user_email,
            repository=repository,
            branch=given.branch_name,
            primary_branch=given.is_primary_branch,
            source=given.commit_source,
            total_added=given.total_lines_added,
            total_deleted=given.total_lines_deleted,
            tab_added=given.tab_lines_added,
            tab_deleted=given.tab_lines_deleted,
            composer_added=given.composer_lines_added,
            composer_deleted=given.composer_lines_deleted,
            message=given.message,
            commit_ms=commit_ms,
        )

    def change(self, given: ChangeInput) -> Change:
        """The change that was posted, by the first developer."""
        user_id, user_email = self._user(given)
        return Change(
            created_ms=self._created(given),
            change_id=given.change_id or f"9{self._number():011d}",
            user_id=user_id,
            user_email=user_email,
            source=given.source,
            model=given.model,
            total_added=given.total_lines_added,
            total_deleted=given.total_lines_deleted,
            files=tuple(
                ChangedFile(
                    file.file_name, file.file_extension, file.lines_added, file.lines_deleted
                )
                for file in given.metadata
            ),
        )

    def _created(self, given: _EventInput) -> int:
        if given.created_at is not None:
            return parse_milliseconds(given.created_at)
        # A second ago: a half-open range that ends at this instant holds it.
        return int(self._world.clock.time() * 1000) - 1000

    def _user(self, given: _EventInput) -> tuple[str, str]:
        for developer in self._world.developers:
            if developer.user_id == given.user_id or developer.email == given.user_email:
                return developer.user_id, given.user_email or developer.email
        first = self._world.developers[0]
        return given.user_id or first.user_id, given.user_email or first.email

    def _number(self) -> int:
        self._count += 1
        return self._count
