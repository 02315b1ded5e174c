"""The records of Copilot usage reports, as they stand in the files."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from exporter.simulator.answers import format_seconds
from exporter.simulator.world.copilot_activity import (
    CopilotActivity,
    DayReport,
    Figures,
    PersonDay,
    Use,
    sum_of,
)
from exporter.simulator.world.people import Developer
from exporter.simulator.world.repository_days import REVIEW_TIMES_SINCE, RepositoryDays, Requests

ENTERPRISE_ID = "4301"
ORGANIZATION_ID = "770077"
FIRST_TEAM_ID = 51_000
FIELDS = (
    "user_initiated_interaction_count",
    "code_generation_activity_count",
    "code_acceptance_activity_count",
    "loc_suggested_to_add_sum",
    "loc_suggested_to_delete_sum",
    "loc_added_sum",
    "loc_deleted_sum",
)
PHASES = ("ready_to_first_review", "first_to_final_review", "final_review_to_merge")

Record = dict[str, Any]


def date_of(day: int) -> str:
    """As 2026-01-05."""
    return format_seconds(day)[:10]


def entity_record(activity: CopilotActivity, report: DayReport, *, enterprise: bool) -> Record:
    """The one record of an enterprise's or organization's file."""
    uses = list(report.uses())
    line = report.command_line
    record = {
        **_scope(report, enterprise=enterprise),
        "daily_active_users": len(report.people),
        "weekly_active_users": len(activity.active(report.day, 7)),
        "monthly_active_users": len(activity.active(report.day, 28)),
        "monthly_active_chat_users": len(activity.active(report.day, 28)),
        "monthly_active_agent_users": len(activity.active(report.day, 28)) * 2 // 3,
        "daily_active_cli_users": sum(
            1 for person in report.people.values() if person.command_line.sessions
        ),
        **_fields(sum_of(use.figures for use in uses)),
        **_breakdowns(uses),
        "pull_requests": _pull_requests(report.pull_requests),
    }
    if any(line):
        record["totals_by_cli"] = {
            "session_count": line.sessions,
            "request_count": line.requests,
            "prompt_count": line.prompts,
            "token_usage": {
                "output_tokens_sum": line.output_tokens,
                "prompt_tokens_sum": line.prompt_tokens,
                "avg_tokens_per_request": round(
                    (line.output_tokens + line.prompt_tokens) / max(line.requests, 1), 2
                ),
            },
        }
    return record


def user_records(
    report: DayReport, developers: tuple[Developer, ...], *, enterprise: bool
) -> Iterator[Record]:
    """A record for each active person."""
    for index, person in report.people.items():
        yield {
            **_person(developers[index]),
            **_scope(report, enterprise=enterprise),
            "ai_credits_used": 1.5,
            **_fields(person.figures),
            "used_agent": _used(person, "agent_edit"),
            "used_cli": _used(person, "copilot_cli"),
            "used_copilot_code_review_active": None,
            **_breakdowns(person.uses),
        }


def team_records(
    activity: CopilotActivity,
    report: DayReport,
    developers: tuple[Developer, ...],
    *,
    enterprise: bool,
) -> Iterator[Record]:
    """A record for each person and team; people who were not active are there too."""
    ids: dict[str, int] = {}
    for index, developer in enumerate(developers):
        for team in activity.teams_of(index):
            yield {
                **_person(developer),
                **_scope(report, enterprise=enterprise),
                "team_id": ids.setdefault(team, FIRST_TEAM_ID + len(ids)),
                "slug": team,
            }


def repository_records(
    activity: CopilotActivity,
    report: DayReport,
    called: Callable[[str], str],
    *,
    enterprise: bool,
) -> Iterator[Record]:
    """A record for each repository with pull requests; `called` is what one is called."""
    days = activity.repositories
    for place, requests in report.repositories.items():
        repository = days.repositories[place]
        owner, _, name = called(repository.name).rpartition("/")
        record = {
            **_scope(report, enterprise=enterprise),
            "repo_id": repository.id,
            "repo_owner_name": owner,
            "repo_name": name,
            "repo_visibility": repository.visibility,
            "pull_requests": _pull_requests(requests)
            | {
                "total_suggestions": requests.suggestions,
                "total_applied_suggestions": requests.applied_suggestions,
                "total_copilot_suggestions": requests.suggestions_by_copilot,
                "total_copilot_applied_suggestions": requests.applied_suggestions_by_copilot,
            },
        }
        if requests.merged and report.day >= REVIEW_TIMES_SINCE:
            record["pull_request_review_times"] = [
                *_review_times(days, report.day, place, requests)
            ]
        yield record


def _pull_requests(requests: Requests) -> Record:
    told = {
        "total_created": requests.created,
        "total_reviewed": requests.reviewed,
        "total_merged": requests.merged,
        "total_created_by_copilot": requests.created_by_copilot,
        "total_reviewed_by_copilot": requests.reviewed_by_copilot,
        "total_merged_created_by_copilot": requests.merged_created_by_copilot,
        "total_merged_reviewed_by_copilot": requests.merged_reviewed_by_copilot,
    }
    return told | {"median_minutes_to_merge": 214.5} if requests.merged else told


def _review_times(
    days: RepositoryDays, day: int, place: int, requests: Requests
) -> Iterator[Record]:
    """By who made the pull requests that people have read."""
    by_copilot = requests.merged_created_by_copilot
    for author, merged in (("human", requests.merged - by_copilot), ("copilot", by_copilot)):
        if merged:
            times: Record = {"authored_by": author, "reviewed_by": "human", "total_merged": merged}
            for phase in PHASES:
                median, highest = days.minutes(day, place, f"{author} {phase}")
                times |= {f"median_minutes_{phase}": median, f"p90_minutes_{phase}": highest}
            yield times


def _person(developer: Developer) -> Record:
    return {"user_id": developer.numeric_id, "user_login": developer.login}


def _scope(report: DayReport, *, enterprise: bool) -> Record:
    scope = {"day": date_of(report.day), "enterprise_id": ENTERPRISE_ID}
    return scope if enterprise else scope | {"organization_id": ORGANIZATION_ID}


def _fields(figures: Figures) -> Record:
    return dict(zip(FIELDS, figures, strict=True))


def _used(person: PersonDay, feature: str) -> bool:
    return any(use.feature == feature for use in person.uses)


def _breakdowns(uses: Iterable[Use]) -> Record:
    uses = list(uses)
    return {
        "totals_by_ide": _rows(uses, ("ide",)),
        "totals_by_feature": _rows(uses, ("feature",)),
        "totals_by_language_feature": [
            {name: value for name, value in row.items() if name != FIELDS[0]}
            for row in _rows(uses, ("language", "feature"))
        ],
        "totals_by_model_feature": _rows(uses, ("model", "feature")),
    }


def _rows(uses: Iterable[Use], names: tuple[str, ...]) -> list[Record]:
    return [
        dict(zip(names, key, strict=True)) | _fields(figures)
        for key, figures in grouped(uses, lambda use: tuple(getattr(use, name) for name in names))
    ]


def grouped(
    uses: Iterable[Use], key: Callable[[Use], tuple[str | None, ...]]
) -> list[tuple[tuple[str, ...], Figures]]:
    """The sums of uses by a key; those that lack a part of it are in none."""
    sums: dict[tuple[str, ...], list[Figures]] = {}
    for use in uses:
        names = tuple(part for part in key(use) if part is not None)
        if len(names) == len(key(use)):
            sums.setdefault(names, []).append(use.figures)
    return sorted((names, sum_of(rows)) for names, rows in sums.items())
