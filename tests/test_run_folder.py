"""A run is found however it is named."""

from pathlib import Path

import pytest

from tests.faults.seeds import small_result
from tests.media import reid_track
from tracker.apps.report.run_folder import find_tracks
from tracker.results.tracks_json import write_tracks_json


@pytest.mark.parametrize("file", ["street.json", "street.tracks.json"])
@pytest.mark.parametrize("named", ["street", "street.mp4", "file"])
def test_a_run_is_found_by_its_video(tmp_path: Path, file: str, named: str) -> None:
    (tmp_path / "street.mp4").touch()
    (tmp_path / file).touch()
    assert find_tracks(tmp_path / (file if named == "file" else named)) == tmp_path / file


def test_a_name_with_a_dot_is_whole_first(tmp_path: Path) -> None:
    (tmp_path / "cam.json").touch()
    (tmp_path / "cam.1.tracks.json").touch()
    assert find_tracks(tmp_path / "cam.1") == tmp_path / "cam.1.tracks.json"
    assert find_tracks(tmp_path / "other") == tmp_path / "other"


def test_the_report_takes_a_videos_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tracks_json(small_result(), Path("street.json"))
    assert reid_track("report", "street", "--out", "r.html") == 0
    assert Path("r.html").stat().st_size > 0
    assert reid_track("report", "stret", "--out", "s.html") == 1
    assert "stret" in capsys.readouterr().err
