"""What every block of the configuration file has in common."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class ConfigModel(BaseModel):
    """A block of the configuration: unknown keys and wrong types are errors, nothing is changed later."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, data: Any) -> Any:
        """Take lists for tuples, as YAML has none, and 10.0 for 10, as JSON Schema does."""
        if not isinstance(data, Mapping):
            return data
        return {key: _exact(value) for key, value in data.items()}


def _exact(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return tuple(value) if isinstance(value, list) else value


def word(value: object) -> object:
    """The word `on` or `off`, which YAML reads as a boolean where it has no quotes."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return value
