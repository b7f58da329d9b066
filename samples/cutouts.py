"""Cut the people for the sample clips out of a photo and dress them.

The photo is ``bus.jpg``, which the ``ultralytics`` package ships. Pictures are float32 BGR in
0..1; a sprite is float32 (height, width, 4) whose colours are already multiplied by alpha, so
that it can be resized and blended without dark or light rims.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """One person: a cut-out, new clothes (BGR 0..1, None keeps the photo's), and stature."""

    source: str
    coat: Colour | None = None
    legs: Colour | None = None
    shoes: Colour | None = None
    hair: Colour | None = None
    jumper: Colour | None = None
    stature: float = 1.0  # height relative to the average person
    girth: float = 1.0  # width relative to the photo


# Outlines in bus.jpg pixels, "x y x y ...", clockwise from the head.
OUTLINES = {
    "cream": (
        "103 415 106 409 112 404 120 400 130 398 140 399 147 403 154 405 156 410 155 418 152 "
        "421 154 428 156 433 153 439 152 452 150 460 148 465 152 468 158 474 163 481 168 487 "
        "172 491 174 494 174 499 179 504 182 508 181 513 179 518 183 525 186 532 190 541 195 "
        "547 199 554 200 560 200 572 199 580 197 586 189 593 177 599 180 606 184 618 186 630 "
        "189 642 191 660 192 675 192 686 190 689 179 690 178 701 180 710 181 722 184 735 186 "
        "750 186 763 187 775 190 790 193 805 195 820 198 835 200 845 202 850 208 857 213 863 "
        "218 868 226 873 236 877 242 880 244 884 240 888 232 892 215 896 195 897 177 897 178 "
        "870 177 858 173 845 169 832 165 818 161 805 157 790 154 775 150 757 144 740 138 722 "
        "133 712 125 703 120 702 117 710 116 718 114 725 111 738 108 750 105 768 98 777 93 792 "
        "89 810 87 824 85 840 85 851 85 860 90 864 95 871 99 878 105 884 106 889 105 895 99 897 "
        "79 898 68 894 59 888 54 882 54 877 56 866 57 862 60 860 60 844 61 832 62 816 69 780 74 "
        "750 74 720 74 698 60 697 60 690 60 670 61 650 62 630 63 610 64 590 65 580 63 573 61 "
        "566 60 560 60 553 63 549 64 540 64 530 63 515 62 505 64 498 67 492 73 487 81 481 89 "
        "476 96 471 99 466 98 458 98 454 101 451 104 448 103 438 104 434 103 425"
    ),
    "black": (
        "264 425 265 413 272 409 282 407 293 408 300 412 303 418 305 427 306 435 307 438 306 445 "
        "305 455 302 463 299 469 301 473 307 479 315 483 325 486 329 490 332 497 335 507 336 520 "
        "337 528 340 537 341 547 341 555 337 562 333 566 328 567 323 568 322 580 325 595 327 603 "
        "328 620 329 635 332 652 334 667 338 683 338 689 337 694 337 700 339 705 339 713 338 722 "
        "334 729 330 735 325 739 318 744 311 752 302 762 292 772 287 779 287 787 289 797 294 803 "
        "299 813 297 818 292 818 284 814 280 812 279 818 283 824 285 830 287 837 288 843 291 852 "
        "289 856 278 858 268 856 260 849 256 843 258 835 259 822 256 818 254 808 251 797 249 780 "
        "247 763 246 753 244 740 244 713 244 702 232 700 226 698 226 687 228 668 230 650 232 635 "
        "234 623 239 610 242 600 242 593 238 589 236 582 238 570 238 552 238 538 239 532 238 527 "
        "240 520 241 515 243 502 247 495 253 490 260 486 267 482 272 472 274 466 273 458 270 454 "
        "267 450 264 443 264 437"
    ),
}
# Parts, cut with the outline: the head (never clothes), the trousers, and the shoes.
PARTS = {
    "cream": (
        "90 390 165 390 165 440 150 465 146 470 149 500 140 495 137 485 127 476 118 466 110 457 "
        "104 448 90 448",
        "163 654 168 656 178 690 260 705 260 910 40 910 40 697 76 697 90 700 125 702 150 700 "
        "163 698",
        "40 862 57 860 70 852 85 851 110 860 120 900 177 858 190 857 202 850 260 860 260 910 "
        "40 910",
    ),
    "black": (
        "255 400 315 400 312 462 301 470 301 484 290 484 284 482 276 472 262 460",
        "292 640 307 640 309 662 316 696 328 693 338 688 350 688 350 870 235 870 235 702 260 705 "
        "288 705",
        "281 779 310 770 310 825 295 870 240 870 240 822 258 820 279 818",
    ),
}
HANDS = (  # of "black"; those of "cream" are in the sleeves
    "238 522 239 515 249 510 257 511 254 502 258 501 267 507 276 514 281 519 287 520 287 530 "
    "285 538 260 537 246 541 242 537 237 530",
    "257 652 261 646 270 643 277 645 281 655 282 667 290 679 288 691 280 688 272 683 262 681 "
    "256 674",
)
HAIR = {
    "cream": "95 390 165 390 160 420 150 420 135 419 120 422 117 436 103 436",
    "black": "255 400 315 400 310 440 303 420 296 417 280 420 272 428 268 438 260 440",
}


def points(text: str) -> NDArray[np.float32]:
    """Read "x y x y ..." as (n, 2) pixel coordinates."""
    return np.array(text.split(), np.float32).reshape(-1, 2)


def fill(shape: tuple[int, int], text: str, soft: float) -> Image:
    """Polygon as a (height, width) mask in 0..1, edges blurred by soft pixels (sigma)."""
    mask = np.zeros(shape, np.uint8)
    # Four binary digits of sub-pixel position, so the edge is smooth before the blur.
    cv2.fillPoly(mask, [np.round(points(text) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), soft), np.float32)


def dye(image: Image, mask: Image, colour: Colour | None) -> Image:
    """Colour the masked part of a BGR picture anew (mask 0..1), keeping its light and shade."""
    if colour is None:
        return image
    light = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    low, high = np.percentile(light[mask > 0.5], (3, 97))
    shade = np.clip((light - low) / max(high - low, 0.05), 0, 1.3) ** 0.8
    dyed = (0.42 + 0.72 * shade)[..., None] * np.array(colour, np.float32)
    return (image + mask[..., None] * (np.clip(dyed, 0, 1) - image)).astype(np.float32)


def load_photo() -> Image:
    """Read the package's bus.jpg as float BGR in 0..1, without importing the package."""
    spec = importlib.util.find_spec("ultralytics")
    if spec is None or spec.origin is None:
        raise SystemExit("the ultralytics package, which ships the picture, is not installed")
    path = Path(spec.origin).parent / "assets" / "bus.jpg"
    image = cv2.imread(str(path))
    if image is None:
        raise SystemExit(f"cannot read {path}")
    # A passer-by's hand covers the trousers there: stretch the cloth beside it over the place.
    image[738:818, 60:82] = cv2.resize(image[738:818, 82:88][:, ::-1], (22, 80))
    return np.asarray(image, np.float32) / np.float32(255)


def cut_out(photo: Image, look: Look) -> Image:
    """Cut one person out of the photo and dress him: premultiplied (height, width, 4) sprite."""
    shape = photo.shape[:2]
    head, legs, shoes = (fill(shape, text, 0.7) for text in PARTS[look.source])
    hands = sum(fill(shape, text, 0.7) for text in HANDS)
    # Only the jumpers are that much redder than green.
    scarlet = np.clip((photo[..., 2] - 2.2 * photo[..., 1]) * 12 - 1, 0, 1) * (1 - head)
    bare = np.clip(hands + scarlet, 0, 1) if look.source == "black" else scarlet
    image = dye(photo, (1 - head) * (1 - legs) * (1 - bare), look.coat)
    image = dye(image, legs * (1 - shoes), look.legs)
    image = dye(image, shoes, look.shoes)
    image = dye(image, fill(shape, HAIR[look.source], 1.0), look.hair)
    image = dye(image, scarlet, look.jumper)
    alpha = fill(shape, OUTLINES[look.source], 0.9)
    left, top, width, height = cv2.boundingRect(points(OUTLINES[look.source]))
    sprite = np.dstack([image * alpha[..., None], alpha])
    return sprite[top - 3 : top + height + 3, left - 3 : left + width + 3].astype(np.float32)
