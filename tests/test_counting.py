"""Zones and lines: each person once, and counts that equal those by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.media import reid_track
from tests.sample_run import track_samples
from tests.test_samples import SAMPLES
from tracker.core.errors import ConfigError
from tracker.core.types import CameraInfo, Identity, Visit, no_embeddings
from tracker.counting.count import count
from tracker.counting.steady import STEADY_S, Steady
from tracker.counting.watch import UNSEEN_S, Seen, ZoneWatch
from tracker.counting.zones import Line, Zone, Zones, parse_zones, read_zones, write_zones, zones_of
from tracker.formats.file_result import FileResult
from tracker.rendering.heat_map import heat_map
from tracker.results.counts_file import CountsFile
from tracker.results.events_file import LeftZone, Occupancy
from tracker.results.result import ModelUse

FPS = 10
SQUARE = ((100.0, 100.0), (200.0, 100.0), (200.0, 300.0), (100.0, 300.0))
POSTS = ((150.0, 300.0), (150.0, 0.0))  # upwards: who goes to the right goes in


def walk(camera: str, track_id: int, begin_s: float, *xs: float) -> Visit:
    """A visit whose feet are at these x, y = 200, one after the other at 10 frames/s."""
    frame = np.arange(len(xs)) + round(begin_s * FPS)
    x = np.array(xs, np.float32)
    xyxy = np.stack([x - 10, 0 * x + 150, x + 10, 0 * x + 200], axis=1)
    return Visit(
        camera, track_id, frame, frame / FPS, xyxy, np.full(len(xs), 0.9, np.float32),
        np.ones(len(xs), bool), no_embeddings(),
    )  # fmt: skip


def result_of(*people: list[Visit], places: dict | None = None, names: tuple = ()) -> FileResult:
    cameras = [CameraInfo(name, name, 640, 480, FPS, 99) for name in ("a", "b")]
    given = [*names, *[None] * len(people)]
    found = [Identity(n + 1, own, given[n]) for n, own in enumerate(people)]
    return FileResult(cameras, ModelUse("none", None), None, found, known_places=places or {})


def counted(*people: list[Visit], shapes: tuple = (Zone("z", "a", SQUARE),)) -> CountsFile:
    return count(result_of(*people), Zones(shapes))


def stays(counts: CountsFile, zone: int = 0) -> list[tuple[int, float, float]]:
    return [(s.global_id, s.enter_s, s.leave_s) for s in counts.zones[zone].stays]


def way(start: float, end: float, step: float = 10.0) -> list[float]:
    return list(
        np.arange(start, end + step / 2, step)
        if end > start
        else np.arange(start, end - step / 2, -step)
    )


def test_who_walks_through_a_zone_is_in_it_from_border_to_border():
    counts = counted([walk("a", 1, 0, *way(0, 300))])
    assert stays(counts) == [(1, 1.0, 2.1)]  # x = 100 at 1.0 s; x = 210 is the first outside
    zone = counts.zones[0]
    assert (zone.people, zone.returning, zone.most_present) == (1, 0, 1)
    assert zone.mean_dwell_s == zone.longest_dwell_s == pytest.approx(1.1)


def test_feet_that_jitter_at_a_border_enter_and_leave_once():
    jitter = [90, 110, 90, 110, 95, 105, 95, 105, 90]
    counts = counted([walk("a", 1, 0, *way(0, 90), *jitter, *way(110, 190), *jitter, *way(90, 0))])
    assert len(counts.zones[0].stays) == 1


def test_a_crossing_counts_by_its_direction_and_not_past_the_ends():
    line = (Line("door", "a", POSTS),)
    through = counted([walk("a", 1, 0, *way(0, 300), *way(290, 0))], shapes=line).lines[0]
    assert [(c.direction, c.time_s) for c in through.crossings] == [("in", 1.6), ("out", 4.5)]
    assert (through.entries, through.exits, through.people) == (1, 1, 1)
    high = (Line("door", "a", ((150.0, 100.0), (150.0, 0.0))),)  # feet pass below it
    assert counted([walk("a", 1, 0, *way(0, 300))], shapes=high).lines[0].crossings == ()


def test_who_turns_back_on_a_line_has_not_crossed_it():
    line = (Line("door", "a", POSTS),)
    counts = counted([walk("a", 1, 0, *way(0, 150), 160, 155, 148, *way(140, 0))], shapes=line)
    assert counts.lines[0].crossings == ()


def test_a_track_that_breaks_at_a_line_has_crossed_it():
    line = (Line("door", "a", POSTS),)
    counts = counted(
        [walk("a", 1, 0, *way(0, 140)), walk("a", 2, 2.5, *way(170, 300))], shapes=line
    )
    assert [c.direction for c in counts.lines[0].crossings] == ["in"]
    late = [walk("a", 1, 0, *way(0, 140)), walk("a", 2, 2.5 + UNSEEN_S, *way(170, 300))]
    assert counted(late, shapes=line).lines[0].crossings == ()


def test_somebody_out_of_sight_for_a_moment_has_stayed():
    here = [150.0] * 20
    short = counted([walk("a", 1, 0, *here), walk("a", 2, 3.0, *here)])
    assert stays(short) == [(1, 0.0, 4.9)]
    long = counted([walk("a", 1, 0, *here), walk("a", 2, 4.5, *here)])
    assert stays(long) == [(1, 0.0, 1.9), (1, 4.5, 6.4)]
    assert [s.first for s in long.zones[0].stays] == [True, False]
    assert long.zones[0].returning == 1


def test_one_person_in_two_cameras_counts_once():
    shapes = (Zone("z", "a", SQUARE), Zone("z", "b", SQUARE))
    person = [walk("a", 1, 0, *[150.0] * 30), walk("b", 1, 1, *[150.0] * 40)]
    counts = counted(person, [walk("a", 2, 2, *[160.0] * 10)], shapes=shapes)
    assert stays(counts) == [(1, 0.0, 4.9), (2, 2.0, 2.9)]
    assert (counts.zones[0].people, counts.zones[0].most_present) == (2, 2)
    assert counts.people == 2


def test_a_line_on_the_map_that_two_cameras_see_crossed_is_crossed_once():
    visits = [walk("a", 1, 0, *way(0, 300)), walk("b", 1, 0.1, *way(0, 300))]
    metres = np.stack([np.arange(31) / 10, np.zeros(31)], axis=1)
    result = result_of(visits, places={v.key: metres for v in visits})
    door = Line("door", None, ((1.55, -1.0), (1.55, 1.0)))  # northwards on the map: east is in
    counts = count(result, Zones((door,)))
    assert [(c.direction, c.camera) for c in counts.lines[0].crossings] == [("in", "a")]


def test_an_unknown_place_on_the_map_is_nowhere():
    visit = walk("a", 1, 0, *[150.0] * 30)
    places = np.full((30, 2), np.nan)
    places[:10] = 1.0
    square = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0))
    counts = count(
        result_of([visit], places={visit.key: places}), Zones((Zone("z", None, square),))
    )
    assert stays(counts) == [(1, 0.0, 0.9)]


def test_the_staff_is_left_out_by_name_and_by_zone():
    office = tuple((x + 300, y) for x, y in SQUARE)
    shapes = (Zone("z", "a", SQUARE), Zone("office", "a", office), Line("door", "a", POSTS))
    zones = Zones(shapes, frozenset({"Ann"}), frozenset({"office"}))
    people = [walk("a", 1, 0, *way(0, 300))], [walk("a", 2, 0, *way(0, 450))], [
        walk("a", 3, 0, *way(0, 300))
    ]  # fmt: skip
    counts = count(result_of(*people, names=("Ann",)), zones)
    assert counts.staff == (1, 2)
    assert [s.global_id for s in counts.zones[0].stays] == [3]
    assert (counts.lines[0].entries, counts.people, counts.hours[0].people) == (1, 1, 1)


def test_who_goes_from_zone_to_zone_and_how_many_an_hour_has():
    other = tuple((x + 300, y) for x, y in SQUARE)
    shapes = (Zone("queue", "a", SQUARE), Zone("till", "a", other))
    late = walk("a", 3, 3700, *way(0, 250))
    counts = counted(
        [walk("a", 1, 0, *way(0, 450)), walk("a", 4, 3700, *[0.0] * 5)],
        [walk("a", 2, 0, *way(0, 250))], [late], shapes=shapes,
    )  # fmt: skip
    [conversion] = counts.conversions
    assert (conversion.from_zone, conversion.to_zone) == ("queue", "till")
    assert (conversion.people, conversion.of, conversion.median_s) == (1, 3, 3.0)
    assert [(h.people, h.new) for h in counts.hours] == [(2, 2), (2, 1)]


def test_how_many_are_there_over_time():
    counts = counted([walk("a", 1, 0, *[150.0] * 50)], [walk("a", 2, 2, *[150.0] * 10)])
    assert counts.zones[0].occupancy == [(0.0, 1), (2.0, 2), (2.9, 1), (4.9, 0)]


def test_a_change_that_is_taken_back_within_half_a_second_is_none():
    steady = Steady(now=False, last_s=0.0)
    assert steady.tell(True, 1.0) is None
    assert steady.tell(False, 1.0 + 0.9 * STEADY_S) is None
    assert steady.tell(True, 3.0) is None
    assert steady.tell(True, 3.0 + STEADY_S) == 3.0
    assert steady.now
    assert steady.tell(False, 9.0) is None
    assert steady.end() == 9.0


def test_two_people_who_prove_to_be_one_count_once():
    told = []
    watch = ZoneWatch(Zones((Zone("z", "a", SQUARE),)), told.append)
    zone = Zone("z", "a", SQUARE)
    for person in (1, 2):
        watch.note(zone, Seen(("a", person), person, 0.0), (150.0, 200.0), state=True)
    watch.rename(2, 1)
    watch.finish()
    numbers = [e.people for e in told if isinstance(e, Occupancy)]
    assert numbers == [1, 2, 1, 0]
    assert [e.global_id for e in told if isinstance(e, LeftZone)] == [1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param({"zonse": {}}, "unknown field", id="key"),
        pytest.param({}, "no 'zones:' and no 'lines:'", id="nothing"),
        pytest.param({"zones": {"z": {"polygon": [[0, 0], [1, 1]]}}}, "length >= 3", id="two"),
        pytest.param(
            {"zones": {"z": {"polygon": [[0, 0], [2, 2], [2, 0], [0, 3]]}}}, "Self-intersection",
            id="crosses itself",
        ),
        pytest.param({"zones": {"z": {"polygon": [[0, 0], [1, 1], [2, 2]]}}}, "'z'", id="flat"),
        pytest.param({"lines": {"l": {"line": [[0, 0], [0, 0]]}}}, "two different", id="a point"),
        pytest.param(
            {"lines": {"l": {"line": [[0, 0], [9, 0]]}}, "staff": {"zones": ["x"]}},
            "no zone 'x'", id="staff",
        ),
        pytest.param({"lines": {"l": {"line": [[0, 0], [float("nan"), 0]]}}}, "line 'l'", id="nan"),
    ],
)  # fmt: skip
def test_zones_that_cannot_be_are_refused(tmp_path: Path, content: dict, told: str):
    path = tmp_path / "zones.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=told):
        read_zones(path)


def test_zones_are_written_as_they_are_read(tmp_path: Path):
    content = {
        "zones": {
            "shop": [{"polygon": [[0, 0], [9, 0], [9, 9]], "camera": "a"}],
            "yard": {"polygon": [[0, 0], [9, 0], [9, 9]]},
        },
        "lines": {"door": {"line": [[0, 0], [9, 0]], "camera": "a"}},
        "staff": {"names": ["Ann"]},
    }
    file = parse_zones(content, "test")
    write_zones(file, tmp_path / "zones.yaml")
    assert yaml.safe_load((tmp_path / "zones.yaml").read_text()) == content
    assert read_zones(tmp_path / "zones.yaml") == zones_of(file, "test")


SAMPLE_ZONES = """
zones:
  middle:
    - {camera: cam1, polygon: [[220, 200], [420, 200], [420, 480], [220, 480]]}
    - {camera: cam2, polygon: [[260, 200], [460, 200], [460, 480], [260, 480]]}
