"""Tokens as Anthropic's reports tell them."""

from typing import ClassVar

import msgspec

from exporter.streams import kit

ASSISTANT_KINDS = {
    "input_uncached": "input",
    "input_cache_read": "cached",
    "cache_write_5m": "input",
    "cache_write_1h": "input",
    "output": "output",
}
"""The kinds of tokens, each with the kind of the family that vendors have in common."""


class CacheCreation(msgspec.Struct, kw_only=True):
    """Tokens that were written into a cache, by how long it keeps them."""

    ephemeral_1h_input_tokens: kit.Count
    ephemeral_5m_input_tokens: kit.Count


class Tokens(msgspec.Struct, kw_only=True):
    """Tokens by kind."""

    ignored: ClassVar[frozenset[str]] = kit.names("server_tool_use total_tokens")

    uncached_input_tokens: kit.Count
    output_tokens: kit.Count
    cache_read_input_tokens: kit.Count
    cache_creation: CacheCreation

    @property
    def by_kind(self) -> dict[str, int]:
        """The tokens by kind, none of which is in another one."""
        return {
            "input_uncached": self.uncached_input_tokens,
            "input_cache_read": self.cache_read_input_tokens,
            "cache_write_5m": self.cache_creation.ephemeral_5m_input_tokens,
            "cache_write_1h": self.cache_creation.ephemeral_1h_input_tokens,
            "output": self.output_tokens,
        }
