"""GitHub's API: who burns the rate limit of an organization, and on what."""

from grafana.build.page import Page, Row, Variable, of_vendor
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import in_range, total

_LATE = (
    "API Insights is 4 to 6 hours late: the end of a line is not the present, and requests of a "
    "burst appear when GitHub shows them."
)
_HOUR = f"Each point is the sum of the hour before it. {_LATE}"
_OWN = "The exporter's own credential, live as of the last poll; not that of other apps."


def _share(family: str, by: str) -> str:
    limited = in_range(f"{family}_rate_limited_requests_total", by)
    sent = in_range(f"{family}_requests_total", by)
    return f"clamp_max({limited} / ({sent} > 0), 1)"


def _busiest(title: str, note: str, family: str, keys: dict[str, str]) -> Table:
    by = ", ".join(keys)
    return Table(
        title=title,
        note=f"{note} In the time range, the 20 with the most rate-limited requests and the 20 "
        f"with the most requests; an empty cell is none, or not among those 20. {_LATE}",
        keys=keys,
        height=10,
        width=24 if len(keys) > 2 else 12,
        columns=(
            Column(
                "Rate-limited",
                f"topk(20, {in_range(f'{family}_rate_limited_requests_total', by)}) > 0",
                steps={1: "orange", 1000: "red"},
            ),
            Column("Requests", f"topk(20, {in_range(f'{family}_requests_total', by)})"),
            Column("Share", f"topk(20, {_share(family, by)}) > 0", "percentunit"),
        ),
    )


PAGE = Page(
    slug="github-api",
    title="Usage exporter / GitHub API",
    summary="Who burns the organization's rate limit, by subject and by route.",
    variables=of_vendor("github", "api_insights|rate_limit"),
    choices=(Variable("resource", "Resource", "github_rate_limit_limit{@}"),),
    since="now-7d",
    rows=(
        Row(
            "The organization",
            (
                total(
                    "Requests",
                    f"In the time range. {_LATE}",
                    "github_api_requests_total",
                ),
                total(
                    "Rate-limited",
                    f"In the time range. {_LATE}",
                    "github_api_rate_limited_requests_total",
                ),
                Stat(
                    title="Share rate-limited",
                    note=f"In the time range. {_LATE}",
                    unit="percentunit",
                    steps={0.01: "orange", 0.05: "red"},
                    query=Query(_share("github_api", "job")),
                ),
                Lines(
                    title="Requests an hour",
                    note=f"{_HOUR} Rate-limited requests are among them.",
                    width=12,
                    queries=(
                        Query("sum(increase(github_api_requests_total{@}[1h]))", "requests"),
                        Query(
                            "sum(increase(github_api_rate_limited_requests_total{@}[1h]))",
                            "rate-limited",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Who burns the limit",
            (
                _busiest(
                    "Subjects",
                    "Users and apps.",
                    "github_api_subject",
                    {"subject_type": "Type", "subject_name": "Subject"},
                ),
                Lines(
                    title="Rate-limited requests an hour by subject",
                    note=f"The 10 with the most at each moment. {_HOUR}",
                    width=12,
                    height=10,
                    queries=(
                        Query(
                            "topk(10, sum by (subject_name) (increase("
                            "github_api_subject_rate_limited_requests_total{@}[1h])) > 0)",
                            "{{subject_name}}",
                        ),
                    ),
                ),
                _busiest(
                    "Routes",
                    "Only of the busiest and the configured actors, so less than the total.",
                    "github_api_route",
                    {"actor_name": "Actor", "http_method": "Method", "api_route": "Route"},
                ),
                Table(
                    title="Last seen",
                    note=f"Time since a subject's last request and last rejection. {_LATE}",
                    keys={"subject_type": "Type", "subject_name": "Subject"},
                    width=24,
                    sort_by="Last rate-limited",
                    descending=False,
                    columns=(
                        Column(
                            "Last rate-limited",
                            "time() - max by (subject_type, subject_name) ("
                            "github_api_subject_last_rate_limited_timestamp_seconds{@})",
                            "s",
                        ),
                        Column(
                            "Last request",
                            "time() - max by (subject_type, subject_name)"
                            " (github_api_subject_last_request_timestamp_seconds{@})",
                            "s",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "The exporter's own credential",
            (
                Lines(
                    title="Share of the limit left: $resource",
                    note=_OWN,
                    unit="percentunit",
                    maximum=1,
                    width=6,
                    height=6,
                    repeat="resource",
                    queries=(
                        Query(
                            "min by (account, resource) ("
                            'github_rate_limit_remaining{@, resource=~"$resource"}'
                            ' / (github_rate_limit_limit{@, resource=~"$resource"} > 0))',
                            "{{account}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
