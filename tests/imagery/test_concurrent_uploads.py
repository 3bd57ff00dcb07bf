"""Uploads whose transactions run side by side.

It commits, so its tables are emptied at its end; `serialized_rollback` brings back what the migrations had written.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from imagery import actions
from imagery.importing.parts import FormFile
from imagery.models import Identity, Series, Study
from tests.kit.files import slices

pytestmark = pytest.mark.on_both


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_images_of_one_new_patient_that_come_at_once_all_come_in(doctor):
    """On PostgreSQL their transactions run side by side: what one has made, the others find at the next try.

    The SQLite of the tests lives in memory, which threads cannot share: there they come one after the other.
    """

    def take(content):
        try:
            return actions.upload_part(by=doctor, part=FormFile(SimpleUploadedFile("a", content)))
        finally:
            connection.close()

    with ThreadPoolExecutor(6 if connection.vendor == "postgresql" else 1) as pool:
        outcomes = list(pool.map(take, slices(12)))
    assert [each.detail for each in outcomes if each.outcome != "stored"] == []
    assert (Identity.objects.count(), Study.objects.count(), Series.objects.count()) == (1, 1, 1)
