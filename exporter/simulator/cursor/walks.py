"""Lists that move while their pages are read, as those of a team at work do."""

SHIFTS_EVERY = 7
"""So many walks go well until the pages of the next one move while they are read."""


class Walks:
    """Says when the pages of a list move: during one walk of several."""

    def __init__(self) -> None:
        self._walks = 0

    def moved(self, page: int, pages: int) -> bool:
        """Whether what is at this page has moved since the first one was read."""
        if page == 1 and pages > 1:
            self._walks += 1
        return page > 1 and self._walks % SHIFTS_EVERY == SHIFTS_EVERY - 1
