"""What distinguishes one OSNet from another: the published variants and the paper's ablations."""

from dataclasses import dataclass, replace
from typing import Literal

Flavour = Literal["plain", "ibn", "ain"]
Convolution = Literal["lite", "standard"]
Gate = Literal["channel", "stream", "separate", "fixed", "none"]
StreamFusion = Literal["sum", "concat"]


@dataclass(frozen=True, slots=True)
class OSNetConfig:
    """One network."""

    # width of the stem and of the stages conv2, conv3 and conv4
    channels: tuple[int, int, int, int]
    # where instance normalisation stands: nowhere ("plain"), in the stem and after the
    # additions of conv2 ("ibn"), or in the stem and inside chosen blocks ("ain")
    flavour: Flavour = "plain"
    # layers of each stream of a block; T in the paper is their number
    depths: tuple[int, ...] = (1, 2, 3, 4)
    convolution: Convolution = "lite"  # lite 3x3 layers, or full 3x3 convolutions ("standard")
    # one gate for all streams, with a weight per channel ("channel") or one weight for the
    # whole stream ("stream"); a gate of its own for each stream ("separate"); learned weights
    # that do not depend on the picture ("fixed"); or none
    gate: Gate = "channel"
    # streams are added, or laid side by side before the last 1x1 convolution
    merge: StreamFusion = "sum"


_WIDTHS: dict[str, tuple[int, int, int, int]] = {
    "x1_0": (64, 256, 384, 512),
    "x0_75": (48, 192, 288, 384),
    "x0_5": (32, 128, 192, 256),
    "x0_25": (16, 64, 96, 128),
}
VARIANTS: dict[str, OSNetConfig] = {
    **{f"osnet_{width}": OSNetConfig(c) for width, c in _WIDTHS.items()},
    "osnet_ibn_x1_0": OSNetConfig(_WIDTHS["x1_0"], "ibn"),
    **{f"osnet_ain_{width}": OSNetConfig(c, "ain") for width, c in _WIDTHS.items()},
}


def _ablations(name: str, primary: OSNetConfig) -> dict[str, OSNetConfig]:
    """Return the rows of the paper's table 5 but the first, which is the primary network."""
    return {
        f"{name}_standard": replace(primary, convolution="standard"),
        f"{name}_same_depth": replace(primary, depths=(4, 4, 4, 4)),
        f"{name}_concat": replace(primary, gate="none", merge="concat"),
        f"{name}_sum": replace(primary, gate="none"),
        f"{name}_separate": replace(primary, gate="separate"),
        f"{name}_streamwise": replace(primary, gate="stream"),
        f"{name}_fixed": replace(primary, gate="fixed"),
        f"{name}_t1": replace(primary, depths=(1,), gate="none"),
        f"{name}_t2": replace(primary, depths=(1, 2)),
        f"{name}_t3": replace(primary, depths=(1, 2, 3)),
    }


ABLATIONS: dict[str, OSNetConfig] = {
    ablation: config
    for width in _WIDTHS
    for ablation, config in _ablations(f"osnet_{width}", VARIANTS[f"osnet_{width}"]).items()
}
"""Networks of which no weights are published; no checkpoint but one's own fits them."""

KNOWN: dict[str, OSNetConfig] = VARIANTS | ABLATIONS
