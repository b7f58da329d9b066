#!/bin/sh
# Follow the people in the two sample clips, with the best detector installed: the package brings
# one. Until it also brings a ReID model for any footage, that is the best one installed, else the
# reference model beside a checkout, else the official one.
set -eu
BIN=${BIN:-.venv/bin}
SHARED=${SHARED:-../shared}
DEMO=${DEMO:-demo}

installed() { "$BIN/reid-track" weights path "$1" >/dev/null 2>&1; }

reid=auto
if ! installed osnet_x0_25_msmt17 && [ -f "$SHARED/weights/osnet_x0_25_msmt17.pth" ]; then
    reid=$SHARED/weights/osnet_x0_25_msmt17.pth
elif ! installed osnet_x0_25_msmt17; then
    echo "no ReID model is installed; asking for the official OSNet x0.25" >&2
    reid=osnet_x0_25_msmt17
fi

"$BIN/reid-track" --cams cam1=samples/cam1.mp4,cam2=samples/cam2.mp4 \
    --reid "$reid" --out "$DEMO" --overwrite
echo "against the clips' truth:"
"$BIN/reid-track" evaluate tracks "$DEMO/tracks.json" \
    --truth cam1=samples/cam1.gt.txt --truth cam2=samples/cam2.gt.txt
