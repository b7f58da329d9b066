"""Parquet: all boxes as one table, for pandas, polars, DuckDB and the like; written and read."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.extras import require
from tracker.core.foreign import understanding
from tracker.formats.lines import TableHead, table_head
from tracker.formats.lines_read import found
from tracker.formats.parsed import FoundBox, ParsedImport
from tracker.formats.rounding import corners_of
from tracker.results.record import parse_record, to_json
from tracker.results.result import PersonBox, Result
from tracker.results.tracks_json import METRE_DIGITS, SCORE_DIGITS, TIME_DIGITS

LEAST_ROW_BYTES = 4  # packed; those of boxes take some 40
HEAD = b"reid-track"  # under which the file's metadata have models and cameras
SIDES = ("x_min", "y_min", "x_max", "y_max")


def require_pyarrow() -> None:
    """Check that the library is there before any work is done.

    Raises:
        ConfigError: It is not.
    """
    require("pyarrow")


def write_parquet(result: Result, path: Path) -> None:
    """Write a row per box, a row group per camera; places in metres are null where unknown.

    Raises:
        ConfigError: pyarrow is missing.
    """
    require_pyarrow()
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(result)
    with replacing(path) as temporary, parquet.ParquetWriter(temporary, schema) as writer:
        for camera in result.cameras:
            rows = [_cells(camera.name, row) for row in result.rows(camera.name)]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def read_parquet(path: Path) -> ParsedImport:
    """Read such a file.

    Raises:
        ConfigError: pyarrow is missing.
        SourceError: Missing, or not in that format.
    """
    require_pyarrow()
    from pyarrow import parquet

    with understanding(path, "reid-track parquet"):
        if parquet.read_metadata(path).num_rows * LEAST_ROW_BYTES > path.stat().st_size:
            raise SourceError(f"{path} unpacks to far more rows than boxes of people take")
        table = parquet.read_table(path)
        about = (table.schema.metadata or {})[HEAD]
        head = parse_record(about, TableHead, str(path), "reid-track parquet")
        calibrated = {camera.name for camera in head.cameras if camera.calibrated}
        rows = table.to_pylist()
        return found(head, [_box(row, placed=row["camera"] in calibrated) for row in rows])


def _schema(result: Result) -> Any:
    import pyarrow as pa

    columns = [
        ("camera", pa.string()), ("frame", pa.int64()), ("time_s", pa.float64()),
        ("track_id", pa.int64()), ("global_id", pa.int64()),
        *((side, pa.float64()) for side in SIDES),
        ("score", pa.float64()), ("observed", pa.bool_()),
        ("place_x_m", pa.float64()), ("place_y_m", pa.float64()),
    ]  # fmt: skip
    return pa.schema(columns, metadata={HEAD: to_json(table_head(result))})


def _cells(camera: str, row: PersonBox) -> dict[str, Any]:
    known = row.place_m is not None and not np.isnan(row.place_m).any()
    place = [round(float(v), METRE_DIGITS) for v in row.place_m] if known else (None, None)  # type: ignore[union-attr]
    return {
        "camera": camera,
        "frame": row.frame,
        "time_s": round(row.time_s, TIME_DIGITS),
        "track_id": row.track_id,
        "global_id": row.global_id,
        **dict(zip(SIDES, corners_of(row), strict=True)),
        "score": round(row.score, SCORE_DIGITS),
        "observed": row.observed,
        "place_x_m": place[0],
        "place_y_m": place[1],
    }


def _box(row: dict[str, Any], *, placed: bool) -> FoundBox:
    x, y = (math.nan if row[name] is None else row[name] for name in ("place_x_m", "place_y_m"))
    x1, y1, x2, y2 = (row[side] for side in SIDES)
    return FoundBox(
        row["camera"], row["track_id"], row["global_id"], row["frame"], (x1, y1, x2, y2),
        row["time_s"], row["score"], row["observed"],
        (x, y) if placed else None,
    )  # fmt: skip
