#!/bin/sh
# Follow the people in the two sample clips, with the best models installed: the package brings a
# detector and a ReID model.
set -eu
BIN=${BIN:-.venv/bin}
DEMO=${DEMO:-demo}

"$BIN/reid-track" --cams cam1=samples/cam1.mp4,cam2=samples/cam2.mp4 --out "$DEMO" --crops --overwrite
echo "against the clips' truth:"
"$BIN/reid-track" evaluate tracks "$DEMO/tracks.json" \
    --truth cam1=samples/cam1.gt.txt --truth cam2=samples/cam2.gt.txt
"$BIN/reid-track" report "$DEMO" --out "$DEMO/report.html" --overwrite
