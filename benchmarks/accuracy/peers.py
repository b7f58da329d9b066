"""Other people's trackers, each kind in a virtual environment of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.recording import Recording
from benchmarks.accuracy.sequences import Answer
from tracker.evaluation.box_table import read_mot
from tracker.models.locate import sha256_of

HERE = Path(__file__).parent
NO_VIDEO = "none"


@dataclass(frozen=True, slots=True)
class Peer:
    """A package with trackers.

    Attributes:
        name: As people write it.
        install: What pip installs, with the version.
        script: Runs its trackers; beside this file.
        trackers: Those that we compare with.
        motion_only: Those of them that need neither pictures nor looks.
    """

    name: str
    install: tuple[str, ...]
    script: str
    trackers: tuple[str, ...]
    motion_only: tuple[str, ...]

    def answers(self, recording: Recording, cache: Path) -> dict[str, Answer]:
        """Run the trackers, or read what they said before."""
        names = self.motion_only if recording.video is None else self.trackers
        script = sha256_of(HERE / self.script)[:8]
        folder = cache / f"{recording.file.stem}-{self.name.lower()}-{script}"
        missing = [name for name in names if not (folder / f"{name}.txt").is_file()]
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
            self._run(recording, folder, missing, cache)
        tables = {name: read_mot(folder / f"{name}.txt") for name in names}
        return {f"{self.name} {name}": Answer(t, t) for name, t in tables.items()}

    def _run(self, recording: Recording, folder: Path, names: list[str], cache: Path) -> None:
        python = self.environment(cache)
        print(f"{self.name} on {recording.info.name}", file=sys.stderr)
        video = str(recording.video or NO_VIDEO)
        settings = {"YOLO_OFFLINE": "True", "YOLO_AUTOINSTALL": "False", "OMP_NUM_THREADS": "1"}
        subprocess.run(
            [python, HERE / self.script, recording.file, video, folder, *names],
            check=True,
            stdout=sys.stderr,
            env=os.environ | settings | {"YOLO_CONFIG_DIR": str(cache)},
        )

    def environment(self, cache: Path) -> Path:
        """Return the Python that has the package; set it up the first time."""
        folder = cache / self.name.lower()
        python, ready = folder / "bin" / "python", folder / "ready"
        if not ready.is_file() or ready.read_text() != " ".join(self.install):
            print(f"installing {' '.join(self.install)} in {folder}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip = (python, "-m", "pip", "install", "--quiet")
            subprocess.run([*pip, *self.install], check=True)
            ready.write_text(" ".join(self.install))
        return python


BOXMOT = Peer(
    "BoxMOT",
    ("boxmot==25.0.0", "ultralytics==8.4.190", "openvino", "onnxruntime"),
    "run_boxmot.py",
    ("hybridsort", "hybridsort+class", "botsort", "botsort+class", "strongsort",
     "strongsort+class", "deepocsort", "boosttrack", "occluboost", "occluboost+class",
     "bytetrack", "bytetrack+class", "ocsort", "ocsort+class", "sfsort"),
    ("bytetrack", "bytetrack+class", "ocsort", "ocsort+class", "sfsort"),
)  # fmt: skip
ULTRALYTICS = Peer(
    "Ultralytics",
    ("ultralytics==8.4.190", "lap==0.5.13"),
    "run_ultralytics.py",
    ("botsort", "botsort+reid", "bytetrack", "ocsort", "fasttrack"),
    ("bytetrack", "ocsort", "fasttrack"),
)
PEERS = (BOXMOT, ULTRALYTICS)
