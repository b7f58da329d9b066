"""A made-up result of many people in many cameras, as a tracks.json has it."""

from itertools import pairwise
from typing import Any

import numpy as np

FPS = 25.0


def crowd(people: int, cameras: int, seed: int = 0) -> dict[str, Any]:
    """A recording of an hour: each person makes one to six visits, linked with some doubt."""
    random = np.random.default_rng(seed)
    names = [f"cam{n + 1:02}" for n in range(cameras)]
    tracks: list[dict[str, Any]] = []
    identities, links = [], []
    visits_of = dict.fromkeys(names, 0)
    for person in range(1, people + 1):
        own, begin_s = [], float(random.uniform(0, 3000))
        for _ in range(random.integers(1, 7)):
            camera = names[random.integers(cameras)]
            visits_of[camera] += 1
            own.append(_track(camera, visits_of[camera], person, begin_s, random))
            begin_s = own[-1]["boxes"][-1]["time_s"] + float(random.uniform(2, 60))
        links += [_link(a, b, tracks, random) for a, b in pairwise(own)]
        tracks += own
        identities.append(_identity(person, own))
    return {
        "schema": "reid-track/1",
        "generator": {"name": "reid-track", "version": "0.1.0"},
        "models": {"detector": {"name": "made up", "sha256": None}, "reid": None},
        "cameras": [
            {"name": name, "source": f"{name}.mp4", "width": 1280, "height": 720, "fps": FPS,
             "frames": 90000, "offset_s": 0.0, "calibrated": False}
            for name in names
        ],
        "identities": identities, "merges": [], "links": links, "tracks": tracks,
    }  # fmt: skip


def _track(
    camera: str, number: int, person: int, begin_s: float, random: np.random.Generator
) -> dict[str, Any]:
    lasts_s, (x, x_end), y = (
        random.uniform(3, 20),
        random.uniform(0, 1200, 2),
        random.uniform(0, 500),
    )
    boxes = []
    for part in np.linspace(0, 1, 15):
        frame = int((begin_s + part * lasts_s) * FPS)
        left = float(x + part * (x_end - x))
        boxes.append({
            "frame": frame, "time_s": frame / FPS, "xyxy": [left, y, left + 60, y + 180],
            "score": 0.9, "observed": True,
        })  # fmt: skip
    return {
        "camera": camera, "track_id": number, "global_id": person,
        "first_frame": boxes[0]["frame"], "last_frame": boxes[-1]["frame"], "boxes": boxes,
    }  # fmt: skip


def _entry(track: dict[str, Any]) -> dict[str, Any]:
    return {"camera": track["camera"], "track_id": track["track_id"]}


def _identity(person: int, own: list[dict[str, Any]]) -> dict[str, Any]:
    times = [(t["boxes"][0]["time_s"], t["boxes"][-1]["time_s"]) for t in own]
    entries = [
        _entry(t) | {"enter_s": a, "leave_s": b} for t, (a, b) in zip(own, times, strict=True)
    ]
    return {
        "global_id": person, "first_time_s": times[0][0], "last_time_s": times[-1][1],
        "tracks": entries, "transitions": [],
    }  # fmt: skip


def _link(
    first: dict[str, Any], second: dict[str, Any], others: list[dict[str, Any]],
    random: np.random.Generator,
) -> dict[str, Any]:  # fmt: skip
    rival = _entry(others[random.integers(len(others))]) if others else None
    return {
        "global_id": first["global_id"], "first": _entry(first), "second": _entry(second),
        "probability": float(random.beta(6, 1.5)), "similarity": float(random.uniform(0.5, 0.95)),
        "gap_s": second["boxes"][0]["time_s"] - first["boxes"][-1]["time_s"], "distance_m": None,
        "runner_up": rival and rival | {"probability": float(random.uniform(0, 0.5))},
    }  # fmt: skip
