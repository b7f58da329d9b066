"""The tracks of a result under corrections that cut them: which boxes each visit has now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as renewed

from tracker.core.errors import ConfigError
from tracker.core.types import VisitKey
from tracker.results.record import name_of
from tracker.results.tracks_file import Box, PersonVisit, Track, TracksFile


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of one original track: all from the first to the last."""

    key: VisitKey
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """Tracks by visit; cutting makes others.

    Attributes:
        tracks: As they are now.
        changed: The visits that are no original track any more: what they consist of.
    """

    tracks: dict[VisitKey, Track]
    changed: dict[VisitKey, tuple[Piece, ...]] = field(default_factory=dict)

    def visit(self, key: VisitKey) -> PersonVisit:
        """Return a visit as people have it."""
        boxes = self.tracks[key].boxes
        return PersonVisit(*key, boxes[0].time_s, boxes[-1].time_s)

    def of(self, key: VisitKey) -> tuple[Piece, ...]:
        """Return what a visit consists of."""
        if key in self.changed or key not in self.tracks:
            return self.changed.get(key, ())
        track = self.tracks[key]
        return (Piece(key, track.first_frame, track.last_frame),)

    def source(self, key: VisitKey, frame: int) -> VisitKey:
        """Return the original track that a frame of a visit was of."""
        return next((p.key for p in self.of(key) if p.first <= frame <= p.last), key)

    def free_number(self, camera: str) -> int:
        """Return the next track_id of a camera."""
        return max(number for name, number in self.tracks if name == camera) + 1

    def cut(self, key: VisitKey, frame: int, number: int) -> "Pieces":
        """Make the boxes from a frame on a visit of this track_id.

        Raises:
            ConfigError: One of the two would have no box.
        """
        new = key[0], number
        if new in self.tracks:
            raise ConfigError(f"cut {name_of(key)}: there is a visit {name_of(new)} already")
        head, tail = self._halves(key, frame, "cut")
        return self._with({key: head, new: tail}, key, frame, {key: (key, None), new: (None, key)})

    def swap(self, one: VisitKey, other: VisitKey, frame: int) -> "Pieces":
        """Give each of two visits to a camera the boxes of the other from a frame on.

        Raises:
            ConfigError: They are not both there before and after it, or of two cameras.
        """
        if one[0] != other[0] or one == other:
            raise ConfigError(
                f"swap {name_of(one)} and {name_of(other)}: these must be two visits to one camera"
            )
        (a, b), (c, d) = (self._halves(key, frame, "swap") for key in (one, other))
        ways = {one: (one, other), other: (other, one)}
        return self._with({one: [*a, *d], other: [*c, *b]}, one, frame, ways)

    def _halves(self, key: VisitKey, frame: int, what: str) -> tuple[list[Box], list[Box]]:
        if key not in self.tracks:
            raise ConfigError(f"{what}: there is no visit {name_of(key)}")
        track = self.tracks[key]
        if not track.first_frame < frame <= track.last_frame:
            raise ConfigError(
                f"{what} {name_of(key)} at frame {frame}: it has the frames {track.first_frame} to "
                f"{track.last_frame}; give one after its first"
            )
        boxes = track.boxes
        return [b for b in boxes if b.frame < frame], [b for b in boxes if b.frame >= frame]

    def _with(
        self, boxes: dict[VisitKey, list[Box]], known: VisitKey, frame: int,
        ways: Mapping[VisitKey, tuple[VisitKey | None, VisitKey | None]],
    ) -> "Pieces":  # fmt: skip
        """Return tracks in which visits have other boxes, put together from before and after."""
        changed = dict(self.changed)
        for key, (before, after) in ways.items():
            head = _before(self.of(before), frame) if before else ()
            tail = _after(self.of(after), frame) if after else ()
            changed[key] = (*head, *tail)
        old = self.tracks[known]
        made = {key: _track(self.tracks.get(key, old), key, b) for key, b in boxes.items()}
        return replace(self, tracks=self.tracks | made, changed=changed)


def uncut(content: TracksFile) -> Pieces:
    """Return the tracks of a result as they are."""
    return Pieces({track.key: track for track in content.tracks})


def _before(pieces: Sequence[Piece], frame: int) -> tuple[Piece, ...]:
    return tuple(replace(p, last=min(p.last, frame - 1)) for p in pieces if p.first < frame)


def _after(pieces: Sequence[Piece], frame: int) -> tuple[Piece, ...]:
    return tuple(replace(p, first=max(p.first, frame)) for p in pieces if p.last >= frame)


def _track(like: Track, key: VisitKey, boxes: list[Box]) -> Track:
    return renewed(
        like, camera=key[0], track_id=key[1], first_frame=boxes[0].frame,
        last_frame=boxes[-1].frame, boxes=boxes,
    )  # fmt: skip
