"""All that a stream is written with, under one name: `from exporter.streams import kit`."""

from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    PollError,
    RateLimitedError,
    SchemaError,
    State,
    UnauthorizedError,
    UnavailableError,
)
from exporter.client.paging import MOST_PAGES, BodyFlag, Chained, LinkHeader, Page
from exporter.config.base import ConfigModel, word
from exporter.config.durations import Duration
from exporter.model import (
    DAY,
    HOUR,
    MINUTE,
    OTHER,
    UNKNOWN,
    Coverage,
    GroupSizes,
    Merge,
    Metric,
    MetricType,
    Person,
    Sample,
    Window,
    floor,
)
from exporter.streams.breakdown import Breakdown
from exporter.streams.contract import AnyStream, Batch, Batches, Cost, Stream
from exporter.streams.csv_rows import CsvRows
from exporter.streams.dates import date_of, iso, iso_day, moment, unix
from exporter.streams.due_days import DueDays, days_a_poll
from exporter.streams.events import Add, Distinct, Reject, Row, events
from exporter.streams.members import Members
from exporter.streams.options import CountingOptions, StreamOptions, every
from exporter.streams.payload import Count, names
from exporter.streams.probe import once
from exporter.streams.rejects import checked
from exporter.streams.source import Source
from exporter.streams.table import Table, counter, gauge
from exporter.streams.tally import Group, Tally
