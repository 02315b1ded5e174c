"""The vendors: a table of streams each, a module per stream."""

from exporter.vendors import anthropic, cursor, github, tabnine
from exporter.vendors.base import AnyVendor

VENDORS: tuple[AnyVendor, ...] = (
    github.VENDOR,
    tabnine.VENDOR,
    cursor.VENDOR,
    anthropic.VENDOR,
)
