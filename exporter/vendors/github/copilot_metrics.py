"""Stream `copilot_metrics`: GitHub's second Copilot API, by day, editor and model.

GitHub closed it on 2026-04-02; any server that still speaks it can be read. Each of its four sections
may be missing: what is missing is unknown, not zero.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from exporter.streams.payload import Count
from exporter.vendors.github.legacy_api import (
    UNKNOWN,
    DayFacts,
    DayRecord,
    Families,
    Family,
    LegacyApi,
    LegacyOptions,
    Told,
    stream,
)

_FAMILIES = Families(
    "github_copilot_metrics",
    "GitHub Copilot metrics API, closed on 2026-04-02, polled; whole UTC days, a day late",
)
_RecordT = TypeVar("_RecordT", bound=msgspec.Struct)
_counter, _gauge = _FAMILIES.counter, _FAMILIES.gauge

_CODE_LABELS = ("language", "editor", "model")
CODE = (
    _counter("code_suggestions", "Completions that Copilot suggested", _CODE_LABELS),
    _counter("code_acceptances", "Completions that people accepted", _CODE_LABELS),
    _counter("code_lines_suggested", "Lines that Copilot suggested", _CODE_LABELS),
    _counter("code_lines_accepted", "Suggested lines that people accepted", _CODE_LABELS),
)
_CHAT_LABELS = ("editor", "model")
CHAT = (
    _counter("chats", "Chats with Copilot in the IDE", _CHAT_LABELS),
    _counter("chat_insertions", "Code of IDE chats that people inserted", _CHAT_LABELS),
    _counter("chat_copies", "Code of IDE chats that people copied", _CHAT_LABELS),
)
DOTCOM_CHATS = _counter("dotcom_chats", "Chats with Copilot on the website", ("model",))
PULL_REQUEST_SUMMARIES = _counter(
    "pull_request_summaries",
    "Pull request summaries that Copilot wrote",
    ("repository", "model"),
)
ACTIVE_USERS = _gauge("active_users", "People with Copilot activity")
ENGAGED_USERS = _gauge("engaged_users", "People who engaged with a feature of Copilot")
CODE_ENGAGED_USERS = _gauge("code_engaged_users", "People who accepted a completion")
CHAT_ENGAGED_USERS = _gauge("chat_engaged_users", "People who prompted Copilot Chat in the IDE")
DOTCOM_CHAT_ENGAGED_USERS = _gauge(
    "dotcom_chat_engaged_users", "People who prompted Copilot Chat on the website"
)
PULL_REQUEST_ENGAGED_USERS = _gauge(
    "pull_request_engaged_users", "People who used Copilot for pull requests on the website"
)


class Options(LegacyOptions):
    """Options of `copilot_metrics`."""


class _Engaged(msgspec.Struct, kw_only=True):
    total_engaged_users: Count | None = None


class _Named(_Engaged, kw_only=True):
    name: str | None = None

    @property
    def label(self) -> str:
        return self.name or UNKNOWN


class _Model(_Named, kw_only=True):
    is_custom_model: bool | None = None
    custom_model_training_date: str | None = None


class Language(_Named, kw_only=True):
    """Completions in one language."""

    total_code_suggestions: Count | None = None
    total_code_acceptances: Count | None = None
    total_code_lines_suggested: Count | None = None
    total_code_lines_accepted: Count | None = None

    @property
    def measures(self) -> tuple[int | None, ...]:
        return (
            self.total_code_suggestions,
            self.total_code_acceptances,
            self.total_code_lines_suggested,
            self.total_code_lines_accepted,
        )


class CodeModel(_Model, kw_only=True):
    """A model's completions in one editor."""

    languages: list[Language] | None = None


class CodeEditor(_Named, kw_only=True):
    """Completions in one editor."""

    models: list[CodeModel] | None = None


class Code(_Engaged, kw_only=True):
    """Completions in editors."""

    languages: list[_Named] | None = None
    editors: list[CodeEditor] | None = None

    def rows(self) -> Iterator[Told]:
        for editor in self.editors or ():
            for model in _rows(editor.models, CodeModel()):
                for language in _rows(model.languages, Language()):
                    labels = (language.label, editor.label, model.label)
                    yield from _row(CODE, labels, language.measures)


class ChatModel(_Model, kw_only=True):
    """A model's chats in one editor."""

    total_chats: Count | None = None
    total_chat_insertion_events: Count | None = None
    total_chat_copy_events: Count | None = None

    @property
    def measures(self) -> tuple[int | None, ...]:
        return self.total_chats, self.total_chat_insertion_events, self.total_chat_copy_events


