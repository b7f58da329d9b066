"""Who is who in rooms that several cameras without calibration look into?

    python benchmarks/link_rooms.py MODEL [MODEL ...]

Made-up rooms: people walk from place to place in 8 by 6 metres, cameras in the corners see them
with a detector's errors, and everybody looks like somebody of Market-1501, in each camera as one of
Market's cameras saw them (people whom `train reid --val-ids 51` keeps back). Prints joint IDF1
after the second pass and online, in percent, beside what these tracks could reach with perfect
links, and people found. Three rooms of each kind.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from link_reliability import Crops, embedded

from tracker.core.config import LinkConfig, TrackerConfig
from tracker.core.types import CameraInfo, Detections, Visit
from tracker.evaluation.box_table import BoxTable
from tracker.evaluation.tracks import concatenate, score, with_true_ids
from tracker.identity.grouping import scene_of
from tracker.identity.offline import Linked, link, only_clearly_seen
from tracker.models.locate import LocatedModel, find_model
from tracker.runtime.online_people import OnlinePeople
from tracker.tracking.appearance_odds import learn_appearance_odds
from tracker.tracking.deepsort import DeepSort
from tracker.tracking.second_pass import polish, settle

FRAMES, FPS, SIZE, ROOM = 268, 10.0, (768, 576), np.array([8.0, 6.0])
CORNERS = np.array([[-0.5, -0.5], [8.5, -0.5], [8.5, 6.5], [-0.5, 6.5]])
CONFIG = TrackerConfig(camera_motion=False)
KINDS = {  # people who walk, cameras, who is alike, somebody sits, lamps taken for people, leaving
    "2 people": (2, 4, False, False, 0, False),
    "2 alike": (2, 4, True, False, 0, False),
    "2 alike, 3 cameras": (2, 3, True, False, 0, False),
    "2 alike, 1 sits, lamps": (2, 4, True, True, 2, False),
    "4 come and go": (4, 4, False, False, 1, True),
    "5 people": (5, 4, False, False, 0, False),
}
ROOMS = 3
FEWEST_VIEWS = 4  # cameras of Market-1501 that must have seen somebody
SPEED, LEAVES = 1.2 / FPS, 0.35  # metres a frame; how often a goal is the door
LEAST_INSIDE, TOO_NEAR_M = 0.35, 0.3  # of a box in the picture; from the camera
HIDDEN, MISSED, SHINING = 0.8, 0.05, 0.7  # covered by others; not detected; lamps detected


@dataclass(frozen=True, slots=True)
class Camera:
    """What one camera gives: detections and looks by frame, and the truth."""

    info: CameraInfo
    found: list[tuple[Detections, np.ndarray]]
    truth: BoxTable


def cast(crops: list[Crops], count: int, alike: bool, random: np.random.Generator) -> list[list]:
    """Choose people: for each the looks in one camera after the other."""
    views: dict[str, dict[str, np.ndarray]] = {}
    for c in crops:
        views.setdefault(c.person, {}).setdefault(c.camera, c.embeddings)
    known = sorted(p for p, cameras in views.items() if len(cameras) >= FEWEST_VIEWS)
    mean = np.array([np.concatenate(list(views[p].values())).mean(axis=0) for p in known])
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    chosen = [int(random.integers(len(known)))]
    while len(chosen) < count:
        nearness = (mean @ mean[chosen].T).mean(axis=1) if alike else random.random(len(known))
        nearness[chosen] = -1
        chosen.append(int(random.choice(np.argsort(-nearness)[:2])))
    return [list(views[known[n]].values()) for n in chosen]


def paths(count: int, sits: bool, leave: bool, random: np.random.Generator) -> np.ndarray:
    """Return where everybody is, (people, FRAMES, 2) metres; NaN while out of the room."""
    where = np.full((count + sits, FRAMES, 2), np.nan)
    for person in range(count):
        place, goal, wait, away = random.uniform(0.8, ROOM - 0.8), None, 0, 0
        for frame in range(FRAMES):
            if away:
                away -= 1
                continue
            if goal is None:
                goal = random.uniform(0.8, ROOM - 0.8)
            off = np.linalg.norm(goal - place)
            if wait:
                wait -= 1
            elif off > SPEED:
                place = place + (goal - place) / off * SPEED
            else:
                goal, wait = None, int(random.integers(25))
                if leave and random.random() < LEAVES:
                    away, place = int(random.integers(20, 80)), np.array([4.0, 6.0])
                    continue
            where[person, frame] = place
    where[count:] = random.uniform(0.3, 1.0, 2)
    return where


def project(corner: np.ndarray, aim: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return pixels and depth (N, 3) of points (N, 3) for a camera that looks at a point."""
    forward = (aim - corner) / np.linalg.norm(aim - corner)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    x, y, z = np.stack([right, np.cross(forward, right), forward]) @ (points - corner).T
    return np.column_stack([560 * x / z + SIZE[0] / 2, 560 * y / z + SIZE[1] / 2, z])


