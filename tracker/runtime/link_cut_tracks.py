"""From tracks that somebody else cut out to people."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tracker.core.config import LinkConfig
from tracker.core.types import FloatArray, Visit
from tracker.datasets.cut_tracks import Times, TrackName
from tracker.identity.offline import Linked, link

_APART_S = 10.0  # between made-up times, which only keep tracks from sharing an instant
_ANYWHERE = np.array([0, 0, 50, 100], np.float32)  # one place for all: nobody walks too fast


def link_crops(
    looks: Mapping[TrackName, FloatArray], times: Times | None, config: LinkConfig
) -> tuple[Linked, dict[tuple[str, int], str]]:
    """Decide which tracks are one person.

    Args:
        looks: (M, 512) float32 of unit length for each track, in natural order.
        times: When each begins and ends; tracks of one camera that share an instant are two
            people. Without times any two tracks may be one person.
        config: As for tracks of our own.

    Returns:
        People and links, whose track_ids count from 1 in each camera; and the user's name of the
        track behind each (camera, track_id).
    """
    visits: list[Visit] = []
    names: dict[tuple[str, int], str] = {}
    numbers: dict[str, int] = {}
    for place, ((camera, track), views) in enumerate(looks.items()):
        number = numbers[camera] = numbers.get(camera, 0) + 1
        names[camera, number] = track
        made_up = (_APART_S * place, _APART_S * place + 1)
        span = times[camera, track] if times is not None else made_up
        visits.append(_visit(camera, number, span, views))
    if times is None:
        config = replace(config, overlap="yes")  # made-up times prove nothing
    return link(visits, config), names


def _visit(camera: str, number: int, span: tuple[float, float], views: FloatArray) -> Visit:
    return Visit(
        camera=camera,
        track_id=number,
        frame=np.arange(2),
        time_s=np.array(span),
        xyxy=np.tile(_ANYWHERE, (2, 1)),
        score=np.ones(2, np.float32),
        observed=np.ones(2, bool),
        embeddings=views,
    )
