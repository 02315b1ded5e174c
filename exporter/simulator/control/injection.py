"""Data that a test puts into the world, as it is posted and as the world keeps it."""

from typing import Annotated, TypeAlias

import msgspec

from exporter.simulator.answers import parse_milliseconds
from exporter.simulator.world.assistance import Figures
from exporter.simulator.world.audit import AuditEvent
from exporter.simulator.world.callers import Caller
from exporter.simulator.world.changes import Change, ChangedFile
from exporter.simulator.world.commits import Commit
from exporter.simulator.world.copilot_activity import Use
from exporter.simulator.world.traffic import Unit
from exporter.simulator.world.world import World

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


class AssistanceInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Figures of one user's UTC day, that of `timestamp` (Unix seconds; by default today)."""

    user: str | None = None
    timestamp: float | None = None
    completions: Count = 0
    completion_characters: Count = 0
    completion_lines: Count = 0
    keystrokes: Count = 0
    chat_interactions: Count = 0
    chat_useful_interactions: Count = 0
    chat_lines: Count = 0
    chat_characters: Count = 0
    agent_interactions: Count = 0
    agent_lines_added: Count = 0
    agent_lines_added_accepted: Count = 0
    agent_lines_removed: Count = 0
    agent_lines_removed_accepted: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0

    def figures(self) -> Figures:
        """The figures that this describes."""
        return Figures._make(getattr(self, name) for name in Figures._fields)


class AuditEventInput(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """An audit event as the API writes it, all of it optional."""

    id: str | None = None
    event_type: str = "user.login"
    timestamp: str | None = None


class TeamInput(msgspec.Struct, forbid_unknown_fields=True):
    """A new team, and how many of the largest one leave for it."""

    name: str
    members: int


class RepositoryInput(msgspec.Struct, forbid_unknown_fields=True):
    """Another name for a repository."""

    repository: str
    name: str


class MergeInput(msgspec.Struct, forbid_unknown_fields=True):
    """A branch that is merged into the primary one."""

    repository: str
    branch: str


class RenameInput(msgspec.Struct, forbid_unknown_fields=True):
    """Another name for a team."""

    team_id: str
    name: str


class CopilotUseInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a person did with a feature of Copilot on the UTC day of `timestamp` (Unix seconds)."""

    timestamp: float
    login: str | None = None
    feature: str | None = "code_completion"
    ide: str | None = "vscode"
    language: str | None = None
    model: str | None = None
    interactions: Count = 0
    code_generations: Count = 0
    code_acceptances: Count = 0
    lines_suggested_to_add: Count = 0
    lines_suggested_to_delete: Count = 0
    lines_added: Count = 0
    lines_deleted: Count = 0

    def use(self) -> Use:
        """The use that this describes."""
        figures = (
            self.interactions,
            self.code_generations,
            self.code_acceptances,
            self.lines_suggested_to_add,
            self.lines_suggested_to_delete,
            self.lines_added,
            self.lines_deleted,
        )
        return Use(self.feature, self.ide, self.language, self.model, figures)


class UnknownUserError(LookupError):
    """A user that the organization does not have."""


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

    def person(self, given: AssistanceInput) -> int:
        """The member that was named by id or e-mail address, or the first one."""
        if given.user is None:
            return 0
        person = self._world.membership.person(given.user)
        if person is None:
            raise UnknownUserError(f"usage: no user {given.user!r}; name one by id or e-mail")
        return person

    def copilot_user(self, given: CopilotUseInput) -> int:
        """The place of the developer that was named by login, or the first one."""
        if given.login is None:
            return 0
        for place, developer in enumerate(self._world.developers):
            if developer.login == given.login:
                return place
        raise UnknownUserError(f"copilot: no developer with login {given.login!r}")

    def audit_event(self, given: AuditEventInput) -> AuditEvent:
        """The audit event that was posted, at this second if it has no time."""
        moment_ms = int(self._world.clock.time() * 1000)
        if given.timestamp is not None:
            moment_ms = parse_milliseconds(given.timestamp)
        return AuditEvent(
            created_ms=moment_ms // 1000 * 1000,
            id=given.id or f"evt_injected_{self._number():08d}",
            type=given.event_type,
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
