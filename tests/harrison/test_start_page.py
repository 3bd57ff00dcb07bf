"""The start page of the admin: figures by day, each person's own, at a cost that does not grow with the tables."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Count, Sum
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from reversion.models import Version

from core.models import first_id, new_id
from events.models import Event
from harrison import figures
from harrison.plots import Plot
from imagery.models import Image, Release, Usage
from label.models import Annotation
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


@pytest.fixture
def root():
    return make.UserFactory(username="root", is_superuser=True, is_staff=True)


def days_ago(number: float):
    return timezone.now() - timedelta(days=number)


def at(days_ago: float):
    """An id that was made then."""
    return type(new_id())(int=first_id(timezone.now() - timedelta(days=days_ago)).int + new_id().int % 2**64)


def plots_of(user) -> dict[str, Plot]:
    return {plot.name: plot for plot in figures.plots(user, timezone.now())}


def total(plot: Plot) -> int:
    return sum(sum(numbers) for numbers in plot.series.values())


def test_an_id_made_later_is_not_less():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert first_id(moment) < first_id(moment + timedelta(milliseconds=1)) < new_id()
    assert first_id(timezone.now() - timedelta(seconds=1)) < new_id() < first_id(timezone.now() + timedelta(seconds=1))


def test_uploads_are_counted_on_their_day(doctor, study):
    for ago in (0, 0, 3, 29, 31):
        make.ImageFactory(created_at=days_ago(ago), study=study)
    days = plots_of(doctor)["uploads"].series["images"]
    assert (days[-1], days[-4], days[0], sum(days)) == (2, 1, 1, 4)


def test_refusals_are_told_by_status(root):
    for status in (200, 403, 403, 404, 500):
        make.EventFactory(status=status)
    make.EventFactory(id=at(40), status=403)
    series = plots_of(root)["refusals"].series
    assert {status: sum(numbers) for status, numbers in series.items()} == {"403": 2, "404": 1}


def test_what_waits_in_quarantine_is_told_however_long(doctor, study):
    for ago, state in ((1, Release.QUARANTINED), (90, Release.QUARANTINED), (1, Release.RELEASED)):
        make.ImageFactory(created_at=days_ago(ago), study=study, release_state=state)
    assert plots_of(doctor)["quarantine"].headline == "2 waiting, 1 for more than 30 days"


def test_storage_is_what_has_been_uploaded_until_each_day(doctor, study):
    for ago, size in ((90, 1000), (2, 500), (0, 250)):
        make.ImageFactory(created_at=days_ago(ago), study=study, size=size)
    Usage.objects.create(owner=doctor, images=3, size=1750)
    grown = plots_of(doctor)["storage"].series["bytes"]
    assert (grown[0], grown[-3], grown[-1]) == (1000, 1500, 1750)


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("doctor", ["uploads", "annotations", "quarantine", "storage"]),
        ("researcher", []),
        ("auditor", ["refusals"]),
        ("root", ["uploads", "annotations", "quarantine", "storage", "refusals"]),
    ],
)
def test_each_is_told_what_their_rights_cover(who, told, request):
    assert list(plots_of(request.getfixturevalue(who))) == told


def test_figures_are_of_what_one_may_see(doctor, colleague, stranger, root, annotation, study):
    make.AnnotationFactory()
    make.ImageFactory(study=study, release_state=Release.QUARANTINED)
    seen = {user.username: total(plots_of(user)["uploads"]) for user in (doctor, colleague, stranger, root)}
    assert seen == {"doctor": 2, "colleague": 2, "stranger": 0, "root": 3}
    judged = {user.username: total(plots_of(user)["annotations"]) for user in (stranger, doctor, root)}
    assert judged == {"stranger": 0, "doctor": 1, "root": 2}


def test_the_page_takes_a_fixed_number_of_queries(root, client_of, annotation):
    client = client_of(root)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("admin:index"))
        return len(queries)

    cost()
    one = cost()
    make.AnnotationFactory.create_batch(5)
    make.EventFactory.create_batch(5, status=403)
    assert cost() == one <= 12


@pytest.mark.parametrize("who", ["doctor", "researcher", "auditor", "root"])
def test_the_page_has_no_style_no_script_and_no_identity_of_its_own(who, request, client_of, annotation):
    person = request.getfixturevalue(who)
    person.is_staff = True
    person.save()
    page = client_of(person).get(reverse("admin:index")).content.decode()
    assert "style=" not in page and "<style" not in page and not re.search(r"<script(?![^>]*src=)", page)
    assert "Jane Doe" not in page


def test_a_plot_is_told_in_words_and_as_a_table(root, client_of, annotation):
    page = client_of(root).get(reverse("admin:index")).content.decode()
    for part in ("<title id=", "<desc id=", 'role="img"', "As a table", "most on"):
        assert part in page


@pytest.mark.parametrize(("highest", "scale"), [(0, 2), (2, 2), (3, 4), (7, 10), (11, 20), (999, 1000), (1001, 2000)])
def test_a_scale_ends_on_a_plain_number(highest, scale):
    days = figures.last_days(timezone.now())
    plot = Plot("x", "X", days, {"things": [0] * 29 + [highest]}, "", "")
    assert plot.most == scale
    assert all(float(bar["y"]) >= 10 for bar in plot.bars)


@pytest.mark.parametrize("figure", ["images", "bytes", "waiting", "annotations", "refusals"])
def test_the_figures_read_an_index_and_not_the_table(figure, root, annotation):
    """At a million rows a page that reads the table is slow; a range of an index is not."""
    days = figures.last_days(timezone.now())
    waiting = Image.objects.owned_by(root).filter(release_state=Release.QUARANTINED, archived_at__isnull=True)
    query = {
        "images": figures.by_day(Image.objects.visible_to(root), days, Count("pk")),
        "bytes": figures.by_day(Image.objects.owned_by(root), days, Sum("size")),
        "waiting": figures.by_day(waiting, days, Count("pk")),
        "annotations": figures.by_day(Annotation.objects.visible_to(root), days, Count("pk")),
        "refusals": figures.by_day(Event.objects.filter(status__in=figures.REFUSALS), days, Count("pk"), "status"),
    }[figure]
    if connection.vendor == "postgresql":  # which reads a table of one row whole, unless told not to
        connection.cursor().execute("SET LOCAL enable_seqscan = off")
        assert "Seq Scan" not in query.explain()
        return
    plan = query.explain()
    assert plan.count("SEARCH") == plan.count("USING") == figures.DAYS and "SCAN" not in plan


def test_ones_own_password_is_changed_and_recorded(root, client_of):
    new = {"old_password": make.PASSWORD, "new_password1": "another long one", "new_password2": "another long one"}
    assert client_of(root).post(reverse("admin:password_change"), new, format="multipart").status_code == 302
    root.refresh_from_db()
    assert root.check_password("another long one")
    assert Version.objects.get_for_object(root).get().revision.comment == "password set"
