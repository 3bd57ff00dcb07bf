"""Images with numbers that cannot be read, or lie under another VR, and the picture that they show all the same."""

import numpy as np

from tests.kit.images import CAPTURE, RAMP, SHOWN, WINDOW, Case, Dataset, grey, linear, part10, put_raw, stretched

UNREADABLE = (
    b"400,0",
    b"-",
    b"1.#QNAN",
    b"NaN",
    b"",
    b"\\\\",
    b"1e400",
    b"-1E+99",
    b"0x10",
    b"1_0",
    b"\xff\xfe",
    b"inf",
)


def rescale_cases() -> dict[str, Case]:
    cases = {}
    shown = linear(RAMP.astype(int) - 1024, 1024, 4096)
    for text in (*UNREADABLE, b"0", b"0.0E0"):
        dataset = grey(RAMP, WindowCenter="1024", WindowWidth="4096", RescaleIntercept="-1024")
        cases[f"slope {text!r}"] = (part10(put_raw(dataset, "RescaleSlope", "DS", text)), shown)
    for text in UNREADABLE:
        dataset = put_raw(grey(RAMP, RescaleSlope="2"), "RescaleIntercept", "DS", text)
        cases[f"intercept {text!r}"] = (part10(dataset), stretched(RAMP))
    return cases


def window(vr: str, center: bytes, width: bytes, **attributes) -> bytes:
    return part10(put_raw(put_raw(grey(RAMP, **attributes), "WindowCenter", vr, center), "WindowWidth", vr, width))


def window_cases() -> dict[str, Case]:
    exact, narrow = np.rint(np.clip((RAMP - 1000.0) / 2000 + 0.5, 0, 1) * 255).astype(np.uint8), RAMP / 4096
    sigmoid = np.rint(255 / (1 + np.exp(-4 * (RAMP - 2048.0) / 1000))).astype(np.uint8)
    doubles = [np.array([number], "<f8").tobytes() for number in (1000, 2000)]
    thin = {"RescaleSlope": str(1 / 4096), "WindowCenter": "0.45", "WindowWidth": "0.91"}
    cases = {f"window {text!r}": (window("DS", text, b"2000"), stretched(RAMP)) for text in UNREADABLE}
    cases |= {f"width {text!r}": (window("DS", b"1000", text), stretched(RAMP)) for text in (b"0", b"-2000", b"400,0")}
    cases |= {f"window as {vr}": (window(vr, b"1000", b"2000"), SHOWN) for vr in ("LO", "IS", "UN", "SH", "UT")}
    return cases | {
        "window as FD": (window("FD", *doubles), SHOWN),
        "window as US": (window("US", b"\xe8\x03", b"\xd0\x07"), SHOWN),
        "window with spaces and zeros": (window("DS", b" +1.000E3\0", b"2000. "), SHOWN),
        "the second of two windows": (window("DS", b"-\\1000", b"100\\2000"), SHOWN),
        "the first of two windows": (window("DS", b"1000\\100", b"2000\\50"), SHOWN),
        "two centers and a width": (window("DS", b"1000\\100", b"2000"), SHOWN),
        "LINEAR_EXACT": (part10(grey(RAMP, VOILUTFunction="LINEAR_EXACT", **WINDOW)), exact),
        "SIGMOID": (part10(grey(RAMP, VOILUTFunction="SIGMOID", WindowCenter="2048", WindowWidth="1000")), sigmoid),
        "a function that the standard does not name": (part10(grey(RAMP, VOILUTFunction="CUBIC", **WINDOW)), SHOWN),
        "a width below 1": (part10(grey(RAMP, **thin)), stretched(narrow, 0.45 - 0.455, 0.45 + 0.455)),
        "a width of 1": (
            part10(grey(RAMP, WindowCenter="160.5", WindowWidth="1")),
            255 * (RAMP > 160).astype(np.uint8),
        ),
    }


NUMBERS_BESIDE = (  # whose loss changes no picture of a window
    "NumberOfFrames", "PixelAspectRatio", "PixelSpacing", "SliceThickness", "InstanceNumber", "SeriesNumber", "KVP",
    "RescaleIntercept", "RescaleSlope", "RepetitionTime", "ImagePositionPatient", "RecommendedDisplayFrameRate",
    "PatientWeight", "LossyImageCompressionRatio", "AcquisitionNumber", "WindowCenter",
)  # fmt: skip


def number_cases() -> dict[str, Case]:
    """One unreadable number each, and all of them at once."""
    cases = {}
    for number, keyword in enumerate(NUMBERS_BESIDE):
        text = UNREADABLE[number % len(UNREADABLE)]
        cases[f"{keyword} {text!r}"] = (part10(put_number(grey(RAMP, CAPTURE), keyword, text)), stretched(RAMP))
    for text in UNREADABLE:
        dataset = grey(RAMP, CAPTURE)
        for keyword in NUMBERS_BESIDE:
            put_number(dataset, keyword, text)
        cases[f"every number {text!r}"] = (part10(dataset), stretched(RAMP))
    for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit", "SmallestImagePixelValue", "HighBit", "BitsStored"):
        dataset = put_raw(grey(RAMP), keyword, "LO", b"1.#QNAN")
        cases[f"{keyword} as text"] = (part10(dataset), stretched(RAMP))
    for keyword, number in (("Rows", b"16"), ("Columns", b"16.0"), ("BitsAllocated", b"16"), ("HighBit", b"15")):
        cases[f"{keyword} as a number in text"] = (part10(put_raw(grey(RAMP), keyword, "LO", number)), stretched(RAMP))
    return cases


def put_number(dataset: Dataset, keyword: str, text: bytes) -> Dataset:
    return put_raw(dataset, keyword, "IS" if "Number" in keyword else "DS", text)


NUMBER_CASES = {**rescale_cases(), **window_cases(), **number_cases()}
