"""Which colour means what, in all dashboards."""

from collections.abc import Mapping

VENDORS: Mapping[str, str] = {
    "github": "#A352CC",
    "tabnine": "#3274D9",
    "cursor": "#56A64B",
    "anthropic": "#19A7B0",
}
"""A vendor keeps its colour. None of them is red or orange, which are bad."""

BOARDS: Mapping[str, str] = {
    "github": "copilot",
    "tabnine": "tabnine",
    "cursor": "cursor",
    "anthropic": "anthropic",
}
"""The dashboard of a vendor."""

GOOD, FAIR, WARN, BAD, CALM = "green", "blue", "orange", "red", "#8E8E8E"

SERIES = ("#5794F2", "#73BF69", "#B877D9", "#F2CC0C", "#33A2E5", "#C0D8FF", "#96D98D", "#DEB6F2")
"""For lines with fixed names, in their order: none is red or orange."""

NAMES: Mapping[str, str] = {
    "rate-limited": WARN,
    "seats": CALM,
    "registered": CALM,
    "budget": CALM,
    "in the pool": CALM,
    "30 days before": CALM,
}
"""Lines with fixed names that mean the same in all dashboards."""

LABELS: Mapping[str, Mapping[str, str]] = {
    "idle": {
        "under_7d": GOOD,
        "7d_to_30d": FAIR,
        "30d_to_90d": "yellow",
        "over_90d": WARN,
        "never": BAD,
    },
    "code": {"2..": GOOD, "304": FAIR, "429": WARN, "4(?!29)..": "yellow", "5..|error": BAD},
    "status": {
        "completed|success": GOOD,
        "pending|queued|processing|cloning|indexing": FAIR,
        "failed": BAD,
    },
    "decision": {"accepted": GOOD, "rejected": "yellow", "undecided": CALM},
    "source": {"tab": "#56A64B", "composer": "#96D98D", "non_ai": CALM},
}
"""Values of a label, as expressions, and their colours: good is never red."""

CELLS: Mapping[str, Mapping[str, str]] = {
    "vendor": VENDORS,
    "severity": {"critical": BAD, "warning": WARN, "info": FAIR},
    "state": {
        "unauthorized": BAD,
        "forbidden": BAD,
        "not_found": BAD,
        "schema_error": BAD,
        "error": BAD,
        "unavailable": WARN,
        "rate_limited": WARN,
    },
}
"""Values of a label in the cells of tables."""
