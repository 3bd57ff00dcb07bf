"""Segmentations and structure sets through the API: their copies refer to the copies of the images beside them."""

from io import BytesIO

import pytest
from django.urls import reverse
from pydicom import dcmread

from tests.kit.api import body, upload, where
from tests.kit.research_objects import SLICES, ct_slice, segmentation, structure_set

pytestmark = pytest.mark.on_both


def uploaded(api, dataset):
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return upload(api, stream.getvalue()).json()


def downloaded(client, image):
    return dcmread(BytesIO(body(client.get(where("image-file", image)))))


def test_a_segmentation_and_a_structure_set_are_released_and_fit_their_images(api, research_client):
    images = [uploaded(api, ct_slice(uid)) for uid in SLICES]
    mask, contours = uploaded(api, segmentation("Liver")), uploaded(api, structure_set("Liver"))
    assert {each["release_state"] for each in (*images, mask, contours)} == {"released"}
    first = downloaded(research_client, images[0])
    source = downloaded(research_client, mask).ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]
    frame = downloaded(research_client, contours).ReferencedFrameOfReferenceSequence[0]
    assert source.ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert frame.FrameOfReferenceUID == first.FrameOfReferenceUID


def test_a_structure_set_is_listed_without_a_picture(api, research_client):
    contours = uploaded(api, structure_set("Liver"))
    for client in (api, research_client):
        (row,) = client.get(reverse("image-list")).json()["results"]
        assert (row["id"], row["rows"], row["columns"], row["modality"]) == (contours["id"], 0, 0, "RTSTRUCT")
        answer = client.get(where("image-preview", contours))
        assert answer.status_code == 409
        assert "contours" in answer.json()["detail"]
