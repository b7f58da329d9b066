"""Parquet: all boxes as one table, for pandas, polars, DuckDB and the like; written and read."""

from pathlib import Path
from typing import Any

from msgspec import UNSET, structs

from tracker.core.atomic import replacing
from tracker.core.errors import SourceError
from tracker.core.extras import require
from tracker.core.foreign import understanding
from tracker.formats.lines import (
    SIDES,
    BoxRow,
    TableHead,
    box_rows,
    found,
    found_box,
    table_head,
)
from tracker.formats.parsed import ParsedImport
from tracker.results.record import parse_record, to_json
from tracker.results.result import Result

LEAST_ROW_BYTES = 4  # packed; those of boxes take some 40
HEAD = b"reid-track"  # under which the file's metadata have models and cameras


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
            rows = [_cells(row) for row in box_rows(result, camera.name)]
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
        boxes = (_row(cells, placed=cells["camera"] in calibrated) for cells in rows)
        return found(head, [found_box(row) for row in boxes])


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


def _cells(row: BoxRow) -> dict[str, Any]:
    x, y = row.place_m or (None, None)
    place = {"place_x_m": x, "place_y_m": y}
    return structs.asdict(row) | dict(zip(SIDES, row.xyxy, strict=True)) | place


def _row(cells: dict[str, Any], *, placed: bool) -> BoxRow:
    x, y = cells.pop("place_x_m"), cells.pop("place_y_m")
    place = None if x is None or y is None else (x, y)
    x1, y1, x2, y2 = (cells.pop(side) for side in SIDES)
    return BoxRow(**cells, xyxy=(x1, y1, x2, y2), place_m=place if placed else UNSET)
