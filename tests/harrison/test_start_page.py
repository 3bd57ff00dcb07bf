"""The start page of the admin: figures by day, of what each person may see."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from reversion.models import Version

from core.models import first_id, new_id
from harrison import figures
from harrison.plots import Plot
from imagery.models import Release, Usage
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


@pytest.fixture
def root():
    return make.UserFactory(username="root", is_superuser=True, is_staff=True)


def ago(days: float):
    return timezone.now() - timedelta(days=days)


def plots_of(user) -> dict[str, Plot]:
    return {plot.name: plot for plot in figures.plots_for(user, timezone.now())}


def total(plot: Plot) -> int:
    return sum(sum(numbers) for numbers in plot.series.values())


def test_uploads_are_counted_on_their_day(doctor, study):
    for days in (0, 0, 3, 29, 31):
        make.ImageFactory(created_at=ago(days), study=study)
    counts = plots_of(doctor)["uploads"].series["images"]
    assert (counts[-1], counts[-4], counts[0], sum(counts)) == (2, 1, 1, 4)


def test_refusals_are_counted_by_status(root):
    for status in (200, 403, 403, 404, 500):
        make.EventFactory(status=status)
    make.EventFactory(id=UUID(int=first_id(ago(40)).int + new_id().int % 2**64), occurred_at=ago(40), status=403)
    series = plots_of(root)["refusals"].series
    assert {status: sum(numbers) for status, numbers in series.items()} == {"403": 2, "404": 1}


def test_everything_that_waits_in_quarantine_is_counted(doctor, study):
    for days, state in ((1, Release.QUARANTINED), (90, Release.QUARANTINED), (1, Release.RELEASED)):
        make.ImageFactory(created_at=ago(days), study=study, release_state=state)
    assert plots_of(doctor)["quarantine"].headline == "2 waiting, 1 for more than 30 days"


def test_storage_is_the_sum_of_all_uploads_until_each_day(doctor, study):
    for days, size in ((90, 1000), (2, 500), (0, 250)):
        make.ImageFactory(created_at=ago(days), study=study, size=size)
    Usage.objects.create(owner=doctor, images=3, size=1750)
    totals = plots_of(doctor)["storage"].series["bytes"]
    assert (totals[0], totals[-3], totals[-1]) == (1000, 1500, 1750)


def test_each_role_sees_the_plots_that_its_rights_cover(doctor, researcher, auditor, root):
    of_doctors = ["uploads", "annotations", "quarantine", "storage"]
    assert [list(plots_of(user)) for user in (doctor, researcher, auditor, root)] == [
        of_doctors,
        [],  # they must not learn when evidence was created
        ["refusals"],
        [*of_doctors, "refusals"],
    ]


def test_figures_are_of_what_a_person_may_see(doctor, colleague, stranger, root, annotation, study):
    make.AnnotationFactory()
    make.ImageFactory(study=study, release_state=Release.QUARANTINED)
    uploads = {user.username: total(plots_of(user)["uploads"]) for user in (doctor, colleague, stranger, root)}
    assert uploads == {"doctor": 2, "colleague": 2, "stranger": 0, "root": 3}
    annotations = {user.username: total(plots_of(user)["annotations"]) for user in (stranger, doctor, root)}
    assert annotations == {"stranger": 0, "doctor": 1, "root": 2}


def test_the_page_takes_a_fixed_number_of_queries(root, client_of, annotation):
    client = client_of(root)

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("admin:index"))
        return len(queries)

    count_queries()
    before = count_queries()
    make.AnnotationFactory.create_batch(5)
    make.EventFactory.create_batch(5, status=403)
    assert count_queries() == before <= 12


def test_figures_read_the_index_of_the_last_days_and_not_the_table(root, annotation):
    with CaptureQueriesContext(connection) as queries:
        figures.plots_for(root, timezone.now())
    by_day = [query["sql"] for query in queries if "GROUP BY" in query["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # it reads a small table as a whole, unless told not to
            cursor.execute("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        plans = [str(cursor.execute(f"{explain} {sql}") and cursor.fetchall()) for sql in by_day]
    assert len(plans) == 5
    assert [plan for plan in plans if "Seq Scan" in plan or "SCAN" in plan] == []


def test_the_page_has_no_inline_style_or_script_and_no_identity(doctor, auditor, root, client_of, annotation):
    for person in (doctor, auditor, root):
        person.is_staff = True
        person.save()
        page = client_of(person).get(reverse("admin:index")).content.decode()
        assert "style=" not in page and "<style" not in page and not re.search(r"<script(?![^>]*src=)", page)
        assert "Jane Doe" not in page and "<svg" in page


def test_a_plot_has_a_description_and_a_table(root, client_of, annotation):
    page = client_of(root).get(reverse("admin:index")).content.decode()
    assert [
        part for part in ("<title id=", "<desc id=", 'role="img"', "As a table", "most on") if part not in page
    ] == []


def test_a_scale_ends_on_a_plain_number():
    days = figures.last_days(timezone.now())
    for highest, scale in [(0, 2), (2, 2), (3, 4), (7, 10), (11, 20), (999, 1000), (1001, 2000)]:
        plot = Plot("x", "X", days, {"things": [0] * 29 + [highest]}, "", "")
        assert plot.maximum == scale
        assert all(float(bar["y"]) >= 10 for bar in plot.bars)


def test_a_change_of_ones_own_password_is_recorded(root, client_of):
    new = {"old_password": make.PASSWORD, "new_password1": "another long one", "new_password2": "another long one"}
    assert client_of(root).post(reverse("admin:password_change"), new, format="multipart").status_code == 302
    root.refresh_from_db()
    assert root.check_password("another long one")
    assert Version.objects.get_for_object(root).get().revision.comment == "password set"
