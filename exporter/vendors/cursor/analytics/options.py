"""The options of `analytics`: which metrics are asked for."""

from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from exporter.streams import kit

Aspect: TypeAlias = Literal["intents", "complexity", "categories", "guidanceLevels", "workTypes"]


class Options(kit.CountingOptions):
    """Options of `analytics`."""

    interval: kit.Duration = Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = Field(default=7 * kit.DAY, ge=0)
    dau: bool = True
    """People who used Cursor on a day, by surface."""
    agent_edits: bool = True
    """Diffs of the agent and what became of them."""
    tabs: bool = True
    """Completions of Tab and what became of them."""
    models: bool = True
    """Messages by model."""
    client_versions: bool = True
    """People by version of Cursor."""
    most_client_versions: int = Field(default=20, ge=1)
    """How many versions are shown by name; people with others are in `other`."""
    mcp: bool = True
    """Calls of MCP tools."""
    commands: bool = True
    """Uses of commands."""
    skills: bool = True
    """Uses of skills."""
    plans: bool = True
    """Uses of plan mode."""
    ask_mode: bool = True
    """Uses of ask mode."""
    conversation_insights: tuple[Aspect, ...] = ()
    """How conversations are sorted and counted, where the team has switched that on: a request for each
    of these and each day."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        metrics = any(value is True for name, value in self if name != "enabled")
        if self.enabled and not (metrics or self.conversation_insights):
            raise ValueError("asks for no metric: switch one on, or set enabled: false")
        return self
