"""The vocabulary's meaning: releases of classifications, their codes, crosswalks, and the diseases that use them."""

from disease.models.codes import Code, CodeKind, CodeMapping, CodeQuerySet, CodeSystem, codes_below
from disease.models.diseases import Disease, DiseaseQuerySet

__all__ = ["Code", "CodeKind", "CodeMapping", "CodeQuerySet", "CodeSystem", "Disease", "DiseaseQuerySet", "codes_below"]
