#!/bin/sh
# Follow the people in the two sample clips. Until the package brings its own models, it takes
# the best ones installed, else the reference models beside a checkout, else the official ones.
set -eu
BIN=${BIN:-.venv/bin}
SHARED=${SHARED:-../shared}
DEMO=${DEMO:-demo}

installed() { "$BIN/reid-track" weights path "$1" >/dev/null 2>&1; }

detector=auto
reid=auto
if ! installed yolo11n && [ -d "$SHARED/weights/yolo11n_int8_openvino_model" ]; then
    detector=$SHARED/weights/yolo11n_int8_openvino_model
elif ! installed yolo11n; then
    echo "no person detector is installed; asking for the official YOLO11n" >&2
    detector=yolo11n
fi
if ! installed osnet_x0_25_msmt17 && [ -f "$SHARED/weights/osnet_x0_25_msmt17.pth" ]; then
    reid=$SHARED/weights/osnet_x0_25_msmt17.pth
elif ! installed osnet_x0_25_msmt17; then
    echo "no ReID model is installed; asking for the official OSNet x0.25" >&2
    reid=osnet_x0_25_msmt17
fi

"$BIN/reid-track" --cams cam1=samples/cam1.mp4,cam2=samples/cam2.mp4 \
    --detector "$detector" --reid "$reid" --out "$DEMO" --overwrite
echo "against the clips' truth:"
"$BIN/reid-track" evaluate tracks "$DEMO/tracks.json" \
    --truth cam1=samples/cam1.gt.txt --truth cam2=samples/cam2.gt.txt
