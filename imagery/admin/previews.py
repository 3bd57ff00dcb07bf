"""Pictures in the admin: the browser asks the API for them, which looks at rights and writes its record."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from core.admin import short
from imagery.models import Image

LARGE = 400  # pixels


def preview(image: Image, frame: int = 0) -> Any:
    """A frame of an image, which is a link to the whole of it."""
    address = f"{reverse('image-preview', kwargs={'pk': image.pk})}?frame={frame}"
    picture = format_html('<img class="preview" src="{}&size={}" alt="Frame {} of an image">', address, LARGE, frame)
    return format_html('<a href="{}">{}</a>', address, picture)


def thumb(image: Image) -> Any:
    """The kept small picture, which is of the research copy; where there is no copy, a name."""
    if not image.research:
        return short(image)
    address = reverse("image-thumbnail", kwargs={"pk": image.pk})
    return format_html('<img class="thumb" loading="lazy" src="{}" alt="Image {}">', address, short(image))
