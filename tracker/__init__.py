"""Follow people through video and give each of them one ID, within and across cameras.

The folders stand in the order in which the data passes them:
source -> detect -> embed -> associate -> link -> output. ARCHITECTURE.md has the page on it.
"""

import os

# Before cv2 and av are loaded anywhere: their own lines on stderr would bury ours.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("SVT_LOG", "-1")  # the AV1 encoder's

__version__ = "0.1.0"
__all__ = ["__version__"]
