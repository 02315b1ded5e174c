"""What stream `ai_credits` can be told."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from exporter.streams import kit
from exporter.vendors.github.vendor import GithubTarget


class Options(kit.CountingOptions):
    """Options of `ai_credits`."""

    interval: kit.Duration = Field(default=6 * kit.HOUR, ge=1)
    lookback: kit.Duration = Field(default=7 * kit.DAY, ge=0)
    """How far back days are read again once a day: GitHub posts lines late, and takes some back."""
    recent: kit.Duration = Field(default=kit.DAY, ge=0)
    """How much of the lookback every poll reads again."""
    by: Literal["model", "organization", "cost_center"] = "model"
    """What an enterprise's use is told by besides the model; each organization or cost center takes requests of its own."""
    organizations: tuple[str, ...] = ()
    """With by: organization, the logins of those that are asked for; what is left of the enterprise is `other`."""
    cost_centers: Annotated[Literal["auto"] | tuple[str, ...], BeforeValidator(kit.word)] = "auto"
    """With by: cost_center, all of them, or these ids; what none is charged for is asked for in any case."""
    expected_cost_centers: int = Field(default=10, ge=0)
    """How many the plan of `check` takes for auto; all are read."""

    @model_validator(mode="after")
    def _what_it_is_told_by(self) -> Self:
        if self.by == "organization" and not self.organizations:
            raise ValueError(
                "by: organization needs organizations, as organizations: [acme, acme-labs]"
            )
        if self.by != "organization" and self.organizations:
            raise ValueError(
                "organizations takes effect with by: organization only; add it, or remove them"
            )
        if self.by != "cost_center" and self.cost_centers not in ("auto", ()):
            raise ValueError(
                "cost_centers takes effect with by: cost_center only; add it, or remove them"
            )
        return self


def told_by_model_only(target: GithubTarget) -> str | None:
    """Why an organization cannot have the stream by something else than the model."""
    chosen = getattr(target.streams, "ai_credits", None)
    if target.enterprise or chosen is None or chosen.by == "model":
        return None
    return f"GitHub tells use by {chosen.by} of enterprises only: remove by"
