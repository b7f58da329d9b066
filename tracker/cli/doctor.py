"""``reid-track doctor``: what this machine has."""

import importlib.metadata
import os
import platform
import sys
import tempfile
from pathlib import Path

import typer

from tracker import __version__
from tracker.cli import HELP
from tracker.core.errors import OutputError
from tracker.models.locate import installed_file, weights_folders
from tracker.models.registry import manifest

PACKAGES = (
    "torch", "torchvision", "ultralytics", "av", "opencv-python", "onnxruntime", "openvino",
    "numpy", "scipy", "filterpy", "typer", "trackeval",
)  # fmt: skip
READ = ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "mjpeg", "prores", "gif")

app = typer.Typer(add_completion=False, context_settings=HELP, pretty_exceptions_enable=False)


@app.command()
def doctor() -> None:
    """Print versions, devices, codecs and the models found."""
    print(f"reid-track {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for package in PACKAGES:
        print(f"  {package:15} {_version(package)}")
    print(f"devices: {', '.join(_devices())}; {os.cpu_count()} CPU cores")
    print(f"videos read: {_decoders()}")
    print(f"videos written: {', '.join(_codecs()) or 'none'}")
    print("weights folders:")
    for folder in weights_folders():
        print(f"  {folder}{'' if folder.is_dir() else ' (not there)'}")
    found = [(m, p) for m in manifest().values() if (p := installed_file(m))]
    print("models found:" if found else "models found: none; 'reid-track weights list' names them")
    for model, path in found:
        print(f"  {model.name:20} {path}")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _devices() -> list[str]:
    import torch

    gpus = [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
    return ["cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else [])]


def _codecs() -> list[str]:
    """Try to write a video of each kind: nothing else tells whether that works."""
    import numpy as np

    from tracker.video.codec import CODECS, Encoding
    from tracker.video.writer import VideoForm, video_sink

    working = []
    with tempfile.TemporaryDirectory() as folder:
        for name, codec in CODECS.items():
            try:
                form = VideoForm(25.0, (64, 64), Encoding(name))
                with video_sink(Path(folder) / f"{name}.mp4", form) as sink:
                    sink.write(np.zeros((64, 64, 3), np.uint8))
                working.append(f"{name} ({codec.encoder})")
            except OutputError as error:
                print(f"  {name}: {error}", file=sys.stderr)
    return working


def _decoders() -> str:
    """Say which of the codecs that people meet can be read, and what reads them."""
    from av import ffmpeg_version_info
    from av.codec import codecs_available
    from av.codec.hwaccel import hwdevices_available

    from tracker.video.hardware import decoding_device

    there = [name for name in READ if name in codecs_available]
    device = decoding_device() or f"none here ({', '.join(hwdevices_available())} would do)"
    return (
        f"{', '.join(there)} and more, by FFmpeg {ffmpeg_version_info}; hardware for --hwaccel "
        f"auto: {device}"
    )
