"""The exporter itself: is it up, what is wrong, can its numbers be trusted, and how fresh are they."""

from grafana.build.health_rows import PROCESS, STREAMS, VENDORS
from grafana.build.page import Page, Row, of_all
from grafana.build.panels import Column, Query, Stat, Table, Word

_LIVE = "The exporter's own numbers, live: without data it does not answer."
_SEEN = 'last_over_time(usage_exporter_build_info{job=~"$job"}[$__range])'
_ALERTS = 'job=~"$job", alertname=~"(UsageExporter|GitHub|Tabnine|Cursor|Anthropic).+"'

PAGE = Page(
    slug="health",
    title="Usage exporter / Exporter health",
    summary="Whether the exporter is up, what is wrong, and how fresh its numbers are.",
    variables=of_all(),
    since="now-7d",
    rows=(
        Row(
            "Is it up",
            (
                Stat(
                    title="Exporter",
                    note="DOWN: Prometheus cannot scrape one of the exporters, or none is left of those that it "
                    "scraped in the time range. All panels of live numbers have no data then.",
                    height=4,
                    words={0: Word("DOWN", "red"), 1: Word("up", "green")},
                    missing="never scraped",
                    query=Query(
                        f'min(up{{job=~"$job"}} and on (job, instance) {_SEEN})'
                        f" or 0 * count({_SEEN})"
                    ),
                ),
                Stat(
                    title="Targets down",
                    note="Targets that gave no stream a valid answer. One refused stream among good ones is "
                    f"not in here. {_LIVE}",
                    height=4,
                    steps={1: "red"},
                    query=Query("sum(usage_exporter_up{@} == bool 0)"),
                ),
                Stat(
                    title="Streams in trouble",
                    note=f"In any state but ok and empty, which is a full answer without records. {_LIVE}",
                    height=4,
                    steps={1: "orange"},
                    query=Query(
                        "sum(max by (vendor, account, stream, state)"
                        ' (usage_exporter_stream_state{@, state!~"ok|empty"}))'
                    ),
                ),
                Stat(
                    title="Configuration",
                    note=f"Refused: the exporter runs with an older one. {_LIVE}",
                    height=4,
                    words={0: Word("refused", "red"), 1: Word("read", "green")},
                    query=Query('min(usage_exporter_config_last_reload_successful{job=~"$job"})'),
                ),
                Stat(
                    title="Restarts",
                    note=f"In the time range, of all exporters together. {_LIVE}",
                    height=4,
                    steps={1: "orange"},
                    query=Query(
                        'changes(max(process_start_time_seconds{job=~"$job"}'
                        ' and on (job, instance) usage_exporter_build_info{job=~"$job"})'
                        '[$__range:1m]) and on () usage_exporter_build_info{job=~"$job"}'
                    ),
                ),
                Stat(
                    title="Series on the page",
                    note=f"All streams together. {_LIVE}",
                    height=4,
                    query=Query("sum(usage_exporter_series{@})"),
                ),
                Table(
                    title="Firing alerts",
                    note="Of the rules in the box, in this Prometheus, and for how long their condition has been "
                    "true. Empty: none fires, or the rules are not loaded.",
                    keys={
                        "severity": "Severity",
                        "alertname": "Alert",
                        "vendor": "Vendor",
                        "account": "Account",
                        "stream": "Stream",
                    },
                    width=12,
                    missing="No alert fires, or the rules are not loaded",
                    columns=(
                        Column(
                            "For",
                            "max by (severity, alertname, vendor, account, stream)"
                            f" (time() - ALERTS_FOR_STATE{{{_ALERTS}}} and ignoring (alertstate)"
                            f' ALERTS{{{_ALERTS}, alertstate="firing"}})',
                            "s",
                        ),
                    ),
                ),
                Table(
                    title="Streams in trouble, one by one",
                    note=f"The reason is on the exporter's status page. {_LIVE}",
                    keys={
                        "state": "State",
                        "vendor": "Vendor",
                        "account": "Account",
                        "stream": "Stream",
                    },
                    width=12,
                    missing="None, or no data",
                    columns=(
                        Column(
                            "Streams",
                            "max by (vendor, account, stream, state)"
                            ' (usage_exporter_stream_state{@, state!~"ok|empty"} == 1)',
                        ),
                    ),
                ),
            ),
        ),
        PROCESS,
        VENDORS,
        STREAMS,
    ),
)
