"""Grey DICOM images with one fault or feature each, and the picture that PS3.3 asks for, worked out by hand."""

import numpy as np

from tests.kit.images import (
    CR,
    DX,
    ENHANCED_CT,
    ENHANCED_XA,
    RAMP,
    SHOWN,
    WINDOW,
    XA,
    XRF,
    Case,
    Dataset,
    Sequence,
    grey,
    group,
    implicit,
    linear,
    lut_item,
    part10,
    put_lut,
    put_raw,
    stretched,
)

SIGNED = (RAMP.astype(np.int32) - 2048).astype(np.int16)  # -2048 to 2032
WIDE = (np.arange(256).reshape(16, 16) * 256 - 32_768).astype(np.int16)
TABLE = np.arange(4096, dtype=np.uint16)
FALLING = (65_535 - TABLE * 16).astype(np.uint16)
LONG = (np.arange(40_000) * 65_535 // 39_999).astype(np.uint16)
TWELVE = {"BitsStored": 12}


def by_table(table: np.ndarray, values: np.ndarray, bits: int, first: int = 0) -> np.ndarray:
    places = np.clip(values.astype(int) - first, 0, len(table) - 1)
    return np.rint(table[places] / (2**bits - 1) * 255).astype(np.uint8)


def angiogram(relationship: str, sop_class: str = XA, **rescale) -> Dataset:
    dataset = grey(RAMP, sop_class, **TWELVE, **WINDOW, PixelIntensityRelationship=relationship, **rescale)
    return dataset if rescale else put_lut(dataset, "ModalityLUTSequence", lut_item((4096, 0, 16), FALLING))


def angiogram_cases() -> dict[str, Case]:
    enhanced = grey(RAMP, ENHANCED_XA, **WINDOW, RescaleSlope="-1", RescaleIntercept="4095")
    enhanced.SharedFunctionalGroupsSequence = Sequence(
        [group("FramePixelDataPropertiesSequence", PixelIntensityRelationship="LOG")]
    )
    measured = linear(FALLING[RAMP], 1000, 2000)
    return {
        "LOG angiogram": (part10(angiogram("LOG")), SHOWN),
        "DISP angiogram": (part10(angiogram("DISP")), SHOWN),
        "LOG fluoroscopy": (part10(angiogram("LOG", XRF)), SHOWN),
        "LOG in an enhanced angiogram": (part10(enhanced), SHOWN),
        "LOG with a rescale": (part10(angiogram("LOG", RescaleSlope="-1", RescaleIntercept="4095")), SHOWN),
        "LIN angiogram": (part10(angiogram("LIN")), measured),
        "LOG in another image": (part10(angiogram("LOG", CR)), measured),
    }


def padded(values: np.ndarray, value: int, vr: str, limit: int | None = None, **attributes) -> Case:
    """An image in a frame of padding, which must not darken it."""
    padding = values.copy()
    padding[0] = padding.dtype.type(value if limit is None else limit)
    padding[1] = padding.dtype.type(value)
    dataset = grey(padding, **attributes)
    dataset.add_new("PixelPaddingValue", vr, value)
    if limit is not None:
        dataset.add_new("PixelPaddingRangeLimit", vr, limit)
    image = values[2:]
    return part10(dataset), stretched(padding.astype(float), image.min(), image.max())


def padding_cases() -> dict[str, Case]:
    ct = (RAMP + 1000).astype(np.int16)
    wrong_sign, all_padding, inverted = ct.copy(), grey(np.full_like(RAMP, 7)), RAMP.copy()
    wrong_sign[0], inverted[0] = -2000, 65_535
    all_padding.add_new("PixelPaddingValue", "US", 7)
    dataset, negative = grey(wrong_sign), grey(inverted, CR, PhotometricInterpretation="MONOCHROME1")
    dataset.add_new("PixelPaddingValue", "US", 63_536)
    negative.add_new("PixelPaddingValue", "US", 65_535)
    return {
        "padding below": padded(ct, -32_768, "SS"),
        "padding above": padded(RAMP, 65_535, "US"),
        "padding in a range": padded(RAMP, 65_535, "US", limit=60_000),
        "padding in a range that falls": padded(RAMP + np.uint16(1000), 0, "US", limit=900),
        "padding of the wrong sign": (part10(dataset), stretched(wrong_sign.astype(float), ct[1:].min(), ct[1:].max())),
        "padding in a negative": (part10(negative), 255 - stretched(inverted.astype(float), RAMP[1:].min(), 4080)),
        "nothing but padding": (part10(all_padding), np.zeros((16, 16), np.uint8)),
    }


def bit_cases() -> dict[str, Case]:
    high = {**TWELVE, "HighBit": 15}
    low_rubbish = (RAMP << 4 | np.indices((16, 16)).sum(0) % 16).astype(np.uint16)
    above_rubbish = (RAMP | (np.indices((16, 16)).sum(0) % 16 << 12)).astype(np.uint16)
    middle = (RAMP << 2 | 0xC003).astype(np.uint16)
    signed_high = (SIGNED.astype(np.int32) << 4).astype(np.int16)
    return {
        "12 bits at the top": (part10(grey(RAMP << 4, **high, **WINDOW)), SHOWN),
        "12 bits at the top over rubbish": (part10(grey(low_rubbish, **high, **WINDOW)), SHOWN),
        "12 bits in the middle": (part10(grey(middle, BitsStored=12, HighBit=13, **WINDOW)), SHOWN),
        "12 bits under rubbish": (part10(grey(above_rubbish, **TWELVE, **WINDOW)), SHOWN),
        "12 signed bits at the top": (
            part10(grey(signed_high, **high, WindowCenter="0", WindowWidth="4096")),
            linear(SIGNED, 0, 4096),
        ),
        "a high bit that cannot be": (part10(grey(RAMP, BitsStored=12, HighBit=3, **WINDOW)), SHOWN),
    }


def voi(*items: Dataset, values: np.ndarray = RAMP, **attributes) -> Dataset:
    return put_lut(grey(values, DX, **attributes), "VOILUTSequence", *items)


def voi_lut_cases() -> dict[str, Case]:
    shifted = lut_item((4096, -1024, 16), TABLE * 16)
    right = by_table(TABLE * 16, RAMP, 16)
    broken = lut_item((4096, 0, 12), TABLE[:9])
    packed = (TABLE // 16).astype(np.uint8)
    rescaled = {**TWELVE, "RescaleSlope": "1", "RescaleIntercept": "-1024"}
    wide = by_table(LONG, WIDE, 16, -20_000)
    return {
        "12 bits used, 16 declared": (part10(voi(lut_item((4096, 0, 16), TABLE), **TWELVE)), by_table(TABLE, RAMP, 12)),
        "10 bits used, 16 declared": (
            part10(voi(lut_item((4096, 0, 16), TABLE // 4), **TWELVE)),
            by_table(TABLE // 4, RAMP, 10),
        ),
        "16 bits used, 12 declared": (part10(voi(lut_item((4096, 0, 12), TABLE * 16), **TWELVE)), right),
        "16 bits used, 8 declared": (part10(voi(lut_item((4096, 0, 8), TABLE * 16), **TWELVE)), right),
        "16 bits used, none declared": (part10(voi(lut_item((4096, 0, 0), TABLE * 16), **TWELVE)), right),
        "15 bits used, 16 declared": (
            part10(voi(lut_item((4096, 0, 16), TABLE * 8), **TWELVE)),
            by_table(TABLE * 8, RAMP, 16),
        ),
        "bytes, 8 declared": (part10(voi(lut_item((4096, 0, 8), packed), **TWELVE)), by_table(packed, RAMP, 8)),
        "bytes, 16 declared": (part10(voi(lut_item((4096, 0, 16), packed), **TWELVE)), by_table(packed, RAMP, 8)),
        "first value -1024 as US": (part10(voi(shifted, **rescaled)), right),
        "first value -1024 as SS": (part10(voi(lut_item((4096, -1024, 16), TABLE * 16, "SS"), **rescaled)), right),
        "first value -1024 in implicit VR": (implicit(voi(shifted, **rescaled)), right),
        "40,000 entries from -20,000 as SS": (
            part10(voi(lut_item((40_000, -20_000, 16), LONG, "SS"), values=WIDE)),
            wide,
        ),
        "40,000 entries from -20,000 as US": (part10(voi(lut_item((40_000, -20_000, 16), LONG), values=WIDE)), wide),
        "40,000 entries from -20,000 in implicit VR": (
            implicit(voi(lut_item((40_000, -20_000, 16), LONG), values=WIDE)),
            wide,
        ),
        "first value 40,000 of unsigned pixels": (
            part10(voi(lut_item((1000, 40_000, 16), TABLE[:1000] * 64), values=RAMP * 16)),
            by_table(TABLE[:1000] * 64, RAMP * 16, 16, 40_000),
        ),
        "first value 40,000 of unsigned pixels as SS": (
            part10(voi(lut_item((1000, 40_000, 16), TABLE[:1000] * 64, "SS"), values=RAMP * 16)),
            by_table(TABLE[:1000] * 64, RAMP * 16, 16, 40_000),
        ),
        "a broken table before a good one": (
            part10(voi(broken, lut_item((4096, 0, 16), FALLING), **TWELVE)),
            255 - right,
        ),
        "a broken table before a window": (part10(voi(broken, **TWELVE, **WINDOW)), SHOWN),
        "no table before a window": (part10(voi(**TWELVE, **WINDOW)), SHOWN),
    }


def modality(*items: Dataset) -> bytes:
    rescale = {"RescaleSlope": "2", "RescaleIntercept": "-1024", "WindowCenter": "2000", "WindowWidth": "6000"}
    return part10(put_lut(grey(RAMP, CR, **TWELVE, **rescale), "ModalityLUTSequence", *items))


def modality_cases() -> dict[str, Case]:
    rescaled = linear(RAMP.astype(int) * 2 - 1024, 2000, 6000)
    no_data, no_descriptor = lut_item((4096, 0, 16), TABLE), lut_item((4096, 0, 16), TABLE)
    del no_data.LUTData, no_descriptor[0x00283002]
    humped = np.where(TABLE < 2048, TABLE * 16, 65_535 - TABLE * 8).astype(np.uint16)
    unwindowed = put_lut(grey(RAMP, CR, **TWELVE), "ModalityLUTSequence", lut_item((4096, 0, 16), humped))
    return {
        "an empty Modality LUT": (modality(), rescaled),
        "an empty item": (modality(Dataset()), rescaled),
        "no entries": (modality(no_data), rescaled),
        "no descriptor": (modality(no_descriptor), rescaled),
        "too few entries": (modality(lut_item((4096, 0, 16), TABLE[:100])), rescaled),
        "a good one": (modality(lut_item((4096, 0, 16), FALLING)), linear(FALLING[RAMP], 2000, 6000)),
        "a good one that rises and falls": (part10(unwindowed), stretched(humped[RAMP].astype(float))),
    }


def enhanced(shared: Dataset, own: Dataset, **attributes) -> bytes:
    dataset = grey(RAMP, ENHANCED_CT, **attributes)
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = (
        Sequence([shared]),
        Sequence([own]),
    )
    return part10(dataset)


def group_cases() -> dict[str, Case]:
    narrow = group("FrameVOILUTSequence", WindowCenter="2000", WindowWidth="1000")
    empty = group("FrameVOILUTSequence")
    rescale = group("PixelValueTransformationSequence", RescaleIntercept="-1024", RescaleSlope="2", RescaleType="HU")
    both = group("PixelValueTransformationSequence", RescaleIntercept="-1024", RescaleSlope="2", RescaleType="HU")
    both.FrameVOILUTSequence = narrow.FrameVOILUTSequence
    broken = group("FrameVOILUTSequence")
    put_raw(put_raw(broken.FrameVOILUTSequence[0], "WindowCenter", "DS", b"40,5"), "WindowWidth", "DS", b"400,0")
    return {
        "window of the frame": (enhanced(Dataset(), narrow, **WINDOW), linear(RAMP, 2000, 1000)),
        "window of all frames": (enhanced(narrow, Dataset(), **WINDOW), linear(RAMP, 2000, 1000)),
        "window of the file, the group being empty": (enhanced(Dataset(), empty, **WINDOW), SHOWN),
        "window of the file, that of the frame being broken": (enhanced(Dataset(), broken, **WINDOW), SHOWN),
        "rescale of all frames": (enhanced(rescale, narrow), linear(RAMP.astype(int) * 2 - 1024, 2000, 1000)),
        "rescale and window of the frame": (enhanced(Dataset(), both), linear(RAMP.astype(int) * 2 - 1024, 2000, 1000)),
    }


INVERTED = {  # whether the least value is white, by photometric interpretation and shape
    ("MONOCHROME1", ""): True,
    ("MONOCHROME1", "INVERSE"): True,
    ("MONOCHROME1", "IDENTITY"): False,
    ("MONOCHROME1", "LIN OD"): True,
    ("MONOCHROME2", "INVERSE"): True,
    ("MONOCHROME2", "IDENTITY"): False,
}


def inversion_cases() -> dict[str, Case]:
    cases = {}
    for (photometric, shape), inverted in INVERTED.items():
        dataset = grey(RAMP, DX, PhotometricInterpretation=photometric, PresentationLUTShape=shape, **WINDOW)
        cases[f"{photometric} and {shape}"] = (part10(dataset), 255 - SHOWN if inverted else SHOWN)
    return cases


def term_cases() -> dict[str, Case]:
    """Terms and sequences under the VRs of other elements."""
    exact = {"VOILUTFunction": (b"linear_exact", np.rint(np.clip((RAMP - 1000.0) / 2000 + 0.5, 0, 1) * 255))}
    inverse = {
        "PresentationLUTShape": (b"INVERSE\\", 255 - SHOWN),
        "PhotometricInterpretation": (b"MONOCHROME2\\", SHOWN),
    }
    junk = {"VOILUTSequence": (b"junk", SHOWN), "ModalityLUTSequence": (b"junk", SHOWN)}
    groups = {"PerFrameFunctionalGroupsSequence": (b"junk", SHOWN)}
    return {
        f"{keyword} {text!r} as LO": (part10(put_raw(grey(RAMP, DX, **WINDOW), keyword, "LO", text)), expected)
        for keyword, (text, expected) in (exact | inverse | junk | groups).items()
    }


GREY_CASES = {
    **angiogram_cases(),
    **padding_cases(),
    **bit_cases(),
    **voi_lut_cases(),
    **modality_cases(),
    **group_cases(),
    **inversion_cases(),
    **term_cases(),
}
