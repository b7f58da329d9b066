"""Fixtures that several test modules share."""

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.browser import Visitor, visitor
from tests.parts import ColourStripes, parity_state

settings.register_profile("any machine", deadline=None)  # a busy one takes its time
settings.load_profile("any machine")

# Tests send these to processes they start, which would ignore them under nohup or in a script's
# background, as this process then does.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

collect_ignore = ["rtsp_server.py"]  # runs by the system's Python, which has GStreamer
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The project's shared data; tests that need it are skipped where it does not exist."""
    if not SHARED.is_dir():
        pytest.skip("needs the project's shared data, which is not here")
    return SHARED


@pytest.fixture(scope="session")
def osnet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of OSNet x0.25 with the weights of the parity recipe."""
    import torch

    path = tmp_path_factory.mktemp("weights") / "osnet_x0_25.pth"
    torch.save(parity_state("osnet_x0_25"), path)
    return path


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An .onnx ReID model that only looks at colours."""
    import torch

    path = tmp_path_factory.mktemp("fake") / "colours.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        torch.onnx.export(
            ColourStripes().eval(), (torch.zeros(2, 3, 256, 128),), path, dynamo=False,
            input_names=["images"], dynamic_axes={"images": {0: "batch"}},
        )  # fmt: skip
    return path


@pytest.fixture(scope="session")
def yolo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A YOLO11n with random weights, saved as Ultralytics saves its checkpoints."""
    folder = tmp_path_factory.mktemp("yolo")
    code = (
        "from ultralytics import YOLO; model = YOLO('yolo11n.yaml', task='detect'); "
        "model.model.names = {i: f'thing {i}' for i in range(80)} | {0: 'person', 2: 'car'}; "
        "model.save('toy.pt')"
    )
    quiet = {"YOLO_CONFIG_DIR": str(folder), "YOLO_OFFLINE": "True", "YOLO_AUTOINSTALL": "False"}
    subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ | quiet, check=True,
        capture_output=True,
    )  # fmt: skip
    return folder / "toy.pt"


@pytest.fixture(autouse=True)
def _quiet_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the user's caches, weights and settings."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.delenv("REID_TRACK_WEIGHTS", raising=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Visitor]:
    """A real browser for pages."""
    with visitor() as found:
        yield found
