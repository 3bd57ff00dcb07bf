"""Writes docs/screenshots/*.png anew: python -m tests.browser.screenshots (make screenshots)."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser.serving import ROOT, Visit, browser, product

FOLDER = ROOT / "docs" / "screenshots"
SIZE = {"width": 1400, "height": 860}
LARGEST = 150_000  # bytes


def start(page: Page) -> None:
    page.goto("/admin/")


def images(page: Page) -> None:
    page.goto("/admin/imagery/image/")


def image(page: Page) -> None:
    """A chest or a bone: the largest radiograph that is there."""
    found = page.request.get("/api/v1/images/?modality=CR&page_size=200").json()["results"]
    largest = max(found, key=lambda one: one["rows"] * one["columns"])
    page.goto(f"/admin/imagery/image/{largest['id']}/change/")


def label(page: Page) -> None:
    id = page.request.get("/api/v1/labels/?name=consolidation").json()["results"][0]["id"]
    page.goto(f"/admin/label/label/{id}/change/")


def history(page: Page) -> None:
    """After two changes of a definition and one of the name."""
    label(page)
    address = page.url
    for field, words in (
        ("definition", "Air of a part of the lung replaced by fluid or cells: an opacity that hides the vessels."),
        ("definition", "Air of a part of the lung replaced by fluid, pus or cells: an opacity that veils the vessels."),
        ("name", "Consolidation of the lung"),
    ):
        page.goto(address)
        page.fill(f"#id_{field}", words)
        page.click("input[name=_save]")
    page.goto(address.replace("/change/", "/history/"))


PAGES: dict[str, Callable[[Page], None]] = {
    "start": start, "images": images, "image": image, "label": label, "history": history,
}  # fmt: skip


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        product(Path(folder)) as address,
        browser() as chrome,
    ):
        visit = Visit(chrome, address, viewport=SIZE, color_scheme="light").log_in("admin")
        for name, go in PAGES.items():
            go(visit.page)
            visit.page.wait_for_load_state("networkidle")
            take(visit.page, FOLDER / f"{name}.png")
        if visit.complaints:
            raise SystemExit("\n".join(visit.complaints))


def take(page: Page, path: Path) -> None:
    """A PNG of all colours if there is room for them, otherwise of as many as there is."""
    page.screenshot(path=path)
    with Image.open(path) as found:
        picture = found.convert("RGB")
    forms = [picture, *(picture.quantize(colours, dither=Image.Dither.NONE) for colours in (256, 192, 128, 96))]
    for form in forms:
        form.save(path, optimize=True)
        if path.stat().st_size < LARGEST:
            return
    raise SystemExit(f"{path} is larger than {LARGEST} bytes.")


if __name__ == "__main__":
    main()
