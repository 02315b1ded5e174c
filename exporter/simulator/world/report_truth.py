"""What an exporter must count of Copilot usage reports, computed from what people did."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from exporter.model import OTHER
from exporter.simulator.world.copilot_activity import (
    CopilotActivity,
    DayReport,
    Figures,
    Use,
    sum_of,
)
from exporter.simulator.world.people import Developer

Labels: TypeAlias = tuple[tuple[str, str], ...]
Count: TypeAlias = tuple[str, Labels, int]

_MEASURES = (
    "interactions",
    "code_generations",
    "code_acceptances",
    "lines_suggested_to_add",
    "lines_suggested_to_delete",
    "lines_added",
    "lines_deleted",
)
_USER_MEASURES = ("interactions", "code_generations", "code_acceptances", "lines_added")


_OF_REPOSITORIES_ONLY = "suggestions"
"""What the records of accounts do not tell."""


def report_counts(
    activity: CopilotActivity,
    developers: tuple[Developer, ...],
    report: DayReport,
    called: Callable[[str], str],
) -> Iterator[Count]:
    """The counts of one day as it is told; `called` is what a repository is called then."""
    for use in report.uses():
        for prefix, labels in _breakdowns(use):
            yield from _measured(prefix, labels, use.figures)
    for name, value in report.command_line._asdict().items():
        kind, tokens, _ = name.partition("_tokens")
        labels = (("token_kind", kind),) if tokens else ()
        yield f"github_copilot_cli_{'tokens' if tokens else name}_total", labels, value
    for name, value in report.pull_requests._asdict().items():
        if _OF_REPOSITORIES_ONLY not in name:
            yield f"github_copilot_pull_requests_{name}_total", (), value
    for place, requests in report.repositories.items():
        labels = (("repository", called(activity.repositories.repositories[place].name)),)
        for name, value in requests._asdict().items():
            yield f"github_copilot_repository_pull_requests_{name}_total", labels, value
    for index, person in report.people.items():
        for team in activity.teams_of(index):
            yield from _measured("team_", (("team_slug", team),), person.figures)
        user = (("user", developers[index].login),)
        for name, labels, value in _measured("user_", user, person.figures):
            if name.removeprefix("github_copilot_user_").removesuffix("_total") in _USER_MEASURES:
                yield name, labels, value
    yield from _across(sum_of(use.figures for use in report.uses()))


def _breakdowns(use: Use) -> Iterator[tuple[str, Labels]]:
    """Every breakdown has everything: what it says nothing of is `other`."""
    yield "", (("feature", use.feature or OTHER),)
    yield "ide_", (("ide", use.ide or OTHER),)
    for name, value in (("language", use.language), ("model", use.model)):
        whole = value is not None and use.feature is not None
        yield (
            f"{name}_",
            (
                (name, value if whole and value else OTHER),
                ("feature", use.feature if whole and use.feature else OTHER),
            ),
        )


def _measured(prefix: str, labels: Labels, figures: Figures) -> Iterator[Count]:
    for measure, value in zip(_MEASURES, figures, strict=True):
        if not (prefix == "language_" and measure == "interactions"):
            yield f"github_copilot_{prefix}{measure}_total", labels, value


def _across(figures: Figures) -> Iterator[Count]:
    interactions, generations, acceptances, _, _, added, _ = figures
    for name, value in (
        ("chat_interactions", interactions),
        ("suggestions", generations),
        ("acceptances", acceptances),
        ("lines_accepted", added),
    ):
        yield f"assistant_{name}_total", (("vendor", "github"),), value
