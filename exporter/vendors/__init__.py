"""The vendors: a table of streams each, a module per stream."""

from exporter.vendors import cursor
from exporter.vendors.base import AnyVendor

VENDORS: tuple[AnyVendor, ...] = (cursor.VENDOR,)
