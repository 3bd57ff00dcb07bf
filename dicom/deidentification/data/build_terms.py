"""Make `terms.json`: the Enumerated Values and Defined Terms of PS3.3 by keyword, for code strings and texts.

Nothing at run time imports this script. Run it for a new edition of the standard, and review the diff it makes:

    python build_terms.py --templates dicom3tools/standard

`--templates` holds `module.tpl` and `strval.tpl`, the tables that David Clunie's validator dciodvfy is generated from
(dicom3tools, BSD-3-Clause; the state of 2022, as rightdicom/dcmvfy/standard of
github.com/ImagingDataCommons/PyDicomVerify, BSD-3-Clause). They name the values of an attribute in every module; the
terms of all modules are put together here, since research reads only that a term is one of this attribute.

`ADDED` has the terms of attributes that these tables leave out, from PS3.3; the numbers of Context Groups (PS3.16) are
those that pydicom knows.
"""

import argparse
import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.sr._cid_dict import name_for_cid

HERE = Path(__file__).parent
TEXTS = {"CS", "SH", "LO", "ST", "LT", "UC", "UT"}
LEFT_OUT = {"CodeValue", "CodeMeaning", "CodingSchemeDesignator", "IdentifierTypeCode"}
LIST = re.compile(r'^StringValues="(\w+)"\s*\{(.*?)^\s*\}', re.DOTALL | re.MULTILINE)
ATTRIBUTE = re.compile(r'(?:Name|Verify)="(\w+)"')
USED_LIST = re.compile(r'String(?:EnumValues|DefinedTerms)="(\w+)"')
ADDED = {
    "AcquisitionType": "SEQUENCED SPIRAL CONSTANT_ANGLE STATIONARY FREE",
    "AnatomicalOrientationType": "BIPED QUADRUPED",
    "ChannelMode": "MONO STEREO",
    "CodingSchemeVersion": "01|1.0|1.1|1.2|1.3|1.4|20020904|20030108|20030109|20040416",
    "ColorSpace": "SRGB ADOBERGB ROMMRGB",
    "ConstantVolumeFlag": "YES NO",
    "ContrastBolusIngredient": "IODINE|GADOLINIUM|CARBON DIOXIDE|BARIUM",
    "DetectorPositioningType": "ROTATED TRANSLATED",
    "ExposureModulationType": "NONE ANGULAR LONGITUDINAL ORGAN_BASED ECG_BASED Z_EC XY_EC XYZ_EC",
    "FluoroscopyFlag": "YES NO",
    "FunctionalSettlingPhaseFramesPresent": "YES NO",
    "ImmersionMedia": "AIR ALCOHOL OIL WATER BSS VISCO",
    "LightSourcePolarization": "NONE LINEAR CIRCULAR",
    "MultienergyDetectorType": "INTEGRATING MULTILAYER PHOTON_COUNTING",
    "MultienergySourceTechnique": "SWITCHING_SOURCE CONSTANT_SOURCE",
    "OphthalmicVolumetricPropertiesFlag": "YES NO",
    "PatientOrientation": "A P R L H F AL AR PL PR AH AF PH PF LH LF RH RF ALH ALF ARH ARF PLH PLF PRH PRF",
    "PatientPosition": "HFP HFS HFDR HFDL FFDR FFDL FFP FFS LFP LFS RFP RFS AFDR AFDL PFDR PFDL SITTING",
    "PixelSpacingCalibrationType": "GEOMETRY FIDUCIAL",
    "RescaleType": "HU|HU_MOD|OD|US|MGML|Z_EFF|ED|EDW|PCT|normalized",
    "ScanArcType": "FULL PARTIAL",
    "ScanProgressionDirection": "CAUDAL CRANIAL BACK_AND_FORTH",
    "SettlingPhaseFrame": "YES NO",
    "SOPInstanceStatus": "NS OR AO AC",
    "SyntheticData": "YES NO",
    "WindowCenterWidthExplanation": "WINDOW1|WINDOW2|WINDOW3",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the table of Defined Terms.")
    parser.add_argument("--templates", type=Path, required=True)
    folder = parser.parse_args().templates
    terms = defined_terms((folder / "module.tpl").read_text(), read_lists((folder / "strval.tpl").read_text()))
    for keyword, added in ADDED.items():
        terms[keyword].update(added.split("|" if "|" in added else None))
    terms["ContextIdentifier"].update(str(number) for number in name_for_cid)
    write(terms, folder / "module.tpl")


def read_lists(text: str) -> dict[str, set[str]]:
    """Map the name of each list of values to these, without their meanings."""
    lists = {}
    for match in LIST.finditer(text):
        lines = re.sub(r"#.*", "", match[2]).splitlines()
        entries = [entry for line in lines for entry in ([line] if "=" in line else line.split(","))]
        values = {entry.split("=")[0].strip(" \t,") for entry in entries}
        lists[match[1]] = {value for value in values if value and "***" not in value}
    return lists


def defined_terms(modules: str, lists: dict[str, set[str]]) -> dict[str, set[str]]:
    """Map each keyword to all its values in any module."""
    terms: dict[str, set[str]] = defaultdict(set)
    for line in modules.splitlines():
        code = line.split("#")[0]
        keyword = ATTRIBUTE.search(code)
        if keyword and is_text(keyword[1]):
            terms[keyword[1]].update(*(lists[name] for name in USED_LIST.findall(code)))
    return terms


def is_text(keyword: str) -> bool:
    tag = tag_for_keyword(keyword)
    return tag is not None and keyword not in LEFT_OUT and dictionary_VR(tag) in TEXTS


def write(terms: dict[str, set[str]], path: Path) -> None:
    source = {
        "from": "dicom3tools, BSD-3-Clause, (c) D. Clunie; additions from PS3.3",
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "made_by": "build_terms.py",
        "note": "Facts of the DICOM standard, (c) NEMA",
    }
    lines = [
        f"  {json.dumps(keyword)}: {json.dumps(sorted(values))}" for keyword, values in sorted(terms.items()) if values
    ]
    text = f'{{\n"source": {json.dumps(source)},\n"terms": {{\n' + ",\n".join(lines) + "\n}\n}\n"
    (HERE / "terms.json").write_text(text)


if __name__ == "__main__":
    main()
