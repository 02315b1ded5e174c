"""The blocks of the configuration file."""

from typing import Annotated, Any, Literal, Self, Union

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from exporter.config.base import ConfigModel, word
from exporter.config.durations import Duration, format_duration
from exporter.poll.transform.privacy import Users
from exporter.vendors import VENDORS
from exporter.vendors.base import AnyVendor, Target


class StateConfig(ConfigModel):
    """Where counts are kept."""

    path: str = Field(default="usage-exporter.db", min_length=1)
    """The state file (SQLite). Its directory must exist and be writable."""


class PrivacyConfig(ConfigModel):
    """What becomes of people."""

    users: Annotated[Users, Field(strict=False), BeforeValidator(word)] = Users.OFF
    """off: no people at all; pseudonym: keyed hashes; plain: as the vendor names them."""
    key_file: str | None = None
    """The key of the pseudonyms: a file with at least 16 bytes that stays the same."""
    min_group_size: int = Field(default=5, ge=0)
    """A team of fewer people is not shown by name but counted in `other`; 0 and 1 show all."""

    @model_validator(mode="after")
    def _key_for_pseudonyms(self) -> Self:
        if self.users is Users.PSEUDONYM and self.key_file is None:
            raise ValueError(
                "users: pseudonym needs key_file; make a key (openssl rand -hex 32 > PATH) and give "
                "key_file: PATH"
            )
        return self

    @property
    def shows_people(self) -> bool:
        """Whether families of people exist."""
        return self.users is not Users.OFF


class LimitsConfig(ConfigModel):
    """What bounds memory and series."""

    series_per_stream: int = Field(default=5_000, ge=1)
    """Series of one stream of one target; further ones are added to `other`. Streams may have their own."""


class CountingConfig(ConfigModel):
    """How counters begin and gauges end."""

    birth_hold: Duration = Field(default=120, ge=0)
    """How long a series is shown at 0 before its first value; more than a scrape interval."""
    history: Literal["baseline", "count"] = "baseline"
    """Whether the lookback of the first poll is where counting starts, or is counted itself."""
    expire_after: Duration = Field(default=86_400, ge=1)
    """How long a gauge is shown after it was last read."""


_AnyTarget: Any = Annotated[
    Union[tuple(vendor.target for vendor in VENDORS)],  # noqa: UP007  # built from the table
    Field(discriminator="vendor"),
]
one_target: TypeAdapter[Target] = TypeAdapter(_AnyTarget)


class Config(ConfigModel):
    """Configuration of usage-exporter."""

    targets: list[_AnyTarget] = Field(min_length=1, strict=False)
    """The accounts that are polled."""
    state: StateConfig = StateConfig()
    """Where counts are kept."""
    privacy: PrivacyConfig = PrivacyConfig()
    """What becomes of people."""
    limits: LimitsConfig = LimitsConfig()
    """What bounds memory and series."""
    counting: CountingConfig = CountingConfig()
    """How counters begin and gauges end."""


class _Schema(GenerateJsonSchema):
    """Shows the default of a duration as one writes it, not as seconds."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        shown = super().default_schema(schema)
        if {"const": 0} in shown.get("anyOf", ()) and isinstance(shown.get("default"), int):
            shown["default"] = format_duration(shown["default"])
        return shown


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors and other tools."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(Config).json_schema(schema_generator=_Schema),
        "patternProperties": {"^x-": {"description": "Free, for anchors."}},
    }


def vendor_of(target: Target) -> AnyVendor:
    """The vendor of a configured target."""
    return next(vendor for vendor in VENDORS if vendor.name == target.vendor)
