"""Members' days as Cursor tells them."""

from typing import ClassVar

import msgspec

from exporter.streams import kit
from exporter.vendors.cursor.pages import Paged


class MemberDay(msgspec.Struct, rename="camel", kw_only=True):
    """What a member did on a day; a number that is absent is unknown."""

    ignored: ClassVar[frozenset[str]] = kit.names(
        "date totalTabsShown totalTabsAccepted mostUsedModel applyMostUsedExtension "
        "tabMostUsedExtension clientVersion"
    )

    day: str
    team_id: str | int | None = None
    user_id: str | int | None = None
    email: str | None = None
    is_active: bool | None = None
    total_lines_added: kit.Count
    total_lines_deleted: kit.Count
    accepted_lines_added: kit.Count
    accepted_lines_deleted: kit.Count
    total_applies: kit.Count | None = None
    total_accepts: kit.Count | None = None
    total_rejects: kit.Count | None = None
    composer_requests: kit.Count | None = None
    chat_requests: kit.Count | None = None
    agent_requests: kit.Count | None = None
    cmdk_usages: kit.Count | None = None
    bugbot_usages: kit.Count | None = None
    subscription_included_reqs: kit.Count | None = None
    usage_based_reqs: kit.Count | None = None
    api_key_reqs: kit.Count | None = None

    def __post_init__(self) -> None:
        kit.checked("day", kit.moment, self.day)
        if not self.member:
            raise ValueError("field `userId` and `email` are both absent")

    @property
    def member(self) -> str:
        """Whose day it is: ids here are not those of the list of members."""
        return self.email or ("" if self.user_id is None else str(self.user_id))

    @property
    def start(self) -> int:
        return kit.floor(kit.moment(self.day), kit.DAY)

    @property
    def undecided_applies(self) -> int | None:
        """Changes that were neither accepted nor rejected."""
        if self.total_applies is None:
            return None
        return max(0, self.total_applies - (self.total_accepts or 0) - (self.total_rejects or 0))

    @property
    def chats(self) -> int | None:
        """Prompts in the chat, of which composer and agent are modes; None where none of them is told."""
        modes = (self.composer_requests, self.chat_requests, self.agent_requests)
        told = [number for number in modes if number is not None]
        return sum(told) if told else None


class Period(msgspec.Struct):
    """What was asked for; not read."""

    ignored: ClassVar[frozenset[str]] = kit.names("startDate endDate")


class DailyUsage(Paged, kw_only=True):
    """A page of the members' days."""

    data: list[MemberDay]
    period: Period | None = None