lines:
  yard: {camera: cam1, line: [[320, 480], [320, 0]]}
  street: {camera: cam2, line: [[360, 480], [360, 0]]}
"""


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory, colours: Path) -> Path:
    folder = tmp_path_factory.mktemp("counting")
    (folder / "zones.yaml").write_text(SAMPLE_ZONES)
    words = ("--zones", folder / "zones.yaml", "--format", "visits,people")
    return track_samples(folder / "clips", colours, *words)


def true_feet(camera: str, fps: float) -> dict[int, list[tuple[float, float]]]:
    """When each person of a sample clip's truth has the feet at which x."""
    feet: dict[int, list[tuple[float, float]]] = {}
    for frame, person, left, _, width, *_ in np.loadtxt(
        SAMPLES / f"{camera}.gt.txt", delimiter=","
    ):
        feet.setdefault(int(person), []).append(((frame - 1) / fps, left + width / 2))
    return feet


def test_the_samples_counts_are_those_of_the_story(sample_run: Path):
    """By samples/README.md 1, 2 coming back and 3 go to the right in cam1, 1, 4 and 3 in cam2."""
    counts = json.loads((sample_run / "counts.json").read_text())
    lines = {line["name"]: (line["entries"], line["exits"]) for line in counts["lines"]}
    assert lines == {"yard": (3, 2), "street": (3, 1)}
    dwells = []
    for camera, fps, left, right in (("cam1", 25, 220, 420), ("cam2", 20, 260, 460)):
        for feet in true_feet(camera, fps).values():
            inside = [t for t, x in feet if left <= x <= right]
            parts = np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1) if inside else []
            dwells += [(part[0], part[-1] - part[0]) for part in parts if len(part)]
    found = [(s["enter_s"], s["leave_s"] - s["enter_s"]) for s in counts["zones"][0]["stays"]]
    assert len(found) == len(dwells)
    assert np.abs(np.array(sorted(found)) - np.array(sorted(dwells))).max() < 0.5
    assert counts["zones"][0]["people"] == 5


