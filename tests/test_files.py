"""What files say: one description for writers, readers and schemas; a line for what is wrong."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crowd import crowd
from tests.media import logged
from tests.parts import visit
from tracker.core.errors import SourceError
from tracker.core.ground import Places
from tracker.core.types import CameraInfo, Identity, Link, Merge
from tracker.formats.file_result import FileResult, load_result
from tracker.results.corrections_file import read_corrections_file
from tracker.results.journal import read_journal
from tracker.results.record import read_record, to_json
from tracker.results.result import ModelUse
from tracker.results.schemas import FILES, load_schema
from tracker.results.tracks_file import read_tracks, write_tracks
from tracker.results.tracks_json import write_tracks_json

SCHEMAS = Path(__file__).resolve().parents[1] / "docs" / "schemas"
BOX = ("tracks", 1, "boxes", 2)
Steps = tuple[str | int, ...]


def rich(folder: Path) -> Path:
    """A tracks.json in which everything is there that may be there."""
    first, second = visit("door", 1, (0, 3), None), visit("yard", 4, (5.2, 8), None)
    third = visit("door", 2, (9.1, 10), None)
    cameras = [
        CameraInfo("door", "rtsp://door", 640, 480, 10.0, 99, live=True, dropped=3, outages=1),
        CameraInfo("yard", "é.mp4", 640, 480, 29.97, 99, offset_s=-1.5),
    ]
    places: Places = np.stack([second.frame / 3, second.frame * 0.0], axis=1)
    places[3] = np.nan
    link = Link(first.key, second.key, 0.91234, 0.81234, 2.2, 5.2, 1.2345, third.key, 0.01)
    said = Link(second.key, third.key, 1.0, 0.7, 1.1, 9.1, confirmed=True)
    people = [Identity(1, [first, second, third], "Ann")]
    result = FileResult(
        cameras, ModelUse("yolo", "0" * 64), ModelUse("osnet", None), people, [link, said],
        [Merge(6.0, 7, 1)], known_places={second.key: places},
    )  # fmt: skip
    write_tracks_json(result, folder / "tracks.json")
    return folder / "tracks.json"


@pytest.mark.parametrize("name", FILES)
def test_the_published_schemas_are_those_of_the_code(name: str) -> None:
    published = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(load_schema(name))), "run 'make schemas'"
    jsonschema.Draft202012Validator.check_schema(published)


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{name}.schema.json" for name in FILES}


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = rich(tmp_path)
    content = read_tracks(path)
    write_tracks(content, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), load_schema())


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    path = rich(tmp_path)
    result = load_result(read_tracks(path))
    write_tracks_json(result, tmp_path / "again.json")
    old, new = (json.loads(p.read_text()) for p in (path, tmp_path / "again.json"))
    assert new["tracks"] == old["tracks"]
    assert new["models"] == old["models"]


def test_leaving_comes_before_entering_in_a_change_of_camera(tmp_path: Path) -> None:
    person = read_tracks(rich(tmp_path)).identities[0]
    assert [(v.camera, v.enter_s, v.leave_s) for v in person.tracks] == [
        ("door", 0.0, 3.0), ("yard", 5.2, 8.0), ("door", 9.1, 10.0),
    ]  # fmt: skip
    written = json.loads((tmp_path / "tracks.json").read_text())["identities"][0]
    assert written["transitions"] == [
        {"from": "door", "to": "yard", "leave_s": 3.0, "enter_s": 5.2},
        {"from": "yard", "to": "door", "leave_s": 8.0, "enter_s": 9.1},
    ]
    assert (written["first_time_s"], written["last_time_s"]) == (0.0, 10.0)


def changed(place: Steps, value: object) -> Callable[[Any], None]:
    """Put a value somewhere."""

    def change(content: Any) -> None:
        for step in place[:-1]:
            content = content[step]
        content[place[-1]] = value

    return change


def without(*place: str | int) -> Callable[[Any], None]:
    """Remove what is somewhere."""

    def change(content: Any) -> None:
        for step in place[:-1]:
            content = content[step]
        del content[place[-1]]

    return change


WRONG = [
    pytest.param(changed(("schema",), "reid-track/2"), "is no tracks.json: its schema is not "
                 "'reid-track/1'", id="another version"),
    pytest.param(without("schema"), "its schema is not 'reid-track/1'", id="no version"),
    pytest.param(without("merges"), "missing required field `merges`, at $", id="missing"),
    pytest.param(changed(("more",), 1), "unknown field `more`, at $", id="surplus"),
    pytest.param(without(*BOX, "score"), "missing required field `score`, at $.tracks[1].boxes[2]",
                 id="missing in a box"),
    pytest.param(changed((*BOX, "colour"), 1), "unknown field `colour`, at $.tracks[1].boxes[2]",
                 id="surplus in a box"),
    pytest.param(changed((*BOX, "xyxy"), [1, 2, 3]), "at $.tracks[1].boxes[2].xyxy", id="3 sides"),
    pytest.param(changed((*BOX, "xyxy"), [1] * 5), "at $.tracks[1].boxes[2].xyxy", id="5 sides"),
    pytest.param(changed((*BOX, "frame"), "7"), "expected `int`, got `str`, at "
                 "$.tracks[1].boxes[2].frame", id="a word"),
    pytest.param(changed((*BOX, "frame"), -1), "at $.tracks[1].boxes[2].frame", id="frame below 0"),
    pytest.param(changed((*BOX, "frame"), 10**40), "at $.tracks[1].boxes[2].frame", id="large"),
    pytest.param(changed(("tracks", 0, "boxes"), []), "at $.tracks[0].boxes", id="no boxes"),
    pytest.param(changed(("identities", 0, "tracks", 0, "enter_s"), None), "expected `float`, got "
                 "`null`, at $.identities[0].tracks[0].enter_s", id="no time"),
    pytest.param(changed(("links", 0, "probability"), 1.5), "at $.links[0].probability",
                 id="a probability above 1"),
    pytest.param(changed(("cameras", 0, "width"), 0), "at $.cameras[0].width", id="no width"),
    pytest.param(changed(("corrections",), [{"merge": [1]}]), "at $.corrections[0].merge",
                 id="a correction of one person"),
    pytest.param(without("tracks", 0), "do not have all tracks once", id="a track is missing"),
    pytest.param(changed(("tracks", 0, "global_id"), 3), "do not have all tracks once",
                 id="a track of another person"),
    pytest.param(changed(("links", 0, "second", "track_id"), 99), "a link names cam01/99",
                 id="a link to nowhere"),
    pytest.param(changed(("cameras", 0, "name"), "x"), "a track is in camera 'cam01'",
                 id="an unknown camera"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, change: Callable[[Any], None], told: str
) -> None:
    content, path = crowd(3, 1), tmp_path / "some.json"
    path.write_text(json.dumps(content))
    read_tracks(path)
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(SourceError) as raised:
        read_tracks(path)
    assert str(raised.value).startswith(f"{path} is no ")
    assert told in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"schema": "\xff"}', b"\xef\xbb\xbf{}"])
def test_what_is_no_json_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "some.json"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"some\.json cannot be read as tracks\.json: .+"):
        read_tracks(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def places_in(value: Any, above: Steps = ()) -> Iterator[Steps]:
    """Yield the way to each part of a JSON value."""
    for key in value if isinstance(value, dict) else range(len(value)) if value else ():
        yield (*above, key)
        if isinstance(value[key], dict | list):
            yield from places_in(value[key], (*above, key))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_whatever_stands_somewhere_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = crowd(2, 1)
    changed(data.draw(st.sampled_from(list(places_in(content)))), data.draw(JSON))(content)
    path = tmp_path_factory.mktemp("any") / "some.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with suppress(SourceError):
        found = read_tracks(path)
        assert json.loads(to_json(found)).keys() == content.keys()


def test_json_that_is_nested_without_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("[" * 100_000)
    with pytest.raises(SourceError, match="cannot be read as anything"):
        read_record(path, object, "anything")


def test_a_file_of_an_earlier_program_is_read(tmp_path: Path) -> None:
    content, path = crowd(2, 1), tmp_path / "some.json"
    content["links"][0]["runner_up"] = {"camera": "cam01", "track_id": 1}
    content["links"][0]["similarity"] = None
    content["links"][0]["by"] = "person"
    content["corrections"] = [{"name": {"global_id": 1, "name": ""}, "who": "a", "when": "b"}]
    path.write_text(json.dumps(dict(reversed(content.items())), indent=3))
    found = read_tracks(path)
    assert found.links[0].vouched
    assert [v.key for v in found.visits()[1]] == [
        (t["camera"], t["track_id"]) for t in content["identities"][0]["tracks"]
    ]


def test_numbers_of_visits_that_are_not_there_are_told(tmp_path: Path) -> None:
    nothing: dict[str, list[Any]] = {"visits": [], "same": [], "different": [], "names": []}
    content: dict[str, Any] = {
        "schema": "reid-track-corrections/1", "tracks_sha256": "0" * 64, "corrections": [],
        "carried": nothing, "sure": nothing | {"different": [[0, 1]]},
    }  # fmt: skip
    path = tmp_path / "corrections.json"
    path.write_text(json.dumps(content))
    with pytest.raises(SourceError, match=r"expected numbers of 0 visits, at \$\.sure"):
        read_corrections_file(path)
    anchor = {"camera": "a", "track_id": 1, "frames": [1, 2], "xyxy": [[1, 2, 3, 4]]}
    content["sure"] = nothing | {"visits": [anchor]}
    path.write_text(json.dumps(content))
    with pytest.raises(SourceError, match=r"expected 2 boxes, got 1, at \$\.sure\.visits\[0\]"):
        read_corrections_file(path)


def test_a_wrong_line_of_a_journal_is_told_and_costs_that_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    merge = '{"type": "merge", "time_s": 1, "global_id": %d, "into": 1}\n'
    path.write_text(merge % 2 + '{"type": "x"}\n' + merge % 3)
    with logged() as lines:
        found = read_journal(path)
    assert [m.gone for m in found.people.merges] == [2, 3]
    assert len(lines) == found.bad == 1
    assert "j.jsonl, line 2 " in lines[0]
