#!/bin/sh
# Follow the people in the two sample clips, with the best ReID model installed: the package's own
# unless an official one was fetched. Until the package brings a detector too, it takes the best
# one installed, else the reference model beside a checkout, else the official one.
set -eu
BIN=${BIN:-.venv/bin}
SHARED=${SHARED:-../shared}
DEMO=${DEMO:-demo}

installed() { "$BIN/reid-track" weights path "$1" >/dev/null 2>&1; }

detector=auto
if ! installed yolo11n && [ -d "$SHARED/weights/yolo11n_int8_openvino_model" ]; then
    detector=$SHARED/weights/yolo11n_int8_openvino_model
elif ! installed yolo11n; then
    echo "no person detector is installed; asking for the official YOLO11n" >&2
    detector=yolo11n
fi

"$BIN/reid-track" --cams cam1=samples/cam1.mp4,cam2=samples/cam2.mp4 \
    --detector "$detector" --out "$DEMO" --overwrite
echo "against the clips' truth:"
"$BIN/reid-track" evaluate tracks "$DEMO/tracks.json" \
    --truth cam1=samples/cam1.gt.txt --truth cam2=samples/cam2.gt.txt
