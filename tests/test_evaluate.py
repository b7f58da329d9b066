"""Scores: known toy cases, the MOTChallenge preprocessing, and the two questions."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.crowd import crowd
from tracker.cli import main
from tracker.core.errors import ConfigError, SourceError
from tracker.evaluation.box_table import (
    BoxTable,
    join_people,
    read_mot,
    read_people,
    table_of,
)
from tracker.evaluation.tracks import score, score_all, score_cameras, with_true_ids
from tracker.results.tracks_file import read_tracks


def table(rows: list[tuple[int, int, float]], ignored: tuple[int, ...] = ()) -> BoxTable:
    """Boxes of 10x20 pixels from (frame, identity, x)."""
    frame, identity, x = (np.array(c) for c in zip(*rows, strict=True))
    xyxy = np.stack([x, 0 * x, x + 10, 0 * x + 20], axis=1).astype(float)
    return BoxTable(frame, identity, xyxy, np.isin(np.arange(len(rows)), ignored))


def walk(identity: int, frames: range, x: float = 0) -> list[tuple[int, int, float]]:
    return [(frame, identity, x) for frame in frames]


def test_perfect_tracks_score_a_hundred() -> None:
    truth = table(walk(1, range(1, 11)) + walk(2, range(1, 11), x=50))
    scores = score(truth, truth)
    assert [scores[n] for n in ("HOTA", "DetA", "AssA", "MOTA", "IDF1")] == [100] * 5
    assert (scores["IDSW"], scores["identities"], scores["true_identities"]) == (0, 2, 2)


def test_an_id_switch_in_the_middle() -> None:
    truth = table(walk(1, range(1, 11)))
    found = table(walk(7, range(1, 6)) + walk(8, range(6, 11)))
    scores = score(truth, found)
    # Each half is half of the truth: A = 0.5, so HOTA = sqrt(1 x 0.5) and IDF1 = 2 x 5 / 20.
    assert scores["AssA"] == pytest.approx(50)
    assert scores["HOTA"] == pytest.approx(100 * 0.5**0.5, abs=0.01)
    assert (scores["IDF1"], scores["IDSW"], scores["MOTA"]) == (50, 1, 90)


def test_a_returning_person_is_two_visits_and_one_person() -> None:
    truth = table(walk(1, range(1, 6)) + walk(2, range(11, 16)))
    found = table(walk(1, range(1, 6)) + walk(1, range(11, 16)))
    assert score(truth, found)["IDF1"] == 50
    assert score(join_people(truth, {1: "A", 2: "A"}), found)["IDF1"] == 100


def test_boxes_on_distractors_neither_help_nor_hurt() -> None:
    rows = walk(1, range(1, 6)) + walk(9, range(1, 6), x=50)
    truth = table(rows, ignored=(5, 6, 7, 8, 9))
    found = table(walk(1, range(1, 6)) + walk(2, range(1, 6), x=50))
    assert score(truth, found)["MOTA"] == 100


def test_frames_after_the_truth_do_not_count() -> None:
    truth = table(walk(1, range(1, 6)))
    assert score(truth, table(walk(1, range(1, 100))))["MOTA"] == 100


@pytest.mark.parametrize("found", [[], walk(1, range(1, 6), x=500)], ids=["nothing", "elsewhere"])
def test_finding_nobody_scores_nothing(found: list[tuple[int, int, float]]) -> None:
    truth = table(walk(1, range(1, 6)))
    nobody = truth[np.zeros(5, bool)]
    scores = score(truth, table(found) if found else nobody)
    assert (scores["HOTA"], scores["IDF1"]) == (0, 0)


def test_a_truth_of_2016_and_later_has_classes(tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text(
        "1,1,0,0,10,20,1,1,1\n1,2,0,0,10,20,0,1,1\n1,3,50,0,10,20,0,8,1\n1,4,0,0,9,9,1,3,1\n"
    )
    truth = read_mot(path, truth=True)
    assert truth.identity.tolist() == [1, 3]
    assert truth.ignored.tolist() == [False, True]


def test_a_truth_of_2015_has_world_coordinates_instead(tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("1,1,0,0,10,20,1,-4.1,-7.3,0\n2,1,0,0,10,20,1,-4.2,-7.3,0\n")
    truth = read_mot(path, truth=True)
    assert truth.identity.tolist() == [1, 1]
    assert not truth.ignored.any()


@pytest.mark.parametrize("content", ["1,2,three", "\x00\x01", "{}"])
def test_files_that_are_no_truth(content: str, tmp_path: Path) -> None:
    (tmp_path / "gt.txt").write_text(content)
    with pytest.raises(SourceError, match=r"gt\.txt"):
        read_mot(tmp_path / "gt.txt", truth=True)
    with pytest.raises(SourceError, match=r"gt\.txt"):
        read_people(tmp_path / "gt.txt")


def test_a_tracks_json_gives_either_id(tmp_path: Path) -> None:
    path = tmp_path / "tracks.json"
    content = crowd(3, 2)
    path.write_text(json.dumps(content))
    tracks = [t for t in content["tracks"] if t["camera"] == "cam02"]
    for person, name in ((True, "global_id"), (False, "track_id")):
        found = table_of(read_tracks(path), person=person, camera="cam02")
        assert found.identity.tolist() == [t[name] for t in tracks for _ in t["boxes"]]
    assert found.frame.tolist() == [b["frame"] + 1 for t in tracks for b in t["boxes"]]
    assert found.xyxy.tolist() == [b["xyxy"] for t in tracks for b in t["boxes"]]
    with pytest.raises(ConfigError, match=r"no camera 'c'.*cam01, cam02"):
        table_of(read_tracks(path), person=False, camera="c")
    path.write_text('{"tracks": []}')
    with pytest.raises(SourceError, match=r"no tracks\.json"):
        table_of(read_tracks(path), person=False, camera="cam01")


def test_sequences_are_combined_by_their_counts() -> None:
    good, bad = table(walk(1, range(1, 31))), table(walk(1, range(1, 11)))
    rows = score_all({"good": (good, good), "bad": (bad, table(walk(1, range(1, 11), x=500)))})
    assert list(rows) == ["good", "bad", "COMBINED"]
    assert rows["COMBINED"]["IDF1"] == 75  # 30 of 40 boxes, not the mean of 100 and 0


def test_cameras_are_scored_jointly_with_their_bounds() -> None:
    """One person in two cameras, perfectly boxed, but with another id in each."""
    truth = table(walk(1, range(1, 11)))
    rows = score_cameras({"a": (truth, truth), "b": (truth, table(walk(2, range(1, 11))))})
    assert (rows["a"]["IDF1"], rows["b"]["IDF1"]) == (100, 100)
    assert (rows["JOINT"]["IDF1"], rows["JOINT"]["AssA"]) == (50, 50)
    assert rows["JOINT"]["HOTA"] == pytest.approx(70.71)
    assert rows["bound: no link"]["IDF1"] == 50
    assert rows["bound: perfect ids"]["IDF1"] == 100


def test_number_nought_is_a_person_like_any_other() -> None:
    truth = table(walk(0, range(1, 11)))
    rows = score_cameras({"a": (truth, truth), "b": (truth, table(walk(2, range(1, 11))))})
    assert rows["bound: no link"]["IDF1"] == 50
    assert rows["bound: perfect ids"]["IDF1"] == 100


def test_true_ids_are_given_to_matching_boxes_only() -> None:
    truth = table(walk(4, range(1, 4)) + walk(5, range(1, 4), x=100))
    found = table(walk(1, range(1, 4)) + walk(1, range(1, 4), x=300))
    perfect = with_true_ids(truth, found).identity.tolist()
    assert perfect[:3] == [4, 4, 4]
    assert len({i for i in perfect[3:] if i < 0}) == 3


def test_the_command_prints_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("".join(f"{f},1,0,0,10,20,1,1,1\n" for f in range(1, 6)))
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", "tracks", str(path), "--truth", str(path)])
    assert not stop.value.code
    names, values = (line.split() for line in capsys.readouterr().out.splitlines())
    assert dict(zip(names, values[1:], strict=False))["HOTA"] == "100"


def test_a_folder_in_place_of_its_tracks_json_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"it is a folder$"):
        table_of(read_tracks(tmp_path), person=True, camera="a")
    (tmp_path / "tracks.json").write_text("{}")
    with pytest.raises(SourceError, match=r"it is a folder; give .*tracks.json"):
        table_of(read_tracks(tmp_path), person=True, camera="a")
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(SourceError, match="malformed: invalid character"):
        table_of(read_tracks(tmp_path / "picture"), person=True, camera="a")
