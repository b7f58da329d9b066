"""Every way to name a camera, and what of an address may be told to others."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media import names_in, reid_track, write_boxes, write_video
from tracker.core.address import without_login
from tracker.core.errors import ConfigError, ReidTrackError, SourceError
from tracker.video.camera_config import load_camera_config
from tracker.video.cameras import (
    CameraSpec,
    camera_from_source,
    open_camera,
    parse_cameras,
)
from tracker.video.source import Sampling


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param("entrance.mp4", "entrance", id="file"),
        pytest.param("/data/day 1/north gate.mp4", "north_gate", id="spaces"),
        pytest.param("/data/street/img1", "img1", id="folder"),
        pytest.param("/data/street/*.jpg", "street", id="glob"),
        pytest.param("0", "webcam0", id="webcam"),
        pytest.param("rtsp://10.0.0.7/live", "10.0.0.7", id="rtsp"),
        pytest.param("rtsp://admin:pa55@10.0.0.7:554/live", "10.0.0.7_554", id="credentials"),
        pytest.param("rtsp://admin:p@55@cam.example/live", "cam.example", id="@ in the password"),
        pytest.param("rtsp://cam.example/live@2", "cam.example", id="@ in the path"),
        pytest.param("http://cam.example/video.mjpg?user=me", "cam.example", id="http with query"),
        pytest.param("HTTPS://cam.example", "cam.example", id="scheme in capitals"),
    ],
)
def test_a_camera_is_called_after_its_source(source, name):
    assert camera_from_source(source) == CameraSpec(name, source)


@pytest.mark.parametrize(
    ("source", "live"),
    [
        ("0", True),
        ("rtsp://cam/1", True),
        ("RTSP://cam/1", True),
        ("udp://@:1234", True),
        ("http://cam/a.mp4", False),
        ("a.mp4", False),
        ("rtsp.mp4", False),
    ],
)
def test_live_sources_are_known_as_such(source, live):
    assert CameraSpec("cam", source).live is live


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param("door=cam1.mp4", CameraSpec("door", "cam1.mp4"), id="NAME=SOURCE"),
        pytest.param("door=0", CameraSpec("door", "0"), id="NAME=webcam"),
        pytest.param("d-1.x=rtsp://u:p@h/?a=b", CameraSpec("d-1.x", "rtsp://u:p@h/?a=b"),
                     id="NAME=address with ="),
        pytest.param("cam1.mp4", CameraSpec("cam1", "cam1.mp4"), id="plain path"),
        pytest.param("cam1", CameraSpec("cam1", "cam1.mp4"), id="name of one video"),
        pytest.param("frames", CameraSpec("frames", "frames"), id="folder"),
        pytest.param("frames/*.jpg", CameraSpec("frames", "frames/*.jpg"), id="glob"),
        pytest.param("3", CameraSpec("webcam3", "3"), id="webcam"),
        pytest.param("rtsp://u:p@host/1", CameraSpec("host", "rtsp://u:p@host/1"), id="address"),
        pytest.param("hall", CameraSpec("hall", "/videos/h.mkv"), id="name in the config"),
        pytest.param("a=b.mp4", CameraSpec("a_b", "a=b.mp4"), id="existing file with ="),
    ],
)  # fmt: skip
def test_an_item_of_cams_is_a_camera(here: Path, item, expected):
    for name in ("cam1.mp4", "cam1.txt", "a=b.mp4"):
        (here / name).touch()
    (here / "frames").mkdir()

    configured = {"hall": CameraSpec("hall", "/videos/h.mkv")}

    assert parse_cameras([item], configured) == [expected]


def test_the_config_wins_over_a_video_of_that_name(here: Path):
    (here / "hall.mp4").touch()

    hall = CameraSpec("hall", "h.mkv", offset_s=2.0)

    assert parse_cameras(["hall"], {"hall": hall}) == [hall]


def test_another_source_for_a_camera_of_the_config_changes_only_that():
    hall = CameraSpec("hall", "h.mkv", offset_s=2.0)

    assert parse_cameras(["hall=other.mkv", "yard=h.mkv"], {"hall": hall}) == [
        CameraSpec("hall", "other.mkv", offset_s=2.0),
        CameraSpec("yard", "h.mkv"),
    ]


@pytest.mark.parametrize(
    ("items", "error", "words"),
    [
        pytest.param(["cam2"], ConfigError, r"cam2\.avi.*cam2\.mp4.*cam2=FILE", id="two videos"),
        pytest.param([""], ConfigError, "empty item", id="empty item"),
        pytest.param(["  "], ConfigError, "empty item", id="blank item"),
        pytest.param(["cam1", ""], ConfigError, "empty item", id="comma at the end"),
        pytest.param(["cam1", "cam1"], ConfigError, "2 cameras are called 'cam1'", id="twice"),
        pytest.param(["a=cam1.mp4", "a=cam2.mp4"], ConfigError, "called 'a'", id="one name"),
        pytest.param(["camm1"], SourceError, "Did you mean 'cam1'", id="typo in a name"),
        pytest.param(["camm1.mp4"], SourceError, r"Did you mean 'cam1\.mp4'", id="typo in a file"),
        pytest.param(["halll"], SourceError, "Did you mean 'hall'", id="typo in a config name"),
        pytest.param(["cam1="], ReidTrackError, "cam1=", id="name without a source"),
        pytest.param(["no/such/v.mp4"], SourceError, "no/such/v.mp4", id="no such folder"),
    ],
)
def test_what_names_no_camera_is_an_error(here: Path, items, error, words):
    for name in ("cam1.mp4", "cam2.mp4", "cam2.avi"):
        (here / name).touch()

    with pytest.raises(error, match=words):
        parse_cameras(items, {"hall": CameraSpec("hall", "h.mkv")})


@pytest.mark.parametrize(
    ("cams", "names"),
    [
        pytest.param(["--cams", "cam1,cam2"], ["cam1", "cam2"], id="names"),
        pytest.param(["--cams", "cam1, cam2"], ["cam1", "cam2"], id="a space after the comma"),
        pytest.param(["--cams", "cam1", "--cams", "cam2"], ["cam1", "cam2"], id="repeated"),
        pytest.param(["--cams", "in=cam1.mp4,out=cam2.mp4"], ["in", "out"], id="NAME=SOURCE"),
        pytest.param(["cam1.mp4", "cam2.mp4"], ["cam1", "cam2"], id="positional"),
        pytest.param(["cam2.mp4", "--cams", "b=cam1.mp4"], ["cam2", "b"], id="both"),
        pytest.param(["--config", "c.yaml"], ["hall", "yard"], id="all of a config"),
        pytest.param(["--config", "c.yaml", "--cams", "yard"], ["yard"], id="one of a config"),
    ],
)
def test_the_command_line_runs_the_cameras_named(here: Path, cams, names):
    (here / "boxes").mkdir()
    for name in ("cam1", "cam2"):
        write_video(here / f"{name}.mp4", 2)
    for name in names:
        write_boxes(here / "boxes" / f"{name}.txt", 2)
    (here / "c.yaml").write_text("cameras: {hall: cam1.mp4, yard: {source: cam2.mp4}}")

    code = reid_track(*cams, "--detections", "boxes", "--reid", "none", "--json", "t.json")

    assert code == 0
    result = json.loads((here / "t.json").read_text())
    assert [camera["name"] for camera in result["cameras"]] == names


def test_paths_in_a_config_are_relative_to_it(here: Path):
    folder = here / "site"
    folder.mkdir()
    (folder / "c.yaml").write_text(
        "cameras:\n"
        "  door: videos/door.mp4\n"
        "  hall: {source: /abs/hall.mp4}\n"
        "  desk: 0\n"
        "  gate: {source: 'rtsp://u:p@gate/1'}\n"
        "  7: seven.mp4\n"
    )

    cameras = load_camera_config(Path("site/c.yaml")).cameras

    assert {name: camera.source for name, camera in cameras.items()} == {
        "door": "site/videos/door.mp4",
        "hall": "/abs/hall.mp4",
        "desk": "0",
        "gate": "rtsp://u:p@gate/1",
        "7": "site/seven.mp4",
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("cameras:\n", id="no cameras"),
        pytest.param("cameras: []\n", id="a list"),
        pytest.param("cameras: [a, b]\n", id="a list of names"),
        pytest.param("just words\n", id="words"),
        pytest.param("cameras: {a: [1, 2]}\n", id="source is a list"),
        pytest.param("cameras: {a: }\n", id="no source"),
        pytest.param("cameras: {a: {url: x}}\n", id="another key"),
        pytest.param("cameras: {a: {offset: 1}}\n", id="an offset without a source"),
        pytest.param("cameras: {a: 1.5}\n", id="source is a fraction"),
        pytest.param("cameras: {../a: v.mp4}\n", id="name is a path"),
        pytest.param("cameras: {'': v.mp4}\n", id="name is empty"),
        pytest.param("cameras: {a: b\n  c: [\n", id="not YAML"),
        pytest.param("\tcameras: {}\n", id="tab"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
    ],
)
def test_a_config_of_another_shape_is_one_line_that_names_it(here: Path, text):
    if text is not None:
        (here / "c.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(ConfigError, match=r"c\.yaml") as error:
        load_camera_config(Path("c.yaml"))

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("rtsp://admin:secret@cam/1", "rtsp://cam/1"),
        ("rtsp://admin:sec@ret:@cam:554/1", "rtsp://cam:554/1"),
        ("http://admin:secret@cam/a.mp4", "http://cam/a.mp4"),
        ("rtsp://admin@cam/1", "rtsp://cam/1"),
        ("rtsp://cam:554/1", "rtsp://cam:554/1"),
        ("http://cam:8080/@lobby", "http://cam:8080/@lobby"),
        ("videos/a:b@c.mp4", "videos/a:b@c.mp4"),
        ("0", "0"),
    ],
)
def test_an_address_is_shown_by_scheme_host_port_and_path(source, told):
    assert without_login(source) == told


@pytest.mark.parametrize(
    "source",
    [
        "rtsp://cam/1?user=admin&password=secret",
        "rtsp://cam:554/user=admin&password=secret&channel=1&stream=0.sdp",
        "http://cam/video.cgi?usr=admin&pwd=secret",
    ],
)
def test_masking_hides_a_password_outside_the_login(source):
    assert "secret" not in without_login(source)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_an_address_that_does_not_answer_is_told_without_its_password(capfd, scheme):
    code = reid_track(f"{scheme}://admin:secret@127.0.0.1:9/live", "--reid", "none")

    printed = "".join(capfd.readouterr())
    assert code == 1
    assert "127.0.0.1" in printed
    assert "secret" not in printed


def test_a_run_from_an_address_writes_its_password_nowhere(here: Path, site: str, capfd):
    write_video(here / "cam1.avi", 3)
    boxes = write_boxes(here / "boxes.txt", 3)
    address = f"http://admin:secret@{site}/cam1.avi"

    code = reid_track(
        *("--cams", f"cam={address}", "--detections", boxes, "--reid", "none"),
        *("--format", "json,jsonl,csv,mot", "--summary", "json", "-vv"),
    )

    written = "".join(p.read_text() for p in here.iterdir() if p.name.startswith("cam.tracks"))
    assert code == 0
    assert json.loads((here / "cam.tracks.json").read_text())["cameras"][0]["frames"] == 3
    assert f"http://{site}/cam1.avi" in written
    assert "secret" not in written + "".join(capfd.readouterr())


@pytest.fixture
def site(here: Path) -> Iterator[str]:
    """The working folder, served over HTTP; gives host:port."""
    handler = functools.partial(_QuietHandler, directory=str(here))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_source_that_does_not_exist_leaves_nothing_behind(here: Path):
    with pytest.raises(SourceError, match=r"no file 'a\.mp4'"):
        open_camera(CameraSpec("a", "a.mp4"), Sampling())

    assert names_in(here) == set()
