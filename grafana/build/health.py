"""The exporter itself: can its numbers be trusted, and how fresh are they."""

from grafana.build.page import Page, Row, of_all
from grafana.build.panels import Column, Lines, Query, Stat, Table

_LIVE = "The exporter's own numbers, live."
_KEY = "vendor, account, stream"

PAGE = Page(
    slug="health",
    title="Usage exporter / Exporter health",
    summary="Whether the numbers can be trusted, and how fresh they are.",
    variables=of_all("usage_exporter_up"),
    since="now-7d",
    rows=(
        Row(
            "At a glance",
            (
                Stat(
                    height=4,
                    title="Targets in silence",
                    note="Targets that gave no stream a valid answer. One refused stream among good ones is "
                    f"not in here: see the table. {_LIVE}",
                    steps={1: "red"},
                    query=Query("count(usage_exporter_up{@} == 0) or vector(0)"),
                ),
                Stat(
                    height=4,
                    title="Streams not ok",
                    note=f"In any state but ok. {_LIVE}",
                    steps={1: "orange"},
                    query=Query(
                        'count(usage_exporter_stream_state{@, state!="ok"} == 1) or vector(0)'
                    ),
                ),
                Stat(
                    height=4,
                    title="Configuration is good",
                    note=f"1: yes; 0: the exporter runs with an older one. {_LIVE}",
                    unit="bool_yes_no",
                    steps={0: "red", 1: "green"},
                    query=Query('min(usage_exporter_config_last_reload_successful{job=~"$job"})'),
                ),
                Stat(
                    height=4,
                    title="Series on the page",
                    note=f"All streams together. {_LIVE}",
                    query=Query("sum(usage_exporter_series{@})"),
                ),
                Stat(
                    height=4,
                    title="Counting since",
                    note="When the state file was made; counters start afresh with it, so a recent "
                    "time explains a gap in every other dashboard.",
                    unit="dateTimeAsIso",
                    width=5,
                    query=Query(
                        'max(usage_exporter_state_created_timestamp_seconds{job=~"$job"}) * 1000'
                    ),
                ),
                Stat(
                    height=4,
                    title="Version",
                    note=f"More than one value: instances of several versions run. {_LIVE}",
                    width=3,
                    query=Query(
                        'count by (version) (usage_exporter_build_info{job=~"$job"})',
                        "{{version}}",
                    ),
                ),
            ),
        ),
        Row(
            "Streams",
            (
                Table(
                    title="Streams",
                    note="Data age: time since the end of the newest data, hours to days for most "
                    "vendors and normal. Intervals since success: above 2, polls are failing. "
                    "An empty age: the stream has no data with a time. Events of the range.",
                    keys={"vendor": "Vendor", "account": "Account", "stream": "Stream"},
                    width=24,
                    height=13,
                    sort_by="Intervals since success",
                    columns=(
                        Column(
                            "Intervals since success",
                            f"max by ({_KEY})"
                            " ((time() - usage_exporter_last_success_timestamp_seconds{@})"
                            f" / on ({_KEY}, job, instance)"
                            " usage_exporter_poll_interval_seconds{@})",
                            "none",
                            {2: "orange", 4: "red"},
                        ),
                        Column(
                            "Data age",
                            f"time() - max by ({_KEY}) (usage_exporter_data_timestamp_seconds{{@}})",
                            "s",
                        ),
                        Column(
                            "Walk done",
                            f"min by ({_KEY}) (usage_exporter_walk_progress_ratio{{@}})",
                            "percentunit",
                        ),
                        Column("Series", f"sum by ({_KEY}) (usage_exporter_series{{@}})"),
                        *(
                            Column(
                                heading,
                                f"sum by ({_KEY})"
                                f" (increase(usage_exporter_{name}_total{{@}}[$__range]))",
                                steps=steps,
                            )
                            for heading, name, steps in (
                                ("Polls", "polls", {}),
                                ("Failures", "poll_failures", {1: "orange"}),
                                ("Corrections", "corrections", {}),
                                ("Folded", "series_folded", {1: "orange"}),
                                ("Rejected records", "records_rejected", {1: "orange"}),
                                ("Unknown fields", "schema_drift", {1: "orange"}),
                            )
                        ),
                    ),
                ),
                Table(
                    title="States",
                    note=f"The state of every stream. {_LIVE}",
                    keys={
                        "vendor": "Vendor",
                        "account": "Account",
                        "stream": "Stream",
                        "state": "State",
                    },
                    columns=(
                        Column(
                            "In it",
                            f"max by ({_KEY}, state) (usage_exporter_stream_state{{@}}) == 1",
                        ),
                    ),
                ),
                Lines(
                    title="Failed polls an hour by reason",
                    note=f"A failed poll changes no number; the next one reads its days again. "
                    f"{_LIVE}",
                    width=12,
                    queries=(
                        Query(
                            "sum by (vendor, stream, reason)"
                            " (increase(usage_exporter_poll_failures_total{@}[1h])) > 0",
                            "{{vendor}} {{stream}}: {{reason}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Requests to the vendors",
            (
                Lines(
                    title="Requests: $vendor",
                    note=f"By status code; error is no answer at all. {_LIVE}",
                    unit="reqps",
                    repeat="vendor",
                    queries=(
                        Query(
                            "sum by (code)"
                            " (rate(usage_exporter_api_requests_total{@}[$__rate_interval]))",
                            "{{code}}",
                        ),
                    ),
                ),
                Lines(
                    title="Time held back for the vendors' limits",
                    note="Seconds of waiting for each second: near 1, a vendor's limit is what "
                    f"decides how fast its polls are. {_LIVE}",
                    unit="percentunit",
                    width=12,
                    queries=(
                        Query(
                            "sum by (vendor, account)"
                            " (rate(usage_exporter_api_wait_seconds_total{@}[$__rate_interval]))",
                            "{{vendor}} {{account}}",
                        ),
                    ),
                ),
                Lines(
                    title="Duration of polls, mean of an hour",
                    note=f"Waiting for limits included. {_LIVE}",
                    unit="s",
                    width=12,
                    queries=(
                        Query(
                            "sum by (vendor, stream)"
                            " (increase(usage_exporter_poll_duration_seconds_sum{@}[1h]))"
                            " / (sum by (vendor, stream)"
                            " (increase(usage_exporter_poll_duration_seconds_count{@}[1h])) > 0)",
                            "{{vendor}} {{stream}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
