"""The exporter itself: its processes, its vendors, its streams."""

from grafana.build.page import Row
from grafana.build.panels import Column, Lines, Query, Stat, Table

_LIVE = "The exporter's own numbers, live."
_KEY = "vendor, account, stream"
_OURS = 'and on (job, instance) usage_exporter_build_info{job=~"$job"}'

PROCESS = Row(
    "The process",
    (
        Lines(
            title="Memory",
            note=f"Resident, by instance. {_LIVE}",
            unit="bytes",
            queries=(
                Query(
                    f'process_resident_memory_bytes{{job=~"$job"}} {_OURS}',
                    "{{instance}}",
                ),
            ),
        ),
        Lines(
            title="CPU",
            note=f"Share of one core, by instance. {_LIVE}",
            unit="percentunit",
            queries=(
                Query(
                    f'rate(process_cpu_seconds_total{{job=~"$job"}}[$__rate_interval]) {_OURS}',
                    "{{instance}}",
                ),
            ),
        ),
        Stat(
            title="Running for",
            note=f"The youngest of the instances. {_LIVE}",
            unit="s",
            decimals=0,
            width=3,
            query=Query(f'time() - max(process_start_time_seconds{{job=~"$job"}} {_OURS})'),
        ),
        Stat(
            title="Counting since",
            note="When the state file was made; counters start afresh with it, so a recent "
            "time explains a gap in every other dashboard.",
            unit="dateTimeAsIso",
            width=3,
            query=Query('max(usage_exporter_state_created_timestamp_seconds{job=~"$job"}) * 1000'),
        ),
        Stat(
            title="Version",
            note=f"More than one value: instances of several versions run. {_LIVE}",
            width=2,
            query=Query(
                'count by (version) (usage_exporter_build_info{job=~"$job"})',
                "{{version}}",
            ),
        ),
    ),
)

VENDORS = Row(
    "Requests to the vendors",
    (
        Lines(
            title="Requests an hour: $vendor",
            note=f"By status code; error is no answer at all. {_LIVE}",
            repeat="vendor",
            queries=(
                Query(
                    "sum by (code) (increase(usage_exporter_api_requests_total{@}[1h]))",
                    "{{code}}",
                ),
            ),
        ),
        Lines(
            title="Answers of 429 an hour",
            note="The vendor says that its limit is reached; the exporter waits as long as it asks. "
            f"GitHub's second limits come as 403 and are not in here. {_LIVE}",
            queries=(
                Query(
                    "sum by (vendor, account)"
                    ' (increase(usage_exporter_api_requests_total{@, code="429"}[1h]))',
                    "{{vendor}} {{account}}",
                ),
            ),
        ),
        Lines(
            title="Quota left",
            note="Share of what GitHub grants the credential for its window, the scarcest resource of each "
            f"account. The other vendors tell no quota: see the time held back. {_LIVE}",
            unit="percentunit",
            maximum=1,
            queries=(
                Query(
                    'min by (account) (github_rate_limit_remaining{job=~"$job", account=~"$account"}'
                    ' / (github_rate_limit_limit{job=~"$job", account=~"$account"} > 0))',
                    "github {{account}}",
                ),
            ),
        ),
        Lines(
            title="Time to an answer, mean of an hour",
            note="From sending a request to the beginning of its answer, or to its failure; waiting for limits is "
            f"not in it. {_LIVE}",
            unit="s",
            queries=(
                Query(
                    "sum by (vendor, account) (increase(usage_exporter_api_answer_seconds_total{@}[1h]))"
                    " / (sum by (vendor, account)"
                    " (increase(usage_exporter_api_requests_total{@}[1h])) > 0)",
                    "{{vendor}} {{account}}",
                ),
            ),
        ),
        Table(
            title="Credentials that end",
            note="GitHub tells it of personal access tokens that have an end; a GitHub App renews its own, and the "
            f"other vendors tell nothing. {_LIVE}",
            keys={"vendor": "Vendor", "account": "Account"},
            width=8,
            sort_by="Ends in",
            descending=False,
            missing="None is known, or no data",
            columns=(
                Column(
                    "Ends in",
                    "min by (vendor, account)"
                    " (usage_exporter_credential_expiry_timestamp_seconds{@}) - time()",
                    "s",
                    {-1e9: "red", 86_400: "orange", 14 * 86_400: "text"},
                ),
            ),
        ),
        Lines(
            title="Time held back for the vendors' limits",
            note="Seconds of waiting for each second: near 1, a vendor's limit is what "
            f"decides how fast its polls are. {_LIVE}",
            unit="percentunit",
            width=16,
            queries=(
                Query(
                    "sum by (vendor, account)"
                    " (rate(usage_exporter_api_wait_seconds_total{@}[$__rate_interval]))",
                    "{{vendor}} {{account}}",
                ),
            ),
        ),
    ),
)

STREAMS = Row(
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
                        f"sum by ({_KEY}) (increase(usage_exporter_{name}_total{{@}}[$__range]))",
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
        Lines(
            title="Failed polls an hour by reason",
            note=f"A failed poll changes no number; the next one reads its days again. {_LIVE}",
            width=12,
            queries=(
                Query(
                    "sum by (vendor, stream, reason)"
                    " (increase(usage_exporter_poll_failures_total{@}[1h])) > 0",
                    "{{vendor}} {{stream}}: {{reason}}",
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
)