def test_analyse_counts_what_the_run_counted(sample_run: Path, tmp_path: Path, capsys):
    words = ("--zones", sample_run.parent / "zones.yaml", "--out", tmp_path / "counts")
    assert reid_track("analyse", sample_run, *words) == 0
    said = capsys.readouterr().out
    assert "yard: 3 in, 2 out, 4 people" in said
    assert (tmp_path / "counts" / "counts.json").read_text() == (
        sample_run / "counts.json"
    ).read_text()
    table = (tmp_path / "counts" / "crossings.csv").read_text().splitlines()
    assert table[0] == "line,global_id,time_s,direction,camera"
    assert len(table) == 1 + 9


def test_visits_and_people_are_tables(sample_run: Path):
    visits = (sample_run / "visits.csv").read_text().splitlines()
    people = (sample_run / "people.csv").read_text().splitlines()
    content = json.loads((sample_run / "tracks.json").read_text())
    assert len(visits) == 1 + len(content["tracks"])
    assert len(people) == 1 + len(content["identities"])
    row = dict(zip(people[0].split(","), people[1].split(","), strict=True))
    first = content["identities"][0]
    assert float(row["first_s"]) == first["first_time_s"]
    assert float(row["in_view_s"]) == pytest.approx(
        sum(t["leave_s"] - t["enter_s"] for t in first["tracks"])
    )


