"""What happened to the exporter, marked in the panels: a gap or a step has its reason there."""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders

from grafana.build import colours
from grafana.build.drawing import DATASOURCE


@dataclass(frozen=True)
class Event:
    """A mark where an expression has a value, or `at_value`: at the time that it is, in milliseconds."""

    name: str
    expr: str
    title: str
    colour: str
    step: str = "1m"
    at_value: bool = False


EVENTS = (
    Event(
        "Configuration read",
        'usage_exporter_config_last_reload_success_timestamp_seconds{job=~"$job"} * 1000',
        "{{instance}} read its configuration",
        colours.FAIR,
        at_value=True,
    ),
    Event(
        "Configuration refused",
        'changes(usage_exporter_config_last_reload_successful{job=~"$job"}[5m]) > 0'
        ' and usage_exporter_config_last_reload_successful{job=~"$job"} == 0',
        "{{instance}} could not read its configuration",
        colours.BAD,
        step="5m",
    ),
    Event(
        "State of a stream",
        'changes(usage_exporter_stream_state{job=~"$job"}[5m]) > 0'
        ' and usage_exporter_stream_state{job=~"$job"} == 1',
        "{{vendor}} {{account}} {{stream}}: {{state}}",
        colours.WARN,
        step="5m",
    ),
)


def annotation(event: Event) -> builders.AnnotationQuery:
    """The event as Grafana reads it."""
    return (
        builders.AnnotationQuery()
        .name(event.name)
        .datasource(DATASOURCE)
        .enable(True)
        .hide(False)
        .icon_color(event.colour)
        .expr(event.expr)
        .title_format(event.title)
        .step(event.step)
        .use_value_for_time(event.at_value)
    )
