"""What researchers see of evidence that is archived."""

import pytest

from tests.kit.api import where

pytestmark = pytest.mark.on_both


def seen(client, image) -> set[str]:
    rows = {"study-detail": image.study_id, "series-detail": image.series_id, "image-detail": image.pk}
    return {route for route, pk in rows.items() if client.get(where(route, pk)).status_code == 200}


def test_research_does_not_see_a_study_and_a_series_whose_only_image_is_archived(image, api, research_client):
    assert seen(research_client, image) == {"study-detail", "series-detail", "image-detail"}
    assert api.delete(where("image-detail", image)).status_code == 204
    assert seen(research_client, image) == set()
    assert seen(api, image) == {"study-detail", "series-detail", "image-detail"}
