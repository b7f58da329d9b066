"""``reid-track identities``: who was where, and corrections that keep every rule."""

import json
from itertools import combinations
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media import names_in, reid_track
from tests.parts import visit
from tracker.core.config import LinkConfig
from tracker.core.errors import ConfigError
from tracker.core.types import CameraInfo, Visit, VisitKey
from tracker.corrections.apply import corrected
from tracker.identity.offline import link
from tracker.results.corrections_file import Correction, Split, read_corrections
from tracker.results.record import VisitRef, to_json
from tracker.results.result import ModelUse, Result
from tracker.results.schemas import load_schema
from tracker.results.tracks_file import TracksFile, read_tracks
from tracker.results.tracks_json import write_tracks_json

CAMERAS = ("cam1", "cam2", "cam3")
ENDS = ("first", "second")
SCHEMA = jsonschema.Draft202012Validator(load_schema())
VISITS = [  # 1: cam1/1, cam2/1, cam1/4; 2: cam1/2, cam2/3; 3: cam2/2; 4: cam1/3 and cam3/1
    visit("cam1", 1, (0, 3), 1),
    visit("cam1", 2, (1, 4), 2, x=500),
    visit("cam2", 1, (6, 9), 1),
    visit("cam2", 2, (7, 10), 3, x=500),
    visit("cam1", 3, (20, 24), 4),
    visit("cam3", 1, (22, 26), 4),
    visit("cam2", 3, (30, 33.3), 2),
    visit("cam1", 4, (3700, 3725), 1),
]


def write(path: Path, visits: list[Visit]) -> Path:
    linked = link(visits, LinkConfig())
    cameras = [CameraInfo(name, f"{name}.mp4", 640, 480, 10.0, 99) for name in CAMERAS]
    replayed = ModelUse("replay of boxes", None)
    write_tracks_json(Result(cameras, replayed, None, linked.identities, linked.links), path)
    return path


@pytest.fixture
def tracks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "tracks.json", VISITS)


def visits_of(content: TracksFile) -> dict[int, list[str]]:
    return {number: [str(v) for v in visits] for number, visits in content.visits().items()}


def test_the_table_names_visits_ways_and_the_weakest_link(tracks: Path, capsys) -> None:
    assert reid_track("identities", tracks) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["person", "visit", "enters", "leaves", "came", "link", "weakest"]
    assert lines[1][:5] == ["1", "cam1/1", "00:00:00.0", "00:00:03.0", "-"]
    assert " ".join(lines[2][:8]) == "1 cam2/1 00:00:06.0 00:00:09.0 from cam1 in 3.0"
    assert " ".join(lines[3][:8]) == "1 cam1/4 01:01:40.0 01:02:05.0 from cam2 in 3691.0"
    assert [line[:2] for line in lines[4:]] == [
        ["2", "cam1/2"], ["2", "cam2/3"], ["3", "cam2/2"], ["4", "cam1/3"], ["4", "cam3/1"],
    ]  # fmt: skip
    assert lines[8][4:7] == ["still", "in", "cam1"]
    probabilities = [float(line[-2]) for line in lines[2:4]]
    assert {float(line[-1]) for line in lines[1:4]} == {min(probabilities)}


