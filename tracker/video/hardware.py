"""Decoding by a graphics processor, where FFmpeg knows one and this machine has it."""

from functools import cache

from av import Codec, FFmpegError
from av.codec.hwaccel import HWAccel, hwdevices_available

from tracker.core.errors import ConfigError

AUTO, NONE = "auto", "none"
# Of these, whoever decodes gives the same pictures to the bit; of older ones, nearly the same.
EXACT = {"h264", "hevc", "vp8", "vp9", "av1"}


def device_for(word: str) -> str | None:
    """Return FFmpeg's name of what decodes, as ``--hwaccel`` asks; None for the processor.

    Raises:
        ConfigError: It is no allowed word.
    """
    if word not in (AUTO, NONE):
        raise ConfigError(f"--hwaccel is '{word}'; allowed are: {AUTO}, {NONE}")
    return decoding_device() if word == AUTO else None


@cache
def decoding_device() -> str | None:
    """Return the first kind of device that opens on this machine."""
    for kind in hwdevices_available():
        try:
            HWAccel(kind).create(Codec("h264", "r"))  # which all of them decode
        except (FFmpegError, NotImplementedError):
            continue
        return kind
    return None


def acceleration(device: str | None) -> HWAccel | None:
    """Return what `av.open` takes; a video that the device cannot decode, the processor does."""
    return HWAccel(device, allow_software_fallback=True) if device else None
