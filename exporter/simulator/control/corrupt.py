"""How a good body becomes a bad one."""

import csv
import io
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

GARBAGE = b'\x00\xff\xfe{"items": [\x80\x81 not json, not csv'
SURPRISE_FIELD = "surprise"
_TABNINE_FIELDS = ("eventType", "activeUsers", "repository_link", "registered", "username", "id")
_CURSOR_FIELDS = ("timestamp", "spendCents", "role")
_TOTALS = {"totalCount", "total", "totalUsageEventsCount", "totalMembers"}
_LISTS = ("items", "data", "usageEvents", "teamMemberSpend", "teamMembers")
_FIELDS_OF_EVERY_ROW = (
    *("createdAt", "created_at", "total_request_count", "limit"),
    *_TABNINE_FIELDS,
    *_CURSOR_FIELDS,
)


_FIRST = {"page": 1, "offset": 0}


def first_page(query: bytes) -> bytes:
    """The query with any page number replaced by 1, and any offset by 0."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return urlencode([(name, _FIRST.get(name, value)) for name, value in pairs]).encode()


def first_page_asked(body: bytes) -> bytes:
    """The same of the JSON body of a request; one that is no JSON object stays as it is."""
    try:
        asked: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    if not isinstance(asked, dict):
        return body
    return msgspec.json.encode({name: _FIRST.get(name, value) for name, value in asked.items()})


def spoil_json(kind: str, field: str | None, body: bytes) -> bytes:
    """Spoil one field in all rows of a JSON body, or the total of its envelope."""
    content: Any = msgspec.json.decode(body)
    if kind == "lie_total" and isinstance(content, dict):
        for envelope in (content, content.get("meta", {})):
            for total in _TOTALS & envelope.keys():
                envelope[total] = envelope[total] * 2 + 1000
    for row in _rows(content):
        name = field or next((known for known in _FIELDS_OF_EVERY_ROW if known in row), "")
        if kind == "missing_field":
            row.pop(name, None)
        elif kind == "wrong_type" and name:
            row[name] = {"unexpected": ["object"]}
        elif kind == "extra_field":
            row[SURPRISE_FIELD] = {"nested": [1, None]}
    return msgspec.json.encode(content)


def _rows(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        content = content.get("usage", content)
        content = next((content[name] for name in _LISTS if name in content), [content])
    return [row for row in content if isinstance(row, dict)]


def spoil_csv(kind: str, field: str | None, body: bytes) -> bytes:
    """Spoil one column of a CSV body, or cut its middle row short."""
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    header = rows[0]
    name = field or next((known for known in _FIELDS_OF_EVERY_ROW if known in header), header[0])
    index = header.index(name) if name in header else None
    if kind == "missing_field" and index is not None:
        for row in rows:
            del row[index]
    elif kind == "wrong_type" and index is not None:
        for row in rows[1:]:
            row[index] = "unexpected"
    elif kind == "extra_field":
        header.append(SURPRISE_FIELD)
        for row in rows[1:]:
            row.append("extra")
    elif kind == "short_row" and len(rows) > 1:
        middle = rows[len(rows) // 2]
        del middle[len(middle) // 2 :]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
