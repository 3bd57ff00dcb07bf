"""dcm2niix makes the same volumes of a series and of its research copies: voxels, geometry, b-values, directions."""

import json
import subprocess
from pathlib import Path

import dcm2niix
import pydicom
import pytest

from tests.kit.series import VENDORS, VOLUMES, write_diffusion, write_mosaics
from tests.kit.untrusted import deidentify

FOLDERS = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
# Real series in pydicom's own wheel
REAL = {path.relative_to(FOLDERS).as_posix(): path for path in sorted(FOLDERS.glob("[0-9]*/*"))}
DESCRIPTIONS = ((148, 228), (228, 252), (328, 344))  # bytes of a NIfTI-1 header: description, file, intent

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def converted(folder):
    """Convert a series, and return suffix and content of each file that is made.

    Not their names: dcm2niix numbers volumes of one series in the order of their UIDs.
    """
    target = folder.with_name(f"{folder.name}.nii")
    target.mkdir()
    subprocess.run([dcm2niix.bin, "-f", "%s", "-o", target, folder], capture_output=True, check=False)
    return sorted((path.suffix, comparable(path)) for path in target.iterdir())


def comparable(path):
    """Return what must not differ: of a NIfTI all but descriptions, of the JSON what it says of times."""
    if path.suffix == ".json":
        facts = json.loads(path.read_text())
        names = ("SliceTiming", "RepetitionTime", "EchoTime", "EffectiveEchoSpacing")
        return json.dumps({name: facts.get(name) for name in names}).encode()
    content = bytearray(path.read_bytes())
    for start, end in DESCRIPTIONS if path.suffix == ".nii" else ():
        content[start:end] = bytes(end - start)
    return bytes(content)


def of_kind(files, suffix):
    return next(content for kind, content in files if kind == suffix)


def copied(folder):
    target = folder.with_name(f"{folder.name}.copies")
    target.mkdir()
    for path in sorted(folder.iterdir()):
        deidentify(path, target / path.name)
    return target


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_diffusion_series_keeps_voxels_geometry_b_values_and_directions(vendor, tmp_path):
    (folder := tmp_path / "series").mkdir()
    write_diffusion(folder, VENDORS[vendor])
    original = converted(folder)
    b_values = of_kind(original, ".bval").split()  # without the volume of b = 0 where it is a file of its own
    assert [int(value) for value in b_values[-2:]] == [b_value for b_value, _ in VOLUMES[1:]]
    assert converted(copied(folder)) == original


def test_a_mosaic_keeps_its_slices_and_their_times(tmp_path):
    (folder := tmp_path / "series").mkdir()
    write_mosaics(folder)
    original = converted(folder)
    assert json.loads(of_kind(original, ".json"))["SliceTiming"] == [0, 1, 0.5, 1.5]
    assert converted(copied(folder)) == original


def test_real_series_keep_voxels_and_geometry(tmp_path):
    different = []
    for name, path in REAL.items():
        (folder := tmp_path / name.replace("/", "-")).mkdir()
        for file in path.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        original = converted(folder)
        assert original
        different += [name] if converted(copied(folder)) != original else []
    assert different == []
