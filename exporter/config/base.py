"""What every block of the configuration file has in common."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from exporter.config.descriptions import descriptions


class ConfigModel(BaseModel):
    """A block of the configuration: unknown keys and wrong types are errors, nothing is changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, data: Any) -> Any:
        """Take lists for tuples, as YAML has none, and 10.0 for 10, as JSON Schema does."""
        if not isinstance(data, Mapping):
            return data
        return {key: _exact(value) for key, value in data.items()}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The schema of a block, with what its fields mean."""
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema)["properties"]
        for name, text in descriptions(cls).items():
            properties[name].setdefault("description", text)
        return schema


def _exact(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return tuple(value) if isinstance(value, list) else value


def word(value: object) -> object:
    """The word `on` or `off`, which YAML reads as a boolean where it has no quotes."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return value
