"""Whole pictures of interlaced video, which stores every second row of two moments in one."""

from collections import deque
from collections.abc import Iterator

import av
from av import VideoFrame
from av.filter import Graph

# Weston 3-field, as Martin's BWDIF does it; progressive frames of the stream pass as they are.
FILTER, ONE_FOR_ONE = "bwdif", "mode=send_frame:deint=interlaced"

Placed = tuple[int, float]


class Deinterlacer:
    """Passes frames through; from the first interlaced one on, by way of the filter."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._fits: tuple[int, int, str] | None = None
        self._placed: deque[Placed] = deque()  # of frames in the filter, which holds one back

    def put(self, frame: VideoFrame, placed: Placed) -> Iterator[tuple[VideoFrame, Placed]]:
        """Take a frame and its place; yield those that are ready."""
        fits = frame.width, frame.height, frame.format.name
        if self._graph is not None and fits != self._fits:
            yield from self.end()
        if self._graph is None and not frame.interlaced_frame:
            yield frame, placed
            return
        if self._graph is None:
            self._graph, self._fits = _graph(frame), fits
        self._placed.append(placed)
        self._graph.vpush(frame)
        yield from self._ready(self._graph)

    def end(self) -> Iterator[tuple[VideoFrame, Placed]]:
        """Yield what is left in the filter."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._ready(self._graph)
        self._graph = None
        self._placed.clear()

    def _ready(self, graph: Graph) -> Iterator[tuple[VideoFrame, Placed]]:
        while self._placed:
            try:
                frame = graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield frame, self._placed.popleft()


def _graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    graph.link_nodes(source, graph.add(FILTER, ONE_FOR_ONE), graph.add("buffersink")).configure()
    return graph