def box(
    corner: np.ndarray, aim: np.ndarray, place: np.ndarray, tall: float
) -> tuple[float, np.ndarray, float] | None:
    """Return depth, the box (4,) in the picture and how much of it is inside; None for nothing."""
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = place + 0.27 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    seen = project(corner, aim, np.array([[*p, h] for p in ring for h in (0, tall / 2, tall)]))
    if np.isnan(place).any() or seen[:, 2].min() < TOO_NEAR_M:
        return None
    whole = np.array([*seen[:, :2].min(axis=0), *seen[:, :2].max(axis=0)])
    part = np.clip(whole, 0, [*SIZE, *SIZE])
    inside = np.prod((part[2:] - part[:2]).clip(0)) / np.prod(whole[2:] - whole[:2])
    return (seen[:, 2].mean(), part, inside) if inside > LEAST_INSIDE else None


def covered(mine: np.ndarray, nearer: list[np.ndarray]) -> float:
    """Return the largest share of a box that one nearer box covers."""
    shares = [np.prod((np.minimum(mine[2:], o[2:]) - np.maximum(mine[:2], o[:2])).clip(0))
              for o in nearer]  # fmt: skip
    return max(shares, default=0.0) / np.prod(mine[2:] - mine[:2])


def cameras(crops: list[Crops], kind: str, seed: int) -> Iterator[Camera]:
    """Draw a room and yield what each of its cameras gives."""
    random = np.random.default_rng(seed)
    count, number, alike, sits, lamps, leave = KINDS[kind]
    who = cast(crops, count + sits, alike, random)
    where = paths(count, sits, leave, random)
    tall = np.where(np.arange(len(who)) < count, random.uniform(1.6, 1.88, len(who)), 1.25)
    for n in range(number):
        corner = np.array([*CORNERS[n], random.uniform(2.6, 2.9)])
        aim = np.array([*(ROOM / 2 + random.normal(0, 0.4, 2)), 0.9])
        looks = [person[n % len(person)] for person in who]
        seen = [
            [(box(corner, aim, where[p, frame], tall[p]), p) for p in range(len(who))]
            for frame in range(FRAMES)
        ]
        yield _filmed("abcd"[n], seen, looks, lamps, random)


def _filmed(
    name: str, seen: list[list], looks: list[np.ndarray], lamps: int, random: np.random.Generator
) -> Camera:
    """Detect, with errors, who is seen in each frame: (box of `box`, person)."""
    lamp = [(random.uniform((50, 100), (650, 300)), random.normal(size=512), random.integers(200))
            for _ in range(random.binomial(lamps, 0.5))]  # fmt: skip
    found, rows = [], []
    for frame in range(FRAMES):
        order = sorted(((b, p) for b, p in seen[frame] if b is not None), key=lambda o: o[0][0])
        boxes, scores, views = [], [], []
        for k, ((_, whole, inside), person) in enumerate(order):
            cover = covered(whole, [o[1] for o, _ in order[:k]])
            if cover < HIDDEN:
                rows.append((frame + 1, person + 1, *whole))
            if random.random() < MISSED or random.random() < 1.5 * cover:
                continue
            noise = random.normal(0, 0.015, 4) * (whole[3] - whole[1]) * [0.5, 1, 0.5, 1]
            boxes.append(np.clip(whole + noise, 0, [*SIZE, *SIZE]))
            scores.append(0.85 - 0.5 * cover - 0.4 * (1 - inside) + random.normal(0, 0.05))
            view = looks[person][int(0.12 * frame) % len(looks[person])]
            views.append(view + random.normal(0, 0.25 / 512**0.5, 512))
        for place, look, begin in lamp:
            if begin <= frame < begin + 30 and random.random() < SHINING:
                boxes.append(
                    np.array([*place, *(place + np.array([50, 130]))]) + random.normal(0, 2, 4)
                )
                scores.append(random.uniform(0.26, 0.45))
                views.append(look + random.normal(0, 0.3, 512))
        xyxy = np.array(boxes, np.float32).reshape(-1, 4)
        embeddings = np.array(views, np.float32).reshape(-1, 512)
        embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
        score_ = np.clip(np.array(scores, np.float32), 0.26, 0.95)
        found.append((Detections(xyxy, score_), embeddings))
    table = np.array(rows, float).reshape(-1, 6)
    ids = table[:, 1].astype(int)
    truth = BoxTable(table[:, 0].astype(int), ids, table[:, 2:], np.zeros(len(ids), bool))
    return Camera(CameraInfo(name, "none", *SIZE, FPS, FRAMES), found, truth)


