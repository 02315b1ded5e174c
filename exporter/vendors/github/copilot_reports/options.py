"""The options of stream `copilot_reports`."""

from typing import Self

from pydantic import Field, model_validator

from exporter.config.durations import format_duration
from exporter.streams.kit import DAY, HOUR, CountingOptions, Duration


class Options(CountingOptions):
    """Options of `copilot_reports`."""

    interval: Duration = Field(default=6 * HOUR, ge=1)
    lookback: Duration = Field(default=7 * DAY, ge=0)
    """How far back each poll reads again; at least report_lag and a day."""
    report_lag: Duration = Field(default=0, ge=0)
    """How long after the end of a day its report is first asked for."""
    settled_after: Duration = Field(default=5 * DAY, ge=0)
    """How long after the end of a day its report is read again in every poll."""
    teams: bool = False
    """Whether people are joined with their teams: two more reports a day, one of them large."""
    users: bool = False
    """Whether people have totals of their own; needs privacy.users, and reads a large report."""
    repositories: bool = False
    """Whether pull requests are counted by repository: one more report a day."""
    private_repository_names: bool = True
    """Whether repositories that are not public are shown by name, or as `private` and `internal` only."""

    @model_validator(mode="after")
    def _reaches_a_report(self) -> Self:
        least = self.report_lag + DAY
        if self.lookback < least:
            raise ValueError(
                f"lookback must be at least {format_duration(least)} (report_lag and a day), "
                "or no day would be read again"
            )
        return self
