"""From the calibration in ``cameras.yaml`` to a camera's view of the ground, if it is any good.

Either four or more points whose place on a map is known, or the camera matrix and its place:
``K``, ``R``, ``t`` from world to camera as OpenCV has them, the ground being z = 0 and z up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tracker.core.errors import ConfigError
from tracker.core.ground import GroundPlane, Lens, Matrix, Places

KEYS = ("points", "K", "R", "t", "distortion")
FEWEST_POINTS = 4
LARGEST_RESIDUAL_M = 0.3  # root mean square over the points,
LARGEST_RESIDUAL_SHARE = 0.02  # or this share of their extent on the map, whichever is more
THINNEST = 0.01  # breadth of points that is no line, as a share of their length
WORST_CONDITION = 1e-4  # of a homography between points of unit spread,
LEAST_DECIDED = 1e-4  # and of the equations that it follows from
ROTATION_TOLERANCE = 0.01
HIGHEST_M = 1000.0  # a camera above that stands in millimetres
SHOWN_LETTERS = 60  # of a value in an error
DISTORTIONS = (4, 5, 8, 12, 14)  # how many coefficients OpenCV's models have


def read_calibration(label: str, entry: Mapping[Any, Any]) -> GroundPlane | None:
    """Read a camera's calibration from its entry in ``cameras.yaml``; None if it has none.

    Args:
        label: Names the file and camera at the beginning of errors.
        entry: The keys and values of the camera.

    Raises:
        ConfigError: It is incomplete, of another shape, or does not fit itself.
    """
    given = [key for key in KEYS if key in entry]
    if not given:
        return None
    if "points" in given:
        if len(given) > 1:
            raise ConfigError(f"{label} has 'points' and '{given[1]}'; give points, or K, R and t")
        return from_points(label, *_read_points(label, entry["points"]))
    missing = [key for key in ("K", "R", "t") if key not in entry]
    if missing:
        raise ConfigError(f"{label} has '{given[0]}' but no '{missing[0]}'; K, R and t go together")
    bent = _array(label, entry, "distortion", [(n,) for n in DISTORTIONS])
    return from_camera(
        label,
        _array(label, entry, "K", [(3, 3)]),
        _rotation(label, _array(label, entry, "R", [(3, 3), (3,)])),
        _array(label, entry, "t", [(3,), (3, 1)]).ravel(),
        bent if "distortion" in entry else None,
    )


def from_points(label: str, image: Places, on_map: Places) -> GroundPlane:
    """Fit the ground to points (N, 2) in pixels and their places (N, 2) in metres.

    Raises:
        ConfigError: They are too few, lie on a line, or fit no plane.
    """
    if len(image) < FEWEST_POINTS:
        raise ConfigError(f"{label} has {len(image)} points; {FEWEST_POINTS} or more are needed")
    for name, points in (("image", image), ("map", on_map)):
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if spread[1] <= THINNEST * spread[0]:
            raise ConfigError(
                f"{label}: the {name} points lie on one line; spread them over the ground"
            )
    found, _ = cv2.findHomography(image, on_map, 0)
    if found is None or not _is_decided(found, image, on_map):
        raise ConfigError(
            f"{label}: the points decide no plane; three of four may lie on one line, or two are "
            "the same"
        )
    depth = np.column_stack([image, np.ones(len(image))]) @ found[2]
    if np.ptp(np.sign(depth)) > 0:
        raise ConfigError(
            f"{label}: the points lie on both sides of the horizon that follows from them; "
            "do image and map points have the same order?"
        )
    ground = GroundPlane(_matrix(found / np.mean(depth)))
    _require_fit(label, np.linalg.norm(ground.locate(image) - on_map, axis=1), on_map)
    return ground


def from_camera(
    label: str, camera: Places, rotation: Places, shift: Places, distortion: Places | None
) -> GroundPlane:
    """Derive the ground z = 0 from a camera matrix (3, 3) and the way from world to camera.

    Raises:
        ConfigError: The matrix is none of a camera, or the camera is not above the ground.
    """
    if not np.allclose(camera[2], (0, 0, 1)) or min(camera[0, 0], camera[1, 1]) <= 0:
        raise ConfigError(
            f"{label}: K is no camera matrix; it is [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in pixels"
        )
    x, y, height = np.round(-rotation.T @ shift, 3) + 0.0  # no minus zero
    if not 0 < height <= HIGHEST_M:
        why = "below the ground z = 0" if height <= 0 else "too high; is t in metres?"
        raise ConfigError(
            f"{label}: by R and t (from world to camera) the camera is at "
            f"({x:g}, {y:g}, {height:g}) m, {why}"
        )
    to_image = camera @ np.column_stack([rotation[:, :2], shift])  # of places (x, y, 1)
    if rotation[1, 2] > 0 and rotation[2, 2] > 0:
        # Upside down and looking up: fitted in a left-handed world, as game engines have it. The
        # picture is that of the opposite direction, where the ground is.
        to_image = -to_image
    lens = None
    if distortion is not None and distortion.any():
        lens = Lens(_matrix(camera), tuple(distortion.tolist()))
    return GroundPlane(_matrix(np.linalg.inv(to_image)), lens)  # depth stays positive in front


def _read_points(label: str, entries: object) -> tuple[Places, Places]:
    wanted = f"{label}: points are a list of {{image: [u, v], map: [x, y]}}"
    if not isinstance(entries, list):
        raise ConfigError(wanted)
    found = np.full((len(entries), 2, 2), np.nan)
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or set(entry) != {"image", "map"}:
            raise ConfigError(f"{wanted}, in pixels and metres; number {number + 1} is {entry}")
        where = f"{label}, point {number + 1}"
        found[number] = [_array(where, entry, key, [(2,)]) for key in ("image", "map")]
    return found[:, 0], found[:, 1]


def _array(
    label: str, entry: Mapping[Any, Any], key: str, shapes: Sequence[tuple[int, ...]]
) -> Places:
    """Return the finite numbers under a key that may be missing, in one of the shapes."""
    if key not in entry:
        return np.zeros(0)
    try:
        values = np.array(entry[key], np.float64)
    except (TypeError, ValueError):
        values = np.full(0, np.nan)
    if values.shape not in shapes or not np.isfinite(values).all():
        allowed = " or ".join("x".join(map(str, shape)) for shape in shapes)
        raise ConfigError(f"{label}: {key} is {_short(entry[key])}; it must be {allowed} numbers")
    return values


def _rotation(label: str, values: Places) -> Places:
    if values.shape == (3,):
        return np.asarray(cv2.Rodrigues(values)[0], np.float64)
    left, _, right = np.linalg.svd(values)
    nearest = left @ right
    off = float(np.abs(values - nearest).max())
    if off > ROTATION_TOLERANCE or np.linalg.det(nearest) < 0:
        what = "a mirroring" if off <= ROTATION_TOLERANCE else f"off by {off:.3g}"
        raise ConfigError(f"{label}: R is no rotation ({what}); give 3x3, or Rodrigues' 3 numbers")
    return np.asarray(nearest)


def _require_fit(label: str, residuals: Places, on_map: Places) -> None:
    extent = float(np.linalg.norm(np.ptp(on_map, axis=0)))
    allowed = max(LARGEST_RESIDUAL_M, LARGEST_RESIDUAL_SHARE * extent)
    rms = float(np.sqrt(np.mean(residuals**2)))
    if not rms <= allowed:
        each = ", ".join(f"{n}: {off:.2f}" for n, off in enumerate(residuals, 1))
        raise ConfigError(
            f"{label}: the points do not fit one plane: {rms:.2f} m off on average (root mean "
            f"square; allowed is {allowed:.2f} m); each point in metres: {each}"
        )


def _is_decided(homography: npt.ArrayLike, image: Places, on_map: Places) -> bool:
    """Tell whether only this homography fits the points, and whether it keeps planes planes."""
    to_image, to_map = _to_unit(image), _to_unit(on_map)
    own = np.linalg.svd(
        to_map @ np.asarray(homography, np.float64) @ np.linalg.inv(to_image), compute_uv=False
    )
    ones = np.ones((len(image), 1))
    start = np.hstack([image, ones]) @ to_image.T
    end = np.hstack([on_map, ones]) @ to_map.T
    rows = [
        np.hstack([start * (k == 0), start * (k == 1), -start * end[:, k, None]]) for k in (0, 1)
    ]
    equations = np.linalg.svd(np.vstack(rows), compute_uv=False)
    return bool(
        own[-1] >= WORST_CONDITION * own[0] and equations[7] >= LEAST_DECIDED * equations[0]
    )


def _to_unit(points: Places) -> Places:
    middle, scale = points.mean(axis=0), 1 / points.std()
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])


def _matrix(values: npt.ArrayLike) -> Matrix:
    first, second, third = np.asarray(values, np.float64).tolist()
    return tuple(first), tuple(second), tuple(third)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN_LETTERS else text[: SHOWN_LETTERS - 1] + "…"
