"""How the camera itself moved from one picture to the next, from what stands still in them.

Corners outside the people's boxes are followed by optical flow (Shi, Tomasi, "Good Features to
Track", CVPR 1994; Bouguet, "Pyramidal Implementation of the Lucas Kanade Feature Tracker", 2001),
and one shift, turn and zoom is fitted to most of them by RANSAC, as trackers with camera-motion
compensation do (Aharon, Orfaig, Bobrovsky, "BoT-SORT", arXiv 2206.14651). A fixed camera is told
by corners that stay where they are, and its pictures are then looked at only now and then.
"""

import cv2
import numpy as np

from tracker.core.boxes import Floats
from tracker.core.types import Image

WIDTH = 320  # pixels of the picture that is looked at; larger ones are shrunk by whole numbers
CORNERS = 200  # followed at most,
FEWEST_CORNERS = 15  # and at least
QUALITY = 0.01  # of a corner, against the best one's
CORNER_GAP = 6  # pixels between corners
WINDOW = (15, 15)  # pixels around a corner that are compared
TOLERANCE = 1.0  # pixels that a corner may be off and still go with the camera
GOING_ALONG = 0.4  # share of the corners that must go with the camera
STILL = 0.25  # pixels that a corner of a fixed camera may seem to move; at most 0.25 on TUD, PETS
STANDING = 0.3  # share of corners that stand: the camera does, whatever passes by in front of it
SURE_FRAMES = 25  # pictures without motion after which the camera counts as fixed
SELDOM = 5  # then every so many pictures are looked at,
WAKE_FRAMES = 3  # and so many in a row must show motion until it counts as moving again


class CameraMotion:
    """Compares each picture of one camera with the one before.

    A move is (2, 3): pixels of the picture before, with a 1 added, to pixels of this one.
    """

    def __init__(self) -> None:
        self._before: Image | None = None  # grey, shrunk
        self._people: Floats = np.zeros((0, 4))  # in it
        self._still = 0  # pictures without motion, since the camera moved
        self._moved = 0  # pictures with motion in a row

    def update(self, image: Image, people: Floats) -> Floats | None:
        """Take in the next picture; return the camera's move, or None where it stood still.

        Where too little can be followed (darkness, a cut), nothing is known, and None returned.

        Args:
            image: (height, width, 3) BGR.
            people: (N, 4) boxes in it, pixels; what moves by itself is left out.
        """
        if not image.size:  # replayed boxes have no picture
            return None
        fixed = self._still > SURE_FRAMES
        if fixed and not self._moved and self._still % SELDOM:
            self._still += 1
            return None
        shrunk = max(1, round(image.shape[1] / WIDTH))
        grey = _grey(image, shrunk)
        move = None
        if self._before is not None and self._before.shape == grey.shape:
            move = _move(self._before, grey, self._people)
        self._before, self._people = grey, people / shrunk
        self._moved = 0 if move is None else self._moved + 1
        if move is None or (fixed and self._moved < WAKE_FRAMES):
            self._still += 1
            return None
        self._still = 0
        move[:, 2] *= shrunk
        return move


def carry(xyxy: Floats, moves: Floats) -> Floats:
    """Return boxes (N, 4) where moves (N, 2, 3), or one for all (2, 3), take them; upright still.

    >>> carry(np.array([[0, 0, 10, 20.0]]), np.array([[2, 0, 5], [0, 2, 0.0]])).tolist()
    [[5.0, 0.0, 25.0, 40.0]]
    """
    wide = xyxy.astype(np.float64)
    half = (wide[:, 2:] - wide[:, :2]) / 2 * zoom(moves)[..., None]
    centre = np.einsum("...ij,...j->...i", moves[..., :2], (wide[:, :2] + wide[:, 2:]) / 2)
    centre += moves[..., 2]
    return np.concatenate([centre - half, centre + half], axis=1)


def zoom(moves: Floats) -> Floats:
    """Return by how much moves (..., 2, 3) make everything larger, (...)."""
    return np.asarray(np.hypot(moves[..., 0, 0], moves[..., 1, 0]))


def _grey(image: Image, shrunk: int) -> Image:
    size = (max(1, image.shape[1] // shrunk), max(1, image.shape[0] // shrunk))
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _move(before: Image, now: Image, people: Floats) -> Floats | None:
    mask = np.full(before.shape, 255, np.uint8)
    for left, top, right, bottom in np.maximum(np.round(people), 0).astype(int):
        mask[top:bottom, left:right] = 0
    corners = cv2.goodFeaturesToTrack(before, CORNERS, QUALITY, CORNER_GAP, mask=mask)
    if corners is None or len(corners) < FEWEST_CORNERS:
        return None
    found, known, _ = cv2.calcOpticalFlowPyrLK(before, now, corners, corners.copy(), winSize=WINDOW)
    start, end = corners[known.ravel() > 0, 0], found[known.ravel() > 0, 0]
    standing = np.linalg.norm(end - start, axis=1) < STILL
    if len(start) < FEWEST_CORNERS or standing.mean() > STANDING:
        return None
    move, along = cv2.estimateAffinePartial2D(start, end, ransacReprojThreshold=TOLERANCE)
    if move is None or along.sum() < max(FEWEST_CORNERS, GOING_ALONG * len(start)):
        return None
    return np.asarray(move, np.float64)
