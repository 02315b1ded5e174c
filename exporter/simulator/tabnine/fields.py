"""How Tabnine writes the figures of a bucket: v1, v2 and agent usage."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from exporter.simulator.world.assistance import NOTHING, Figures

CHAT_MODEL = "3c9b6f1e-4d2a-4a7b-9c10-0000000000a1"
AGENT_MODELS = ("3c9b6f1e-4d2a-4a7b-9c10-0000000000a2", "3c9b6f1e-4d2a-4a7b-9c10-0000000000a3")
INPUT_TOKENS_PER_CHAT = 1_800
OUTPUT_TOKENS_PER_CHAT = 320
MICRODOLLARS_PER_INPUT_TOKEN = 3
MICRODOLLARS_PER_OUTPUT_TOKEN = 15

Tally: TypeAlias = dict[int, Figures]
"""The figures of each person over the days of a bucket."""


def _sum(tally: Iterable[Figures]) -> Figures:
    return Figures._make(map(sum, zip(NOTHING, *tally, strict=True)))


def _ratio(part: int, rest: int) -> float:
    return round(part / (part + rest), 3) if part else 0


def _active(tally: Tally) -> int:
    return sum(1 for figures in tally.values() if figures.active)


def _completions(tally: Tally, total: Figures) -> dict[str, Any]:
    return {
        "activeUsers": sum(1 for figures in tally.values() if figures.completions),
        "completions": total.completions,
        "charsCompleted": total.completion_characters,
        "keystrokes": total.keystrokes,
        "lines": total.completion_lines,
    }


def _agent_lines(total: Figures) -> dict[str, int]:
    return {
        "linesAdded": total.agent_lines_added,
        "linesAddedAccepted": total.agent_lines_added_accepted,
        "linesRemoved": total.agent_lines_removed,
        "linesRemovedAccepted": total.agent_lines_removed_accepted,
    }


def _delegating(tally: Tally) -> int:
    return sum(1 for figures in tally.values() if figures.agent_interactions)


def v1_fields(tally: Tally, *, legacy: bool) -> dict[str, Any]:
    """With the ratios, which are made of the sums."""
    total = _sum(tally.values())
    characters = total.completion_characters
    fields: dict[str, Any] = {
        "activeUsers": _active(tally),
        "productivityFactor": _ratio(characters + total.chat_characters, total.keystrokes),
        "codeCompletions": {
            **_completions(tally, total),
            "automationFactor": _ratio(characters, total.keystrokes),
        },
        "chat": {
            "activeUsers": sum(1 for figures in tally.values() if figures.chat_interactions),
            "interactions": total.chat_interactions,
            "usefulChatInteractions": total.chat_useful_interactions,
            "lines": total.chat_lines,
            "charsCompleted": total.chat_characters,
            "chatConsumptionRate": _ratio(
                total.chat_useful_interactions,
                total.chat_interactions - total.chat_useful_interactions,
            ),
        },
    }
    if not legacy:
        fields["instruct"] = {"acceptedCount": total.completions // 25}
        fields["agent"] = {
            "activeUsers": _delegating(tally),
            "interactions": total.agent_interactions,
            **_agent_lines(total),
        }
    return fields


def v2_fields(tally: Tally, *, models: bool) -> dict[str, Any]:
    """Without ratios; `models` may be told for whole ranges only."""
    total = _sum(tally.values())
    chatting = sum(1 for figures in tally.values() if figures.chat_interactions)
    chat: dict[str, Any] = {
        "activeUsers": chatting,
        "messages": total.chat_interactions,
        "linesAdded": total.chat_lines,
    }
    agent: dict[str, Any] = {
        "activeUsers": _delegating(tally),
        "messages": total.agent_interactions,
        **_agent_lines(total),
    }
    if models:
        chat["models"] = [
            {
                "model": CHAT_MODEL,
                "messages": total.chat_interactions,
                "uniqueUsers": chatting,
                "inputTokens": total.chat_interactions * INPUT_TOKENS_PER_CHAT,
                "outputTokens": total.chat_interactions * OUTPUT_TOKENS_PER_CHAT,
            }
        ]
        agent["models"] = [
            {
                "model": model,
                "messages": part.agent_interactions,
                "uniqueUsers": _delegating(people),
                "inputTokens": part.input_tokens,
                "outputTokens": part.output_tokens,
            }
            for model, people, part in _by_model(tally)
        ]
    return {
        "activeUsers": _active(tally),
        "codeCompletions": _completions(tally, total),
        "chat": chat,
        "agent": agent,
    }


def agent_fields(tally: Tally) -> dict[str, Any]:
    """Tokens and cost by model, and by agent type with its models."""
    total = _sum(tally.values())
    return {
        "activeUsers": _delegating(tally),
        "totalTokensConsumed": total.input_tokens + total.output_tokens,
        "totalInputTokens": total.input_tokens,
        "totalOutputTokens": total.output_tokens,
        "totalCost": _cost(total),
        "modelBreakdown": _model_breakdown(tally),
        "agentTypeBreakdown": [
            {
                "agentType": kind,
                "activeUsers": _delegating(people),
                "interactions": part.agent_interactions,
                **_agent_lines(part),
                **_tokens(part),
                "userInitiatedMessages": part.agent_interactions // 4,
                "modelBreakdown": _model_breakdown(people),
            }
            for kind, people, part in _by_agent_type(tally)
        ],
    }


def _model_breakdown(tally: Tally) -> list[dict[str, Any]]:
    return [{"model": model, **_tokens(part)} for model, _people, part in _by_model(tally)]


def _tokens(part: Figures) -> dict[str, Any]:
    return {
        "tokensConsumed": part.input_tokens + part.output_tokens,
        "inputTokens": part.input_tokens,
        "outputTokens": part.output_tokens,
        "cost": _cost(part),
    }


def _cost(part: Figures) -> float:
    input_cost = part.input_tokens * MICRODOLLARS_PER_INPUT_TOKEN
    return (input_cost + part.output_tokens * MICRODOLLARS_PER_OUTPUT_TOKEN) / 1_000_000


def _by_model(tally: Tally) -> Iterator[tuple[str, Tally, Figures]]:
    """Everybody stays with one model."""
    yield from _part(AGENT_MODELS[0], tally, lambda person: person % 2 == 0)
    yield from _part(AGENT_MODELS[1], tally, lambda person: person % 2 == 1)


def _by_agent_type(tally: Tally) -> Iterator[tuple[str, Tally, Figures]]:
    """Every fifth person works in a terminal."""
    yield from _part("ide", tally, lambda person: person % 5 != 0)
    yield from _part("cli", tally, lambda person: person % 5 == 0)


def _part(
    name: str, tally: Tally, belongs: Callable[[int], bool]
) -> Iterator[tuple[str, Tally, Figures]]:
    people = {person: figures for person, figures in tally.items() if belongs(person)}
    part = _sum(people.values())
    if part.agent_interactions:
        yield name, people, part
