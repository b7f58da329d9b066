"""Nothing is written where it should not be, and nothing secret or harmful is shown or stored."""

import json
import os
import socket
from pathlib import Path

import pytest

from tests.faults.seeds import small_result
from tests.media import names_in, reid_track, write_boxes, write_video
from tracker.core.address import without_login
from tracker.core.atomic import replacing, require_writable
from tracker.core.errors import ConfigError, OutputError, ReidTrackError
from tracker.core.names import require_camera_name
from tracker.core.types import CameraInfo
from tracker.results.tracks_json import write_tracks_json
from tracker.video.cameras import CameraSpec, split_cameras

BAD_NAMES = [
    "../../x", "/x", "..", ".hid", "a/b", "a\\b", "", "=1+1", "+x", "-x", "@x", "a\n", "a\x1b[2J",
    "a\x00", "x" * 101, "a\u202eb",
]  # fmt: skip
NO_MODEL = ("--detections", "boxes.txt", "--reid", "none")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own below another one, so that what leads out is seen."""
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    write_video(inside / "a.mp4", 3)
    write_boxes(inside / "boxes.txt", 3)
    return inside


def with_name(folder: Path, name: str) -> Path:
    """A tracks.json whose first camera is called so."""
    path = folder / "t.json"
    write_tracks_json(small_result(), path)
    content = json.loads(path.read_text())
    content["cameras"][0]["name"] = name
    for track in [*content["tracks"], *(t for p in content["identities"] for t in p["tracks"])]:
        track["camera"] = name if track["camera"] == "a" else track["camera"]
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("name", BAD_NAMES)
def test_the_rule_of_names_refuses_what_no_file_should_have(name: str) -> None:
    for door in (
        require_camera_name,
        lambda n: CameraSpec(n, "a.mp4"),
        lambda n: CameraInfo(n, "a.mp4", 1, 1, 1.0, 1),
    ):
        with pytest.raises(ConfigError, match="cannot name a camera"):
            door(name)


@pytest.mark.parametrize("name", ["cam1", "north gate", "_x", "10.0.0.7_554", "門", "a-b.c"])
def test_usual_names_are_taken(name: str) -> None:
    require_camera_name(name)


@pytest.mark.parametrize("name", ["..", ".hid", "=x", "a\x07"])
def test_the_command_line_refuses_such_names(here: Path, capsys, name: str) -> None:
    assert reid_track("--cams", f"{name}=a.mp4", *NO_MODEL, "--out", "o") == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert names_in(here) == {"a.mp4", "boxes.txt"}


def test_cameras_yaml_refuses_such_names(here: Path, capsys) -> None:
    (here / "c.yaml").write_text('cameras: {"../x": a.mp4}\n')
    assert reid_track("--config", "c.yaml", *NO_MODEL) == 1
    assert "c.yaml: '../x' cannot name a camera" in capsys.readouterr().err


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize(
    "words",
    [("report", "--out", "r.html"), ("identities",), ("export", "--to", "cvat", "--out", "e")],
    ids=lambda w: w[0],
)  # fmt: skip
def test_a_tracks_json_with_such_names_is_refused(here: Path, capsys, name: str, words) -> None:
    path = with_name(here, name)
    before = names_in(here), names_in(here.parent)
    first, *more = words
    command = ["export", "tracks"] if first == "export" else [first]
    assert reid_track(*command, path, *more) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err[:-1].isprintable()
    assert (names_in(here), names_in(here.parent)) == before


@pytest.mark.parametrize("name", ["../../x", "=cmd()", ".x"])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "coco", "seqinfo"])
def test_importers_refuse_such_names(here: Path, capsys, name: str, kind: str) -> None:
    row = {"camera": name, "frame": 0, "time_s": 0, "track_id": 1, "global_id": 1,
           "xyxy": [1, 1, 9, 9], "score": 1, "observed": True}  # fmt: skip
    if kind == "csv":
        text = f"camera,frame,x_min,y_min,x_max,y_max,tracker_id\n{name},0,1,1,9,9,1\n"
    elif kind == "jsonl":
        text = '{"schema": "reid-track/1"}\n' + json.dumps(row) + "\n"
    elif kind == "coco":
        name = name.replace("/", "\\")
        text = json.dumps({
            "videos": [{"id": 1, "name": name, "width": 64, "height": 48}],
            "categories": [{"id": 1, "name": "person"}],
            "images": [{"id": 1, "video_id": 1, "frame_id": 0}],
            "annotations": [{"image_id": 1, "category_id": 1, "track_id": 1, "bbox": [1, 1, 5, 5]}],
        })  # fmt: skip
    if kind == "seqinfo":
        (here / "seqinfo.ini").write_text(f"[Sequence]\nname={name}\nimWidth=64\nimHeight=48\n")
        assert reid_track(*NO_MODEL) == 1
    else:
        file = here / ("f.json" if kind == "coco" else f"f.{kind}")
        file.write_text(text)
        words = ("--size", "64x48", "--fps", 5, "--out", "o.json")
        assert reid_track("import", file, *words) == 1
    told = capsys.readouterr().err
    assert "cannot name a camera" in told or "cannot be read" in told
    assert not (here / "o.json").exists()
    assert names_in(here.parent) == {"inside"}


def test_no_cell_of_a_table_begins_a_formula(here: Path) -> None:
    write_tracks_json(small_result(), here / "t.json")
    assert reid_track("export", "tracks", "t.json", "--to", "csv", "--out", "t.csv") == 0
    cells = [c for line in (here / "t.csv").read_text().splitlines() for c in line.split(",")]
    assert not [c for c in cells if c[:1] in "=+@" and c]


def test_names_of_people_have_no_terminal_codes(here: Path, capsys) -> None:
    path = with_name(here, "a")
    content = json.loads(path.read_text())
    content["identities"][0]["name"] = "Ann\x1b]0;owned\x07"
    path.write_text(json.dumps(content))
    assert reid_track("identities", path) == 1
    assert "\x1b" not in "".join(capsys.readouterr())


def test_errors_show_terminal_codes_as_letters(here: Path, capsys) -> None:
    (here / "f.csv").write_text(
        "camera,frame,x_min,y_min,x_max,y_max,tracker_id\na,\x1b[31m,1,1,9,9,1\n"
    )
    assert reid_track("import", "f.csv", "--size", "64x48", "--fps", 5, "--out", "o.json") == 1
    told = capsys.readouterr().err
    assert "\\x1b[31m" in told
    assert "\x1b" not in told


def test_an_error_is_one_line_of_bounded_length() -> None:
    assert str(ReidTrackError("a\nb")) == "a\\nb"
    assert len(str(ReidTrackError("x" * 10**6))) == 2000


SECRETS = [
    "rtsp://admin:s3cret@cam/1",
    "rtsp://admin:p#s3cret@cam/1",
    "rtsp://admin:p/s3cret@cam/1",
    "rtsp://admin:p?s3cret@cam/1",
    "rtsp://admin:p,s3cret@cam/1",
    "rtsp://admin:p@s3cret@cam/1",
    "rtsp://admin:p s3cret@cam/1",
    "rtsp://s3cret@cam/1",
    "rtsp://:s3cret@cam/1",
    "http://cam/1?token=s3cret",
    "http://cam/1?passphrase=s3cret&x=1",
    "srt://cam:9000?passphrase=s3cret",
    "http://cam/1?api_key=s3cret",
    "http://cam/1#s3cret",
    "http://cam/1?user=me@b&pw=s3cret",
    "rtsp://cam/user=admin_password=s3cret_channel=1.sdp",
    "rtsp://admin:s3cret",
]


@pytest.mark.parametrize("address", SECRETS)
def test_an_address_is_shown_without_its_secret(address: str) -> None:
    shown = without_login(address)
    assert "s3cret" not in shown.replace("http://s3cret", "")
    assert (
        "s3cret"
        not in str(ReidTrackError(f"camera 'x' ({address}): gone")).replace("http://s3cret", "")
        or " " in address
    )


@pytest.mark.parametrize("address", SECRETS)
def test_a_run_shows_no_secret_of_an_address_that_does_not_answer(
    here: Path, capfd, address: str
) -> None:
    address = address.replace("cam", "127.0.0.1:9", 1).replace("127.0.0.1:9:9000", "127.0.0.1:9")
    assert reid_track("--cams", f"door={address}", *NO_MODEL, "--out", "o") == 1
    told = "".join(capfd.readouterr())
    assert "s3cret" not in told
    assert told.count("\n") == 1


def test_a_broken_yaml_shows_no_line_of_it(here: Path, capsys) -> None:
    (here / "c.yaml").write_text("cameras:\n  door: 'rtsp://admin:s3cret@cam/1\n  b: [s3cret\n")
    assert reid_track("--config", "c.yaml", *NO_MODEL) == 1
    told = capsys.readouterr().err
    assert "c.yaml" in told
    assert "line " in told
    assert "s3cret" not in told


def test_a_comma_of_a_password_splits_no_camera() -> None:
    text = "a=rtsp://me:x,y@cam/1,b=rtsp://me:1,2@cam/2,0"
    assert split_cameras(text, ()) == ["a=rtsp://me:x,y@cam/1", "b=rtsp://me:1,2@cam/2", "0"]


@pytest.mark.parametrize("kind", ["dangling", "fifo", "socket", "device", "link to a device"])
def test_what_is_no_plain_file_is_never_replaced(here: Path, kind: str) -> None:
    path, bound = here / "o.json", socket.socket(socket.AF_UNIX)
    if kind == "dangling":
        path.symlink_to(here / "nowhere")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        bound.bind("o.json")
    elif kind == "device":
        path = Path("/dev/null")
    else:
        path.symlink_to("/dev/null")
    mode = path.lstat().st_mode
    with bound:
        for door in (lambda: require_writable(path, overwrite=True), lambda: write_to(path)):
            with pytest.raises(OutputError, match="no plain file"):
                door()
    assert path.lstat().st_mode == mode
    assert not (here / "nowhere").exists()


def write_to(path: Path) -> None:
    with replacing(path) as part:
        part.write_text("x")


@pytest.mark.parametrize("option", ["--json", "--events", "--out"])
def test_a_run_refuses_such_outputs_before_its_first_frame(here: Path, capsys, option: str) -> None:
    os.symlink("nowhere", "x.mp4")
    assert reid_track("a.mp4", *NO_MODEL, "--online", option, "x.mp4", "--overwrite") == 1
    assert "no plain file" in capsys.readouterr().err
    assert os.readlink("x.mp4") == "nowhere"
    assert not (here / "nowhere").exists()
