"""What the start page of the admin tells: a fixed number of queries, each over a range of an index.

Everybody's figures are of what they may see. Counting a day reads a range of an index and
nothing else, whatever the size of the table.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum, Value
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


def plots(user: Any, now: datetime) -> list[Plot]:
    """The plots that this person's rights cover."""
    days = last_days(now)
    found: list[Plot] = []
    if Role.DOCTOR in user.roles:  # research must not learn when evidence was made
        found += [uploads(user, days), annotations(user, days), quarantine(user, days), storage(user, days)]
    if Role.AUDITOR in user.roles:
        found.append(refusals(days))
    return found


def last_days(now: datetime) -> list[date]:
    """Today and the days before it (UTC), the oldest first."""
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def uploads(user: User, days: list[date]) -> Plot:
    counts = per_day(Image.objects.visible_to(user), days)
    link = reverse("admin:imagery_image_changelist")
    return Plot("uploads", "Uploads per day", days, {"images": counts}, f"{sum(counts)} in {DAYS} days", link)


def annotations(user: User, days: list[date]) -> Plot:
    counts = per_day(Annotation.objects.visible_to(user), days)
    link = reverse("admin:label_annotation_changelist")
    return Plot("annotations", "Annotations per day", days, {"made": counts}, f"{sum(counts)} in {DAYS} days", link)


def quarantine(user: User, days: list[date]) -> Plot:
    """What waits for its owner's look: all of it as a number, and by the day it came in."""
    waiting = Image.objects.owned_by(user).filter(release_state=Release.QUARANTINED, archived_at__isnull=True)
    counts = per_day(waiting, days)
    older = waiting.filter(created_at__lt=midnight(days[0])).count()
    headline = f"{sum(counts) + older} waiting, {older} for more than {DAYS} days"
    link = f"{reverse('admin:imagery_image_changelist')}?release_state={Release.QUARANTINED}"
    return Plot("quarantine", "Waiting in quarantine, by day of upload", days, {"images": counts}, headline, link)


def storage(user: User, days: list[date]) -> Plot:
    """Bytes of originals at the end of each day, from what is counted at every upload back to the first day."""
    held = Usage.objects.all() if user.is_superuser else Usage.objects.filter(owner=user)
    total: int = held.aggregate(size=Sum("size"))["size"] or 0
    added = per_day(Image.objects.owned_by(user), days, Sum("size"))
    grown = [total - sum(added[day + 1 :]) for day in range(len(days))]
    link = reverse("admin:imagery_image_changelist")
    return Plot("storage", "Storage used by originals", days, {"bytes": grown}, filesizeformat(total), link, "bytes")


def refusals(days: list[date]) -> Plot:
    """Requests that were answered with a 4xx, by status."""
    refused = Event.objects.filter(status__in=REFUSALS)
    counted = {(row["day"], row["status"]): row["n"] for row in by_day(refused, days, Count("pk"), "status")}
    statuses = sorted({status for _, status in counted})
    series = {str(status): [counted.get((day, status), 0) for day in range(len(days))] for status in statuses}
    total = sum(counted.values())
    link = reverse("admin:events_event_changelist")
    return Plot("refusals", "Refused requests per day, by status", days, series, f"{total} in {DAYS} days", link)


def per_day(rows: Any, days: list[date], measure: Any = None) -> list[int]:
    """How many rows of each day, or another measure of them: one query."""
    found = {row["day"]: row["n"] for row in by_day(rows, days, measure or Count("pk"))}
    return [found.get(day) or 0 for day in range(len(days))]


def by_day(rows: Any, days: list[date], measure: Any, *by: str) -> Any:
    """A range of an index for each day, all of them in one query."""
    parts = [
        made_on(rows, day).order_by().annotate(day=Value(number)).values("day", *by).annotate(n=measure)
        for number, day in enumerate(days)
    ]
    return parts[0].union(*parts[1:], all=True)


def made_on(rows: QuerySet, day: date) -> QuerySet:
    """Return the rows made on a day: events by their ids, which begin with the time."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    if rows.model is Event:
        return rows.filter(pk__gte=first_id(start), pk__lt=first_id(end))
    return rows.filter(created_at__gte=start, created_at__lt=end)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
