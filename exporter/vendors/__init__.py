"""The vendors: a table of streams each, a module per stream."""

from exporter.vendors import tabnine
from exporter.vendors.base import AnyVendor

VENDORS: tuple[AnyVendor, ...] = (tabnine.VENDOR,)
