"""How much the places and times of two ends speak for one person going on.

The evidence is a logarithm of odds: of the later box being where the earlier one leads to,
against being anywhere. How many people may turn up anywhere is left to the caller's prior. Both
ends are carried on to the middle of the gap between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import IntArray, Visit

PLACE_STD = 0.25  # own heights: how far the place at the end of a gap is from the expected one,
PLACE_STD_PER_S = 0.3  # and how much more so for each second unseen
OUTLIERS = 0.1  # share of ends that are off by three times as much: boxes cut by what hides them
HEIGHT_STD = 0.12  # of the logarithm of the height,
HEIGHT_STD_PER_S = 0.15  # and for each second unseen
MOST_BY_HEIGHT = 2.0  # log odds that a jump in height may cost, since a hidden box is cut
VELOCITY_S = 1.0  # the velocity at an end is fitted to so many seconds, and lasts as long
FEWEST_BOXES = 3  # near an end; with fewer there is no velocity


@dataclass(frozen=True, slots=True)
class Ends:
    """One end of each of N visits.

    Attributes:
        time_s: (N,).
        place: (N, 3) centre x, top and bottom, pixels.
        velocity: (N, 3) pixels per second; top and bottom alike.
        height: (N,) pixels.
    """

    time_s: Floats
    place: Floats
    velocity: Floats
    height: Floats

    @classmethod
    def of(cls, visits: Sequence[Visit], *, last: bool) -> "Ends":
        """Return the last or the first ends of visits."""
        at = -1 if last else 0
        place = np.array([_places(t.xyxy[at][None])[0] for t in visits]).reshape(-1, 3)
        return cls(
            np.array([t.time_s[at] for t in visits]),
            place,
            np.array([_velocity(t, last=last) for t in visits]).reshape(-1, 3),
            np.maximum(place[:, 2] - place[:, 1], 1),
        )

    def __getitem__(self, index: IntArray) -> "Ends":
        return Ends(self.time_s[index], self.place[index], self.velocity[index], self.height[index])


def motion_odds(tails: Ends, heads: Ends) -> Floats:
    """Return the log odds (N,) of each tail going on as the head beside it.

    Of head and feet only the one that fits better counts, since whatever hides a person rarely
    hides both.
    """
    gap = heads.time_s - tails.time_s
    reach = (VELOCITY_S * (1 - np.exp(-gap / 2 / VELOCITY_S)))[:, None]
    height = (tails.height + heads.height) / 2
    apart = (tails.place + tails.velocity * reach) - (heads.place - heads.velocity * reach)
    apart = np.abs(apart) / height[:, None]
    squared = apart[:, 0] ** 2 + np.minimum(apart[:, 1], apart[:, 2]) ** 2
    std = PLACE_STD + PLACE_STD_PER_S * gap
    near = np.logaddexp(
        np.log(1 - OUTLIERS) - squared / 2 / std**2 - 2 * np.log(std),
        np.log(OUTLIERS) - squared / 2 / (3 * std) ** 2 - 2 * np.log(3 * std),
    )
    grown = np.log(heads.height / tails.height) / (HEIGHT_STD + HEIGHT_STD_PER_S * gap)
    return np.asarray(near - np.minimum(grown**2 / 2, MOST_BY_HEIGHT))


def _places(xyxy: Floats) -> Floats:
    wide = xyxy.astype(np.float64)
    return np.stack([(wide[:, 0] + wide[:, 2]) / 2, wide[:, 1], wide[:, 3]], axis=1)


def _velocity(visit: Visit, *, last: bool) -> Floats:
    """Return the slope (3,) of the line of least squares through the places near one end."""
    time_s = visit.time_s
    if last:
        near = slice(int(np.searchsorted(time_s, time_s[-1] - VELOCITY_S)), None)
    else:
        near = slice(0, int(np.searchsorted(time_s, time_s[0] + VELOCITY_S, side="right")))
    if len(time_s[near]) < FEWEST_BOXES:
        return np.zeros(3)
    offset = time_s[near] - time_s[near].mean()
    slope = offset @ _places(visit.xyxy[near]) / (offset @ offset)
    slope[1:] = slope[1:].mean()
    return np.asarray(slope)
