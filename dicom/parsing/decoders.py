"""One decoder for each transfer syntax: a failure must not offer hostile bytes to one C library after another.

imagecodecs loads each of its codecs when its function is first looked up. The table below looks all of them up, so
they are loaded before the sandbox closes.
"""

from collections.abc import Callable

import imagecodecs
import numpy as np
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom.parsing.codestream import jpeg_colours, precision_of
from dicom.parsing.layout import Layout
from dicom.refusals import Unreadable

# Retired processes 3 and 5, 6 and 8, 7 and 9, 10 and 12, 11 and 13: more ways of lossy JPEG, which archives still hold.
RETIRED_JPEG = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (52, 53, 54, 55, 56))
JPEG_SYNTAXES = (JPEGBaseline8Bit, JPEGExtended12Bit, *RETIRED_JPEG, JPEGLossless, JPEGLosslessSV1)
DECODERS: dict[str, Callable[..., np.ndarray]] = {
    **dict.fromkeys(JPEG_SYNTAXES, imagecodecs.jpeg8_decode),  # of 8, 12 and 16 bits, lossy and lossless
    **dict.fromkeys((JPEGLSLossless, JPEGLSNearLossless), imagecodecs.jpegls_decode),
    **dict.fromkeys((JPEG2000Lossless, JPEG2000), imagecodecs.jpeg2k_decode),
    **dict.fromkeys((HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K), imagecodecs.htj2k_decode),
}
COMPRESSED = {*DECODERS, RLELossless}
WAVELET_COLOURS = ("YBR_ICT", "YBR_RCT")  # the decoder of JPEG 2000 turns these into RGB


def decode_frame(codestream: bytes, layout: Layout, syntax: str) -> tuple[np.ndarray, str]:
    """Decode a checked frame to rows × columns [× samples], and return it with its photometric interpretation."""
    samples, stored, high_bit = _decode_codestream(codestream, layout, syntax)
    return as_stored(samples, stored, high_bit, layout.signed), _photometric(codestream, layout, syntax)


def hides_bits(codestream: bytes, layout: Layout, syntax: str) -> bool:
    """Whether samples of a checked frame hold more than their values: old overlays (PS3.5 8.1.1)."""
    bits = layout.allocated if syntax == RLELossless else precision_of(codestream, syntax)
    if layout.stored >= bits:
        return False
    samples, stored, high_bit = _decode_codestream(codestream, layout, syntax)
    values = as_stored(samples, stored, high_bit, layout.signed) << (high_bit + 1 - stored)
    unsigned = f"u{samples.dtype.itemsize}"
    raw, extended = samples.astype(samples.dtype.newbyteorder("=")).view(unsigned), values.view(unsigned)
    mask = (1 << (high_bit + 1)) - 1  # signs may be extended to the top of the word, or not
    return bool(np.any((raw != extended) & (raw != extended & mask)))


def _decode_codestream(codestream: bytes, layout: Layout, syntax: str) -> tuple[np.ndarray, int, int]:
    """Return the samples with all their bits, and how many of them are the value, up to which.

    Those are the bits that the header names, or all that the codestream has: some writers shift them down before.
    """
    if syntax == RLELossless:
        return _decode_rle(codestream, layout), layout.stored, layout.high_bit
    samples = DECODERS[syntax](codestream, **_colour_options(layout, syntax))
    if samples.shape != layout.shape:
        raise Unreadable("undecodable")
    precision = precision_of(codestream, syntax)
    if layout.stored <= layout.high_bit < precision:
        return samples, layout.stored, layout.high_bit
    bits = layout.stored if syntax in JPEG_SYNTAXES else precision
    return samples, bits, bits - 1


def _colour_options(layout: Layout, syntax: str) -> dict[str, str]:
    """Keep libjpeg from converting colours: it would guess what the components mean."""
    return {"colorspace": "YCBCR", "outcolorspace": "YCBCR"} if layout.samples > 1 and syntax in JPEG_SYNTAXES else {}


def _photometric(codestream: bytes, layout: Layout, syntax: str) -> str:
    """The meaning of the decoded samples. A JPEG that says it itself is believed before the DICOM header."""
    if layout.samples == 1 or syntax == RLELossless:
        return layout.photometric
    if syntax in JPEG2000TransferSyntaxes:
        return "RGB" if layout.photometric in WAVELET_COLOURS else layout.photometric
    return jpeg_colours(codestream) or layout.photometric


def as_stored(samples: np.ndarray, stored: int, high_bit: int, signed: bool) -> np.ndarray:
    """Return the values of samples that have so many bits up to the high one; other bits may hold anything.

    The sign is that of PixelRepresentation: few codestreams know it.
    """
    size = samples.dtype.itemsize
    values = samples.astype(samples.dtype.newbyteorder("="), copy=False).view(f"{'i' if signed else 'u'}{size}")
    above, unused = 8 * size - 1 - high_bit, 8 * size - stored
    return (values << above) >> unused if unused > 0 else values


def _decode_rle(codestream: bytes, layout: Layout) -> np.ndarray:
    """Decode by pydicom's own decoder, which is written in Python."""
    options = layout.as_options() | {"number_of_frames": 1, "decoding_plugin": "pydicom"}
    source = encapsulate([codestream], has_bot=False)
    return get_decoder(RLELossless).as_array(source, index=0, raw=True, **options)[0]
