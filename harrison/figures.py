"""The plots on the start page of the admin: one query for each, over the last days only.

Each person's figures count what they may see.
"""

from datetime import UTC, date, datetime, timedelta

from django.db.models import Aggregate, Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from accounts.models import Role, User
from core.models import first_id
from events.models import Event
from harrison.plots import Plot
from imagery.models import Image, Release, Usage
from label.models import Annotation

DAYS = 30
REFUSALS = range(400, 500)  # HTTP statuses


def plots_for(user: User, now: datetime) -> list[Plot]:
    """Return the plots that this person's rights cover. Researchers must not learn when evidence was created."""
    days = last_days(now)
    plots: list[Plot] = []
    if Role.DOCTOR in user.roles:
        plots += [plot_uploads(user, days), plot_annotations(user, days)]
        plots += [plot_quarantine(user, days), plot_storage(user, days)]
    if Role.AUDITOR in user.roles:
        plots.append(plot_refusals(days))
    return plots


def last_days(now: datetime) -> list[date]:
    """Return the days (UTC) up to today, the oldest first."""
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def plot_uploads(user: User, days: list[date]) -> Plot:
    counts = per_day(Image.objects.visible_to(user), days)
    link = reverse("admin:imagery_image_changelist")
    return Plot("uploads", "Uploads per day", days, {"images": counts}, f"{sum(counts)} in {DAYS} days", link)


def plot_annotations(user: User, days: list[date]) -> Plot:
    counts = per_day(Annotation.objects.visible_to(user), days)
    link = reverse("admin:label_annotation_changelist")
    headline = f"{sum(counts)} in {DAYS} days"
    return Plot("annotations", "Annotations per day", days, {"annotations": counts}, headline, link)


def plot_quarantine(user: User, days: list[date]) -> Plot:
    waiting = Image.objects.owned_by(user).filter(release_state=Release.QUARANTINED, archived_at__isnull=True)
    counts = per_day(waiting, days)
    older = waiting.filter(created_at__lt=midnight(days[0])).count()
    headline = f"{sum(counts) + older} waiting, {older} for more than {DAYS} days"
    link = f"{reverse('admin:imagery_image_changelist')}?release_state={Release.QUARANTINED}"
    return Plot("quarantine", "Waiting in quarantine, by day of upload", days, {"images": counts}, headline, link)


def plot_storage(user: User, days: list[date]) -> Plot:
    """Plot the bytes of originals at the end of each day: the present total less the uploads since."""
    usage = Usage.objects.all() if user.is_superuser else Usage.objects.filter(owner=user)
    total: int = usage.aggregate(size=Sum("size"))["size"] or 0
    added = per_day(Image.objects.owned_by(user), days, Sum("size"))
    totals = [total - sum(added[day + 1 :]) for day in range(len(days))]
    link = reverse("admin:imagery_image_changelist")
    return Plot("storage", "Storage used by originals", days, {"bytes": totals}, filesizeformat(total), link, "bytes")


def plot_refusals(days: list[date]) -> Plot:
    """Plot requests that were answered with a 4xx, by status."""
    refused = events_since(days[0]).filter(status__in=REFUSALS).annotate(day=TruncDate("occurred_at"))
    counts = {(row["day"], row["status"]): row["n"] for row in grouped(refused, Count("pk"), "status")}
    statuses = sorted({status for _, status in counts})
    series = {str(status): [counts.get((day, status), 0) for day in days] for status in statuses}
    link = reverse("admin:events_event_changelist")
    headline = f"{sum(counts.values())} in {DAYS} days"
    return Plot("refusals", "Refused requests per day, by status", days, series, headline, link)


def per_day(rows: QuerySet, days: list[date], measure: Aggregate | None = None) -> list[int]:
    """Count the rows created on each day, or aggregate them by another measure, in one query."""
    recent = rows.filter(created_at__gte=midnight(days[0])).annotate(day=TruncDate("created_at"))
    counts = {row["day"]: row["n"] for row in grouped(recent, measure or Count("pk"))}
    return [counts.get(day) or 0 for day in days]


def grouped(rows: QuerySet, measure: Aggregate, *by: str) -> QuerySet:
    return rows.order_by().values("day", *by).annotate(n=measure)


def events_since(day: date) -> QuerySet[Event]:
    """Find events by their ids, which begin with the time."""
    return Event.objects.filter(pk__gte=first_id(midnight(day)))


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
