"""The links and merges that were made while cameras run, and which of them are news."""

from tracker.core.types import Link, Merge


class ReasonLog:
    """Holds what was decided so far, until somebody takes it away."""

    def __init__(self) -> None:
        self._links: list[Link] = []
        self._merges: list[Merge] = []
        self._told = [0, 0]  # how many of them were asked for as news

    def new_links(self) -> list[Link]:
        """Return the links that were made since this was last asked."""
        news, self._told[0] = self._links[self._told[0] :], len(self._links)
        return news

    def new_merges(self) -> list[Merge]:
        """Return the merges that were made since this was last asked."""
        news, self._told[1] = self._merges[self._told[1] :], len(self._merges)
        return news

    def take_reasons(self) -> tuple[list[Link], list[Merge]]:
        """Give away all links and merges so far."""
        taken = self._links, self._merges
        self._links, self._merges, self._told = [], [], [0, 0]
        return taken
