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
        """YAML has no tuples, and to JSON Schema 10.0 is a whole number."""
        if not isinstance(data, Mapping):
            return data
        return {key: _exact(value) for key, value in data.items()}


def _exact(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return tuple(value) if isinstance(value, list) else value


def word(value: object) -> object:
    """The word for what YAML reads as a boolean: a bare `on` or `off`."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return value