def test_one_person_as_json(tracks: Path, capsys) -> None:
    assert reid_track("identities", tracks, "--person", 2, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    content = json.loads(tracks.read_text())
    assert told["identities"] == [p for p in content["identities"] if p["global_id"] == 2]
    assert told["links"] == [x for x in content["links"] if x["global_id"] == 2]
    assert len(told["links"]) == 1


def test_merge_and_split_write_a_whole_new_file(tracks: Path, capsys) -> None:
    before = tracks.read_bytes()
    code = reid_track(
        *("identities", tracks, "--split", "1:cam2/1,cam1/4", "--merge", "3,5", "--merge", "4,2"),
        *("--out", "new.json"),
    )
    # 5 would get cam2/1 while 3 is in cam2: the first try is wrong, and writes nothing.
    printed = capsys.readouterr()
    assert code == 1
    assert "cam2/2" in printed.err
    assert "cam2/1" in printed.err
    assert names_in(tracks.parent) == {"tracks.json"}

    assert reid_track("identities", tracks, "--split", "1:cam1/4", "--merge", "5,3,4",
                      "--out", "new.json") == 0  # fmt: skip
    assert capsys.readouterr().err == "wrote new.json\n"
    content = json.loads(Path("new.json").read_text())
    SCHEMA.validate(content)
    assert visits_of(read_tracks(Path("new.json"))) == {
        1: ["cam1/1", "cam2/1"], 2: ["cam1/2", "cam2/3"],
        3: ["cam2/2", "cam1/3", "cam3/1", "cam1/4"],
    }  # fmt: skip
    assert content["corrections"] == [
        {"split": {"global_id": 1, "visits": [{"camera": "cam1", "track_id": 4}],
                   "new_global_id": 5}},
        {"merge": [5, 3, 4]},
    ]  # fmt: skip
    said = [tuple(x[end].values()) for x in content["links"] if "by" in x for end in ENDS]
    assert said == [("cam2", 2), ("cam1", 3), ("cam3", 1), ("cam1", 4)]
    assert tracks.read_bytes() == before


def test_an_uncorrected_part_stays_word_for_word(tracks: Path) -> None:
    assert reid_track("identities", tracks, "--merge", "3,4", "--out", "new.json") == 0
    old, new = (path.read_text().splitlines() for path in (tracks, Path("new.json")))
    assert [line for line in old if '"global_id": 1' in line][1:] == [
        line for line in new if '"global_id": 1' in line
    ][1:]


def test_recorded_corrections_can_be_repeated_and_go_on(tracks: Path) -> None:
    assert reid_track("identities", tracks, "--split", "1:cam1/4", "--out", "a.json") == 0
    assert reid_track("identities", "a.json", "--merge", "2,5", "--out", "b.json") == 0
    assert len(read_tracks(Path("b.json")).corrections) == 2

    assert reid_track("identities", tracks, "--corrections", "b.json", "--out", "c.json") == 0
    assert Path("c.json").read_bytes() == Path("b.json").read_bytes()

    Path("list.json").write_text(json.dumps([{"split": {"global_id": 1, "visits": [
        {"camera": "cam1", "track_id": 4}]}}, {"merge": [2, 5]}]))  # fmt: skip
    code = reid_track(
        *("identities", tracks, "--corrections", "list.json", "--out", "c.json", "--overwrite")
    )
    assert code == 0
    assert Path("c.json").read_bytes() == Path("b.json").read_bytes()


def test_a_merged_id_is_never_given_to_somebody_else(tracks: Path) -> None:
    content = corrected(read_tracks(tracks), [merge(3, 4)])
    again = corrected(content, [split(1, ("cam1", 4))])
    assert sorted(again.visits()) == [1, 2, 3, 5]


NEW = ["--out", "new.json"]
WRONG = [
    pytest.param(["--merge", "3,9", *NEW], "no person 9; there are 1, 2, 3, 4", id="unknown id"),
    pytest.param(["--merge", "3", *NEW], "two or more", id="one person"),
    pytest.param(["--merge", "3,3", *NEW], "two or more", id="one person twice"),
    pytest.param(["--merge", "3,x", *NEW], "such as 3,7", id="ids in words"),
    pytest.param(["--merge", "3,", *NEW], "empty item", id="comma at the end"),
    pytest.param(
        ["--merge", "1,2", *NEW],
        "cam1/1 of person 1 (0-3 s) and cam1/2 of person 2 (1-4",
        id="twice in one camera",
    ),
    pytest.param(
        ["--split", "1:cam1/9", *NEW],
        "no visit cam1/9; person 1 has cam1/1, cam2/1",
        id="unknown visit",
    ),
    pytest.param(["--split", "1:cam1/2", *NEW], "cam1/2 is a visit of person 2", id="other's"),
    pytest.param(["--split", "7:cam1/2", *NEW], "no person 7", id="unknown person"),
    pytest.param(["--split", "3:cam2/2", *NEW], "all of the visits of person 3", id="all visits"),
    pytest.param(["--split", "cam1/2", *NEW], "such as 5:cam2/12", id="no person"),
    pytest.param(["--split", "1:cam1", *NEW], "such as 5:cam2/12", id="no track"),
    pytest.param(["--merge", "3,4"], "needs --out", id="no --out"),
    pytest.param(NEW, "needs a correction", id="nothing to correct"),
    pytest.param(
        ["--merge", "3,4", "--out", "tracks.json", "--overwrite"], "is an input", id="onto itself"
    ),
    pytest.param(
        ["--corrections", "list.json", "--out", "list.json", "--overwrite"],
        "is an input",
        id="onto the corrections",
    ),
    pytest.param(["--merge", "3,4", "--out", "other.json"], "--overwrite", id="existing --out"),
    pytest.param(["--person", "9"], "there are 1, 2, 3, 4", id="nobody to show"),
    pytest.param(["--corrections", "no.json", *NEW], "no.json", id="no corrections file"),
    pytest.param(
        ["--corrections", "tracks.json", *NEW], "no list of corrections", id="none on record"
    ),
    pytest.param(
        ["--corrections", "list.json", *NEW],
        "unknown field `join`, at $[1]",
        id="unknown correction",
    ),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_wrong_correction_is_one_line_and_writes_nothing(
    tracks: Path, capsys, words: list[str], told: str
) -> None:
    Path("other.json").write_text("{}")
    Path("list.json").write_text('[{"merge": [3, 4]}, {"join": [1, 2]}]')
    before = {path: (tracks.parent / path).read_bytes() for path in names_in(tracks.parent)}

    assert reid_track("identities", tracks, *words) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("error: ")
    assert told in printed.err
    assert {p: (tracks.parent / p).read_bytes() for p in names_in(tracks.parent)} == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no json", "cannot be read"),
        ("[]", "is no tracks.json"),
        ('{"schema": "reid-track/2"}', "its schema is not 'reid-track/1'"),
        ('{"schema": "reid-track/1"}', "missing required field `generator`, at $"),
    ],
)
def test_a_file_that_is_no_result(tracks: Path, capsys, text: str, told: str) -> None:
    tracks.write_text(text)
    assert reid_track("identities", tracks) == 1
    assert told in capsys.readouterr().err


