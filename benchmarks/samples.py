"""CTs to upload, each different: 512 × 512 pixels of noise, 0.5 MB, with the header of a real one."""

from functools import cache
from io import BytesIO

import numpy as np
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import UID, generate_uid

PREFIX = "1.2.826.0.1.3680043.8.498."


@cache
def make_template() -> tuple[bytes, bytes]:
    """Return an uncompressed CT and its SOP Instance UID."""
    dataset = dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    dataset.Rows = dataset.Columns = 512
    dataset.PixelData = np.random.default_rng(1).integers(0, 4096, 512 * 512, dtype=np.uint16).tobytes()
    uid = PREFIX + "1" * 20
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue(), uid.encode()


def make_ct(number: int) -> bytes:
    """Return one more slice of the same series, with a UID of its own."""
    content, uid = make_template()
    return content.replace(uid, b"%s2%019d" % (PREFIX.encode(), number))
