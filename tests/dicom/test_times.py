"""Dates and times of a patient move back together: their intervals stay, and no time of a hospital's log does."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.sequence import Sequence

from dicom.deidentification.options import ALL_OPTIONS, Option
from dicom.deidentification.replacements import MAX_SHIFT_SECONDS, Subject, seconds_earlier
from dicom.deidentification.times import Shift, shift_of
from tests.kit.untrusted import SECRETS, deidentify, setting

MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2100, 1, 1))
PAIRS = ("Study", "Series", "Acquisition", "Content")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def moment(dataset, name):
    return datetime.strptime(dataset[f"{name}Date"].value + dataset[f"{name}Time"].value, "%Y%m%d%H%M%S")


@given(MOMENTS, MOMENTS, st.text())
def test_intervals_between_moments_of_a_patient_stay_to_the_second(first, second, patient):
    shift = shift_of(SECRETS, patient)
    moved = []
    for each in (first, second):
        date, time = f"{each:%Y%m%d}".zfill(8), f"{each:%H%M%S}"
        pair = shift.move_date(date, time) + shift.move_time(time)
        assert shift.move_date_time(date + time) == pair
        moved.append(datetime.strptime(pair, "%Y%m%d%H%M%S"))
    assert moved[1] - moved[0] == second.replace(microsecond=0) - first.replace(microsecond=0)


def test_no_time_stays_and_the_daytime_stays_on_its_day():
    seconds = [seconds_earlier(SECRETS, str(number)) for number in range(200)]
    assert 1 <= min(seconds) < max(seconds) <= MAX_SHIFT_SECONDS == timedelta(hours=4).total_seconds()


@pytest.mark.parametrize(
    ("move", "text", "moved"),
    [
        ("move_time", "101112", "091011"), ("move_time", "101112.25", "091011.25"), ("move_time", "1011", "0909"),
        ("move_time", "10", "08"), ("move_time", "10:11:12", "091011"), ("move_time", "000000", "225859"),
        ("move_time", "Dr. Planted", None), ("move_time", "", None), ("move_time", "250000", None),
        ("move_date_time", "20200301101112.5+0100", "20200229091011.5"), ("move_date_time", "20200301", "20200229"),
        ("move_date_time", "20200301000000", "20200228225859"), ("move_date_time", "2020", "2019"),
        ("move_date_time", "20200301 Anna", None), ("move_date_time", "2020030199", None),
    ],
)  # fmt: skip
def test_a_time_stays_as_precise_as_it_was(move, text, moved):
    assert getattr(Shift(days=1, seconds=3661), move)(text) == moved


def test_every_moment_of_an_object_moves_alike_also_over_midnight(clean):
    times = {"Study": "235900", "Series": "235959", "Acquisition": "000001", "Content": "101112"}
    dates = {"Study": "20200228", "Series": "20200228", "Acquisition": "20200229", "Content": "20200301"}

    def change(dataset):
        for name in PAIRS:
            setattr(dataset, f"{name}Date", dates[name])
            setattr(dataset, f"{name}Time", times[name])
        dataset.AcquisitionDateTime = "20200229000001.5"

    copy, _ = clean(change)
    original = Dataset()
    change(original)
    for name in PAIRS:
        assert moment(copy, name) - moment(copy, "Study") == moment(original, name) - moment(original, "Study")
        assert copy[f"{name}Time"].value != times[name]
    assert copy.AcquisitionDateTime == copy.AcquisitionDate + copy.AcquisitionTime + ".5"


def test_two_studies_of_a_patient_move_alike_and_two_patients_do_not(clean):
    def study(time):
        return setting(StudyDate="20200301", StudyTime=time)

    first, second = clean(study("101112"))[0], clean(study("111213"))[0]
    other, _ = clean(study("101112"), patient="another patient")
    assert moment(second, "Study") - moment(first, "Study") == timedelta(seconds=3661)
    assert other.StudyTime != first.StudyTime


def test_the_time_from_the_tracer_to_the_scan_stays(tmp_path):
    dataset = dcmread(get_testdata_file("CT_small.dcm", download=False))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.128"
    tracer = Dataset()
    tracer.RadiopharmaceuticalStartTime, tracer.RadiopharmaceuticalStartDateTime = "101500", "20200301101500"
    dataset.RadiopharmaceuticalInformationSequence = Sequence([tracer])
    dataset.SeriesDate, dataset.SeriesTime = "20200301", "111500"
    dataset.save_as(tmp_path / "pet")
    deidentify(tmp_path / "pet", tmp_path / "copy")
    copy = dcmread(tmp_path / "copy")
    started = copy.RadiopharmaceuticalInformationSequence[0]
    hour = timedelta(hours=1)
    assert moment(copy, "Series") - datetime.strptime(started.RadiopharmaceuticalStartDateTime, "%Y%m%d%H%M%S") == hour
    assert started.RadiopharmaceuticalStartDateTime.endswith(started.RadiopharmaceuticalStartTime)


def test_a_project_may_keep_no_dates(tmp_path):
    dataset = dcmread(get_testdata_file("CT_small.dcm", download=False))
    dataset.StudyDate, dataset.AcquisitionDateTime = "20200301", "20200301101112"
    dataset.save_as(tmp_path / "original")
    subject = Subject(SECRETS, "a patient", "P-1", ALL_OPTIONS - {Option.SHIFTED_DATES})
    manifest = deidentify(tmp_path / "original", tmp_path / "copy", subject).manifest
    copy = dcmread(tmp_path / "copy")
    assert not [one for one in copy.iterall() if one.VR in ("DA", "DT", "TM") and one.value]
    assert copy.LongitudinalTemporalInformationModified == "REMOVED"
    assert "113107" not in manifest.options