def follow(
    room: list[Camera], max_cosine_distance: float
) -> tuple[list[Visit], Linked, list[Visit], Linked]:
    """Return visits and people after the second pass, and those online."""
    config = replace(CONFIG, max_cosine_distance=max_cosine_distance)
    wary = replace(config, wary=True)  # as --online follows
    infos = [c.info for c in room]
    now = OnlinePeople(LinkConfig())
    for info in infos:
        now.add(info)
    recorded = [DeepSort(i.name, config) for i in infos]
    live = [SimpleNamespace(info=i, tracker=DeepSort(i.name, wary)) for i in infos]
    for frame in range(FRAMES):
        for camera, tracker, part in zip(room, recorded, live, strict=True):
            tracker.update(frame, frame / FPS, *camera.found[frame])
            boxes = part.tracker.update(frame, frame / FPS, *camera.found[frame])
            now.update(part, frame / FPS, boxes)
    settled, online = [], []
    for tracker, part in zip(recorded, live, strict=True):
        pieces = tracker.fragments()
        visits = settle(pieces, SIZE, learn_appearance_odds(pieces), config)
        settled += polish(visits, SIZE, config)
        online += polish(part.tracker.visits(), SIZE, config)
    now.identities.finish(online)
    linked = only_clearly_seen(link(settled, LinkConfig(), scene_of(infos)))
    shown = only_clearly_seen(now.identities.linked(online), renumber=False)
    return [v for p in linked.identities for v in p.visits], linked, online, shown


def joint(room: list[Camera], visits: list[Visit], person: dict) -> float:
    """Return the joint IDF1 of visits with these people."""
    found = [_table([v for v in visits if v.camera == c.info.name and v.key in person], person)
             for c in room]  # fmt: skip
    lengths = [FRAMES] * len(room)
    return score(concatenate([c.truth for c in room], lengths), concatenate(found, lengths))["IDF1"]


def perfect(room: list[Camera], visits: list[Visit]) -> dict:
    """Return whose each visit mostly is; what is nobody's gets a number of its own."""
    person = {}
    for number, visit in enumerate(visits):
        truth = next(c.truth for c in room if c.info.name == visit.camera)
        ids = with_true_ids(truth, _table([visit], {visit.key: 1})).identity
        right = ids[ids > 0]
        person[visit.key] = int(np.bincount(right).argmax()) if len(right) else 1000 + number
    return person


def _table(visits: list[Visit], person: dict) -> BoxTable:
    empty = [np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4))]
    columns = [[v.frame + 1, np.full(len(v.frame), person[v.key]), v.xyxy] for v in visits]
    frame, ids, xyxy = (np.concatenate(c) for c in zip(empty, *columns, strict=True))
    return BoxTable(
        frame.astype(int), ids.astype(int), xyxy.astype(float), np.zeros(len(ids), bool)
    )


def _numbers(linked: Linked) -> dict:
    return {t.key: p.global_id for p in linked.identities for t in p.visits}


def main() -> None:
    """Print a table for each model."""
    for name in sys.argv[1:]:
        model = find_model(name, "reid")
        assert isinstance(model, LocatedModel), f"{name} is not installed"
        crops = embedded(model)
        print(f"\n{model.name}\n\n| room | IDF1 | perfect links | people | online | perfect links "
              "| people | there |\n" + "|---" * 8 + "|")  # fmt: skip
        for kind in KINDS:
            rows, counts = [], []
            for seed in range(ROOMS):
                room = list(cameras(crops, kind, seed))
                settled, linked, online, now = follow(room, model.max_cosine_distance)
                rows.append([joint(room, settled, _numbers(linked)),
                             joint(room, settled, perfect(room, settled)),
                             joint(room, online, _numbers(now)),
                             joint(room, online, perfect(room, online))])  # fmt: skip
                counts.append((len(linked.identities), len(now.identities)))
            a, b, c, d = (f"{value:.1f}" for value in np.mean(rows, axis=0))
            offline, live = (
                ", ".join(str(n) for n in column) for column in zip(*counts, strict=True)
            )
            there = KINDS[kind][0] + KINDS[kind][3]
            print(f"| {kind} | {a} | {b} | {offline} | {c} | {d} | {live} | {there} |", flush=True)


if __name__ == "__main__":
    main()
