"""The currency of Anthropic's amounts, which are cents."""

DOLLARS = ("USD", None)
"""What names dollars; some answers may leave it out."""
