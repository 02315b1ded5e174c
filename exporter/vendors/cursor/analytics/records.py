"""What the Analytics API answers: rows by UTC day."""

from functools import cache
from typing import Any, ClassVar

import msgspec

from exporter.streams import kit


class Params(msgspec.Struct):
    """What was asked for, as Cursor understood it; not read."""

    ignored: ClassVar[frozenset[str]] = kit.names("metric teamId startDate endDate include users")


class Answer(msgspec.Struct, kw_only=True):
    """The envelope of a metric; a subclass has its `data`."""

    params: Params | None = None


@cache  # msgspec keeps every type that it has decoded
def rows_of(row: type["Row"]) -> Any:
    """The type of an answer whose data are rows of one type."""
    fields: list[Any] = [("data", list[row])]  # type: ignore[valid-type]
    return msgspec.defstruct(
        f"{row.__name__}Rows", fields, bases=(Answer,), module=__name__, kw_only=True
    )


def _start_of(text: str) -> int:
    return kit.floor(kit.moment(text), kit.DAY)


class Row(msgspec.Struct, kw_only=True):
    """Something of a day."""

    dated: ClassVar[str] = "event_date"

    event_date: str

    def __post_init__(self) -> None:
        kit.checked(self.dated, _start_of, self.event_date)

    @property
    def day(self) -> int:
        """The start of the UTC day."""
        return _start_of(self.event_date)


class DatedRow(Row, kw_only=True, rename={"event_date": "date"}):
    """A row of a metric that calls its day `date`."""

    dated: ClassVar[str] = "date"

    event_date: str


_LINES = {
    "added_suggested": "total_green_lines_suggested",
    "added_accepted": "total_green_lines_accepted",
    "added_rejected": "total_green_lines_rejected",
    "deleted_suggested": "total_red_lines_suggested",
    "deleted_accepted": "total_red_lines_accepted",
    "deleted_rejected": "total_red_lines_rejected",
}


class Suggested(Row, kw_only=True, rename=_LINES):
    """What was suggested on a day; a subclass has how often, and lines may be missing."""

    ignored: ClassVar[frozenset[str]] = kit.names("total_lines_suggested total_lines_accepted")

    added_suggested: kit.Count | None = None
    added_accepted: kit.Count | None = None
    added_rejected: kit.Count | None = None
    deleted_suggested: kit.Count | None = None
    deleted_accepted: kit.Count | None = None
    deleted_rejected: kit.Count | None = None

    def decided(self, prefix: str = "") -> dict[str, int]:
        """How many were accepted, rejected, or suggested and neither."""
        names = (f"{prefix}{name}" for name in ("suggested", "accepted", "rejected"))
        suggested, accepted, rejected = (getattr(self, name) or 0 for name in names)
        left = max(0, suggested - accepted - rejected)
        return {"accepted": accepted, "rejected": rejected, "undecided": left}


_DIFFS = {
    "suggested": "total_suggested_diffs",
    "accepted": "total_accepted_diffs",
    "rejected": "total_rejected_diffs",
}
_COMPLETIONS = {
    "suggested": "total_suggestions",
    "accepted": "total_accepts",
    "rejected": "total_rejects",
}


class AgentEdits(Suggested, kw_only=True, rename=_DIFFS):
    """Diffs of the agent."""

    suggested: kit.Count
    accepted: kit.Count
    rejected: kit.Count


class Tabs(Suggested, kw_only=True, rename=_COMPLETIONS):
    """Completions of Tab."""

    suggested: kit.Count
    accepted: kit.Count
    rejected: kit.Count


class ActiveUsers(DatedRow, kw_only=True):
    """People of a day; somebody on two surfaces is in both."""

    dau: kit.Count
    cli_dau: kit.Count | None = None
    cloud_agent_dau: kit.Count | None = None
    bugbot_dau: kit.Count | None = None


class ModelUse(msgspec.Struct, kw_only=True):
    """Messages to a model; its users are not read, because somebody with two models is in both."""

    ignored: ClassVar[frozenset[str]] = kit.names("users")

    messages: kit.Count


class Models(DatedRow, kw_only=True):
    """Messages of a day by model."""

    model_breakdown: dict[str, ModelUse]


class ClientVersion(Row, kw_only=True):
    """People with a version of Cursor."""

    ignored: ClassVar[frozenset[str]] = kit.names("percentage")

    client_version: str | None = None
    user_count: kit.Count


class Use(Row, kw_only=True):
    """How often something was used on a day."""

    usage: kit.Count


class ToolUse(Use, kw_only=True):
    """Calls of a tool of an MCP server."""

    tool_name: str | None = None
    mcp_server_name: str | None = None


class CommandUse(Use, kw_only=True):
    """Uses of a command."""

    command_name: str | None = None


class SkillUse(Use, kw_only=True):
    """Uses of a skill."""

    skill_name: str | None = None


class ModeUse(Use, kw_only=True):
    """Uses of a mode with a model."""

    model: str | None = None


class Value(msgspec.Struct, kw_only=True):
    """How many conversations are of a kind."""

    value: str | None = None
    count: kit.Count


class Aspect(msgspec.Struct, kw_only=True, rename="camel"):
    """One way to sort conversations; the distribution holds what the others show."""

    ignored: ClassVar[frozenset[str]] = kit.names("topValues timeSeries")

    distribution: list[Value] | None = None


class Aspects(msgspec.Struct, kw_only=True, rename="camel"):
    """Conversations of the days that were asked for, sorted in several ways."""

    intents: Aspect | None = None
    complexity: Aspect | None = None
    categories: Aspect | None = None
    guidance_levels: Aspect | None = None
    work_types: Aspect | None = None

    def found(self, aspect: str) -> list[Value]:
        """What an aspect holds, by its name in the API."""
        field = dict(zip(self.__struct_encode_fields__, self.__struct_fields__, strict=True))[
            aspect
        ]
        sorted_by: Aspect | None = getattr(self, field)
        return [] if sorted_by is None else sorted_by.distribution or []


class Insights(Answer, kw_only=True):
    """The answer of conversation insights."""

    data: Aspects
