"""What the page shows, from a tracks.json: small enough for 2,000 people in 20 cameras.

Lists of numbers instead of objects, places of other lists instead of names, and of each visit's
boxes only some points of the path. `page/model.js` reads it; keep the two together.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import UNSET, to_builtins

from tracker.core.types import VisitKey
from tracker.rendering.draw import hex_colour_of
from tracker.results.tracks_file import Box, Camera, Link, PersonVisit, Track, TracksFile

MOST_POINTS, FEWEST_POINTS, ALL_POINTS = 64, 12, 120_000  # of the paths: of a visit, of all
TIME_DIGITS = 2
BY_PROGRAM, SAID, CONFIRMED = range(3)  # who vouches for a link

Shots = Mapping[VisitKey, Sequence[int]]  # the frames of which a visit has pictures
Path = tuple[int, int, list[int], list[float]]
Paths = dict[VisitKey, tuple[list[Box], Path]]


def facts_of(
    content: TracksFile, title: str, shots: Shots | None = None, posters: Collection[str] = (),
    known: Paths | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what the page shows, as JSON takes it.

    Args:
        content: A tracks.json.
        title: What the run is called.
        shots: The pictures that there are.
        posters: The cameras of which there is a poster.
        known: Paths by visit that were made before; new ones are added.
    """
    people = content.visits()
    cameras = [camera.name for camera in content.cameras]
    names = {p.global_id: p.name or None for p in content.identities}
    visits = [(number, visit) for number, own in people.items() for visit in own]
    place = {visit.key: n for n, (_, visit) in enumerate(visits)}
    tracks = {track.key: track for track in content.tracks}
    order = {number: n for n, number in enumerate(people)}
    points = min(max(ALL_POINTS // max(len(visits), 1), FEWEST_POINTS), MOST_POINTS)
    return {
        "title": title,
        "start": content.start or None,
        "models": to_builtins(content.models),
        "version": content.generator.version,
        "cameras": [[*_camera(c), c.name in posters] for c in content.cameras],
        "people": [[number, names.get(number), hex_colour_of(number)] for number in people],
        "visits": [
            [order[number], cameras.index(visit.camera), visit.track_id, *_times(visit),
             *_known_path(tracks[visit.key], points, known), list((shots or {}).get(visit.key, []))]
            for number, visit in visits
        ],
        "links": [_link(link, place) for link in content.links],
        "suggestions": [
            [place[s.first.key], place[s.second.key], s.probability, s.similarity]
            for s in content.suggestions
        ],
    }  # fmt: skip


def _camera(c: Camera) -> list[Any]:
    return [c.name, c.width, c.height, c.fps, c.frames, c.offset_s]


def _times(visit: PersonVisit) -> tuple[float, float]:
    return round(visit.enter_s, TIME_DIGITS), round(visit.leave_s, TIME_DIGITS)


def _known_path(track: Track, points: int, known: Paths | None) -> Path:
    """Return a path, from those made before if the visit still has the same boxes."""
    found = None if known is None else known.get(track.key)
    if found is None or found[0] is not track.boxes:
        found = track.boxes, _path(track, points)
        if known is not None:
            known[track.key] = found
    return found[1]


def _path(track: Track, points: int) -> Path:
    """Return first and last frame, the feet in pixels (x, y in turn), the places in metres."""
    boxes = list(evenly(track.boxes, points))
    feet = [round(v) for b in boxes for v in ((b.xyxy[0] + b.xyxy[2]) / 2, b.xyxy[3])]
    places = [round(v, 2) for b in boxes if b.place_m for v in b.place_m]
    return track.first_frame, track.last_frame, feet, places


def evenly(items: Sequence[Any], most: int) -> Iterable[Any]:
    """Yield at most so many items, evenly spread, the first and the last among them.

    >>> list(evenly(range(10), 4)), list(evenly(range(10), 1))
    ([0, 3, 6, 9], [5])
    """
    if len(items) <= most:
        yield from items
    elif most == 1:
        yield items[len(items) // 2]
    else:
        last = len(items) - 1
        yield from (items[round(n * last / (most - 1))] for n in range(most))


def _link(link: Link, place: Mapping[VisitKey, int]) -> list[Any]:
    rival = link.runner_up
    vouched = SAID if link.by else BY_PROGRAM
    return [
        place[link.first.key],
        place[link.second.key],
        link.probability,
        link.similarity,
        round(link.gap_s, TIME_DIGITS),
        link.distance_m,
        place[rival.key] if rival else -1,
        (rival.probability if rival.probability is not UNSET else None) if rival else None,
        CONFIRMED if link.confirmed else vouched,
    ]