def test_a_run_tells_the_same_while_it_goes_on(tmp_path: Path, colours: Path):
    (tmp_path / "zones.yaml").write_text(SAMPLE_ZONES)
    words = ("--zones", tmp_path / "zones.yaml", "--online", "--events", tmp_path / "e.jsonl")
    run = track_samples(tmp_path / "clips", colours, *words)
    events = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text().splitlines()]
    counts = json.loads((run / "counts.json").read_text())
    crossed = sorted(
        (e["line"], e["time_s"], e["direction"]) for e in events if e["event"] == "crossed"
    )
    settled = sorted(
        (x["name"], c["time_s"], c["direction"]) for x in counts["lines"] for c in x["crossings"]
    )
    assert [(a, c) for a, _, c in crossed] == [(a, c) for a, _, c in settled]
    assert len(settled) == 9
    left = [e for e in events if e["event"] == "left_zone"]
    assert (
        len(left)
        == sum(e["event"] == "entered_zone" for e in events)
        == len(counts["zones"][0]["stays"])
    )
    assert [e["people"] for e in events if e["event"] == "occupancy"][-1] == 0


@pytest.mark.parametrize(
    ("zones", "told"),
    [
        (
            "lines: {l: {camera: cam3, line: [[0, 0], [1, 1]]}}",
            "in camera 'cam3', which is not there",
        ),
        ("lines: {l: {line: [[0, 0], [1, 1]]}}", "no camera is calibrated"),
    ],
)
def test_zones_that_no_camera_sees_are_refused(
    sample_run: Path, tmp_path: Path, capsys, zones: str, told: str
):
    (tmp_path / "z.yaml").write_text(zones)
    assert reid_track("analyse", sample_run, "--zones", tmp_path / "z.yaml") == 1
    assert told in capsys.readouterr().err


def test_a_heat_map_is_brightest_where_people_stand():
    camera = CameraInfo("a", "a", 640, 480, FPS, 99)
    stood = walk("a", 1, 0, *[150.0] * 50, *way(160, 600))
    image = heat_map(camera, [stood], np.zeros((90, 120, 3), np.uint8))
    assert image.shape == (480, 640, 3)
    brightness = image.sum(axis=2, dtype=int)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == pytest.approx(
        (200, 150), abs=2
    )
    assert brightness[200, 500] > brightness[300, 500] == 0
