"""The options that streams take in the configuration file."""

from pydantic import Field, create_model

from exporter.config.base import ConfigModel
from exporter.config.durations import Duration


class StreamOptions(ConfigModel):
    """What every stream takes; a stream with more options adds fields to a subclass."""

    enabled: bool = True
    """Whether the stream is polled. A disabled stream makes no request."""
    interval: Duration = Field(default=300, ge=1)
    """Time from the start of one poll to the start of the next."""
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """A limit of this stream's own, besides that of its endpoints."""
    max_series: int | None = Field(default=None, ge=1)
    """Replaces limits.series_per_stream for this stream."""
    drop_labels: tuple[str, ...] = ()
    """Labels that the stream's series do not have; what differed only in them is added up."""


class CountingOptions(StreamOptions):
    """What a stream takes that counts by bucket."""

    lookback: Duration = Field(default=86_400, ge=0)
    """How far back each poll reads again, because the vendor revises its data."""


def every(interval: int) -> type[StreamOptions]:
    """The options of a stream that has none of its own, and is polled at this interval."""
    field = Field(default=interval, ge=1)
    return create_model("StreamOptions", __base__=StreamOptions, interval=(Duration, field))