class ChatEditor(_Named, kw_only=True):
    """Chats in one editor."""

    models: list[ChatModel] | None = None


class Chat(_Engaged, kw_only=True):
    """Chats in editors."""

    editors: list[ChatEditor] | None = None

    def rows(self) -> Iterator[Told]:
        for editor in self.editors or ():
            for model in _rows(editor.models, ChatModel()):
                yield from _row(CHAT, (editor.label, model.label), model.measures)


class DotcomModel(_Model, kw_only=True):
    """A model's chats on the website."""

    total_chats: Count | None = None


class DotcomChat(_Engaged, kw_only=True):
    """Chats on the website."""

    models: list[DotcomModel] | None = None

    def rows(self) -> Iterator[Told]:
        for model in self.models or ():
            yield Told(DOTCOM_CHATS, (model.label,), model.total_chats)


class SummaryModel(_Model, kw_only=True):
    """A model's summaries in one repository."""

    total_pr_summaries_created: Count | None = None


class Repository(_Named, kw_only=True):
    """Pull requests of one repository."""

    models: list[SummaryModel] | None = None


class PullRequests(_Engaged, kw_only=True):
    """Pull requests on the website."""

    repositories: list[Repository] | None = None

    def rows(self) -> Iterator[Told]:
        for repository in self.repositories or ():
            for model in _rows(repository.models, SummaryModel()):
                labels = (repository.label, model.label)
                yield Told(PULL_REQUEST_SUMMARIES, labels, model.total_pr_summaries_created)


class Day(DayRecord, kw_only=True):
    """One day; a section that is absent or null is unknown."""

    date: datetime.date
    total_active_users: Count | None = None
    total_engaged_users: Count | None = None
    copilot_ide_code_completions: Code | None = None
    copilot_ide_chat: Chat | None = None
    copilot_dotcom_chat: DotcomChat | None = None
    copilot_dotcom_pull_requests: PullRequests | None = None

    @property
    def on(self) -> datetime.date:
        return self.date

    def facts(self) -> DayFacts:
        facts = DayFacts()
        facts.tell_people(ACTIVE_USERS, self.total_active_users)
        facts.tell_people(ENGAGED_USERS, self.total_engaged_users)
        code, chat = self.copilot_ide_code_completions, self.copilot_ide_chat
        dotcom, pulls = self.copilot_dotcom_chat, self.copilot_dotcom_pull_requests
        if code is not None:
            facts.tell_people(CODE_ENGAGED_USERS, code.total_engaged_users)
            if code.editors is not None:
                facts.tell(CODE, code.rows())
        if chat is not None:
            facts.tell_people(CHAT_ENGAGED_USERS, chat.total_engaged_users)
            if chat.editors is not None:
                facts.tell(CHAT, chat.rows())
        if dotcom is not None:
            facts.tell_people(DOTCOM_CHAT_ENGAGED_USERS, dotcom.total_engaged_users)
            if dotcom.models is not None:
                facts.tell((DOTCOM_CHATS,), dotcom.rows())
        if pulls is not None:
            facts.tell_people(PULL_REQUEST_ENGAGED_USERS, pulls.total_engaged_users)
            if pulls.repositories is not None:
                facts.tell((PULL_REQUEST_SUMMARIES,), pulls.rows())
        return facts


def _rows(rows: Sequence[_RecordT] | None, unknown: _RecordT) -> Sequence[_RecordT]:
    """The rows; where the vendor leaves them out, one of which nothing is known."""
    return (unknown,) if rows is None else rows


def _row(
    families: Iterable[Family], labels: tuple[str, ...], measures: Iterable[int | None]
) -> Iterator[Told]:
    for family, value in zip(families, measures, strict=True):
        yield Told(family, labels, value)


API = LegacyApi(
    name="metrics",
    page=list[Day],
    page_days=100,
    days_back=100,
    families=(
        *CODE,
        *CHAT,
        DOTCOM_CHATS,
        PULL_REQUEST_SUMMARIES,
        ACTIVE_USERS,
        ENGAGED_USERS,
        CODE_ENGAGED_USERS,
        CHAT_ENGAGED_USERS,
        DOTCOM_CHAT_ENGAGED_USERS,
        PULL_REQUEST_ENGAGED_USERS,
    ),
    closed=(
        "GitHub closed this API on 2026-04-02: read copilot_reports there, or set base_url to a "
        "server that still speaks it"
    ),
    refused="a 422 means that the policy for access to the Copilot metrics API is off: enable it",
)

STREAM = stream(
    API,
    "copilot_metrics",
    "completions, chats and pull request summaries of Copilot by day, from the API that GitHub closed "
    "on 2026-04-02; it works against any server that still speaks it",
    Options,
)
