"""Images whose research copies follow their patient."""

from datetime import datetime
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from pydicom import dcmread
from pydicom.data import get_testdata_file

from imagery import actions, files
from imagery.models import Image, Study

OF_NOBODY = dict.fromkeys(("PatientID", "PatientName", "PatientBirthDate", "PatientSex"), "")


def file(name: str = "CT_small.dcm", **values) -> SimpleUploadedFile:
    dataset = dcmread(get_testdata_file(name, download=False))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    stream = BytesIO()
    dataset.save_as(stream)
    return SimpleUploadedFile("a", stream.getvalue())


def fresh(image: Image) -> Image:
    return Image.objects.get(pk=image.pk)


def copy_of(image: Image):
    return dcmread(files.research_copies().path(fresh(image).research))


def day(dataset) -> datetime:
    return datetime.strptime(str(dataset.StudyDate), "%Y%m%d")


def state(image: Image) -> tuple:
    return fresh(image).release_state, fresh(image).held_back, fresh(image).copy_fits


def move(doctor, image: Image, patient) -> None:
    actions.change_study(by=doctor, study=Study.objects.get(pk=image.study_id), patient=patient)
