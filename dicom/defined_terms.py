"""Defined Terms of the attributes that tell people what an image shows."""

from dicom.deidentification.allow_list import body_parts

# PS3.3 C.7.3.1.1.1 (2026d), with the terms that it has retired: old files have them.
MODALITIES = frozenset({
    "ANN", "AR", "AS", "ASMT", "AU", "BDUS", "BI", "BMD", "CD", "CF", "CFM", "CP", "CR", "CS", "CT", "CTPROTOCOL",
    "DD", "DF", "DG", "DM", "DMS", "DOC", "DS", "DX", "EC", "ECG", "EEG", "EMG", "EOG", "EPS", "ES", "FA", "FID", "FS",
    "GM", "HC", "HD", "IO", "IOL", "IVOCT", "IVUS", "KER", "KO", "LEN", "LP", "LS", "M3D", "MA", "MG", "MR", "MS", "NM",
    "OAM", "OCT", "OP", "OPM", "OPR", "OPT", "OPTBSV", "OPTENF", "OPV", "OSS", "OT", "PA", "PLAN", "POS", "PR", "PT",
    "PX", "REG", "RESP", "RF", "RG", "RTDOSE", "RTIMAGE", "RTINTENT", "RTPLAN", "RTRAD", "RTRECORD", "RTSEGANN",
    "RTSTRUCT", "RWV", "SEG", "SM", "SMR", "SR", "SRF", "ST", "STAIN", "TEXTUREMAP", "TG", "US", "VA", "VF", "XA",
    "XAPROTOCOL", "XC",
})  # fmt: skip
OTHER = "OT"  # the modality that says nothing


def is_modality(text: str) -> bool:
    return text in MODALITIES


def is_body_part(text: str) -> bool:
    """Whether this is a Defined Term of Body Part Examined (PS3.16 Annex L)."""
    return text in body_parts()