@st.composite
def results(draw: st.DrawFn) -> list[Visit]:
    """Visits of three people and of nobody known, to three cameras, at random times."""
    visits = []
    for number in range(draw(st.integers(1, 9))):
        start = draw(st.integers(0, 150)) / 10
        end = start + draw(st.integers(0, 40)) / 10
        person = draw(st.sampled_from([1, 1, 2, 3, None]))
        visits.append(visit(draw(st.sampled_from(CAMERAS)), number + 1, (start, end), person))
    return visits


def merge(*ids: int) -> Correction:
    return Correction(merge=ids)


def split(person: int, *keys: VisitKey) -> Correction:
    return Correction(split=Split(person, tuple(VisitRef(*key) for key in keys)))


def draw_correction(content: TracksFile, data: st.DataObject) -> Correction:
    """Any merge or split of people who are there, allowed or not."""
    people = content.visits()
    if len(people) > 1 and data.draw(st.booleans()):
        return merge(*data.draw(st.lists(st.sampled_from(sorted(people)), min_size=2, max_size=3)))
    person = data.draw(st.sampled_from(sorted(people)))
    keys = [v.key for v in people[person]]
    return split(person, *data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3)))


def assert_rules(content: TracksFile, visits: list[Visit]) -> None:
    SCHEMA.validate(json.loads(to_json(content)))
    people = content.visits()
    person_of = {v.key: number for number, own in people.items() for v in own}
    assert sorted(v.key for own in people.values() for v in own) == sorted(v.key for v in visits)
    assert {t.key: t.global_id for t in content.tracks} == person_of
    known = {v.key: v for v in visits}
    for own in people.values():
        for a, b in combinations((known[v.key] for v in own), 2):
            assert a.camera != b.camera or a.end_s < b.start_s or b.end_s < a.start_s
    assert [p.global_id for p in content.identities] == sorted(people)
    for reason in content.links:
        owner = person_of[reason.second.key]
        assert reason.global_id == owner == person_of[reason.first.key]
        assert reason.runner_up is None or person_of[reason.runner_up.key] != owner
    explained = [reason.second.key for reason in content.links]
    assert len(explained) == len(set(explained))


@settings(deadline=None, max_examples=60)
@given(results(), st.data())
def test_any_corrections_keep_the_rules(
    tmp_path_factory: pytest.TempPathFactory, visits: list[Visit], data: st.DataObject
) -> None:
    original = read_tracks(write(tmp_path_factory.mktemp("any") / "t.json", visits))
    untouched = to_json(original)
    content, made = original, []
    for _ in range(data.draw(st.integers(0, 6))):
        correction = draw_correction(content, data)
        try:
            content = corrected(content, [correction])
        except ConfigError:
            continue
        made.append(correction)
        assert_rules(content, visits)
    assert to_json(original) == untouched
    assert corrected(original, made) == content
    replay = tmp_path_factory.mktemp("replay") / "list.json"
    replay.write_bytes(to_json(content.corrections))
    assert corrected(original, read_corrections(replay)) == content
