"""What people do in a browser, under the strict policy: every complaint of Chromium fails the test."""

import pytest
from playwright.sync_api import expect

from tests.browser.serving import PASSWORD, Visit
from tests.kit.cases import failures

pytestmark = pytest.mark.slow

TABLES = (
    "accounts/user", "accounts/team", "disease/codesystem", "disease/code", "disease/codemapping", "disease/disease",
    "imagery/patient", "imagery/study", "imagery/series", "imagery/image", "imagery/deidentification", "label/label",
    "label/annotation", "events/event",
)  # fmt: skip
FORMS = ("accounts/user", "accounts/team", "disease/disease", "label/label")
LISTS = (
    "images", "annotations", "labels", "diseases", "codes", "mappings", "code-systems", "patients", "studies",
    "series", "teams", "events",
)  # fmt: skip


def settle(page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def find(page, table: str, words: str) -> None:
    """Search a list."""
    settle(page, f"/admin/{table}/")
    page.fill("#searchbar", words)
    page.click("#changelist-search input[type=submit]")


@pytest.fixture
def label(visit):
    """`label(name)` makes a label in the admin, as a superuser, and gives the page that shows it."""

    def make(name: str):
        page = visit("admin")
        settle(page, "/admin/label/label/add/")
        page.fill("#id_name", name)
        page.fill("#id_definition", f"{name}: an opacity that hides the vessels but not the airways")
        page.click("input[name=_continue]")
        expect(page.locator(".messagelist .success")).to_contain_text("added successfully")
        return page

    return make


def test_the_start_page_draws_what_happened(visit):
    page = visit("admin")
    for name in ("uploads", "annotations", "quarantine", "storage", "refusals"):
        expect(page.locator(f"section[aria-labelledby={name}-heading] svg[role=img] rect").first).to_be_visible()
    page.locator("section.plot summary").first.click()
    expect(page.locator("section.plot details table").first).to_be_visible()


def test_a_bar_of_a_plot_has_the_colour_of_the_style_sheet(visit):
    bar = visit("admin").locator("section.plot rect.kind0").first
    assert bar.evaluate("bar => getComputedStyle(bar).fill") == "rgb(43, 108, 143)"


def test_every_table_opens_and_a_row_of_it(visit):
    page = visit("admin")

    def check(table):
        settle(page, f"/admin/{table}/")
        page.locator("#result_list tbody tr th a").first.click()
        page.wait_for_load_state("networkidle")
        assert "/change/" in page.url

    assert failures(TABLES, check) == {}


def test_every_form_opens(visit):
    page = visit("admin")

    def check(table):
        settle(page, f"/admin/{table}/add/")
        expect(page.locator("input[name=_save]")).to_be_visible()

    assert failures(FORMS, check) == {}


def test_one_searches_by_words(visit):
    page = visit("admin")
    find(page, "disease/code", "pneum viral")
    expect(page.locator("#result_list tbody tr").first).to_contain_text("iral pneumonia")


def test_one_edits_and_reads_the_difference(label):
    page = label("Veil")
    page.fill("#id_definition", "Veil: an opacity that dims the vessels but not the airways")
    page.click("input[name=_continue]")
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")
    page.click("a.historylink")
    expect(page.locator("table.history del")).to_have_text("hides ")
    expect(page.locator("table.history ins")).to_have_text("dims ")
    expect(page.locator("table.history tbody").first).to_contain_text("admin")


def test_who_saves_over_what_they_have_not_seen_is_told(label):
    page = label("Mist")
    other = page.context.new_page()
    other.goto(page.url)
    other.fill("#id_name", "Mist, thin")
    other.click("input[name=_save]")
    expect(other.locator(".messagelist .success")).to_be_visible()
    page.fill("#id_name", "Mist, thick")
    page.click("input[name=_save]")
    expect(page.locator(".errorlist.nonfield")).to_contain_text("changed since you opened it")


def test_a_disease_is_chosen_by_typing(label):
    page = label("Infiltrate")
    page.locator(".field-diseases .select2-selection").click()
    page.keyboard.type("pneumon", delay=20)
    page.locator(".select2-results__option", has_text="neumonia").first.click()
    page.click("input[name=_continue]")
    expect(page.locator(".field-meaning a").first).to_contain_text("neumonia")


def test_one_archives_and_restores_from_the_list(label):
    page = label("Shade")
    find(page, "label/label", "Shade")
    page.check("tr:has-text('Shade') input.action-select")
    page.select_option("select[name=action]", "archive")
    page.click("button[name=index]")
    expect(page.locator(".messagelist .success")).to_have_text("1 archived.")
    settle(page, "/admin/label/label/?archived=yes&q=Shade")
    page.check("tr:has-text('Shade') input.action-select")
    page.select_option("select[name=action]", "restore")
    page.click("button[name=index]")
    expect(page.locator(".messagelist .success")).to_have_text("1 restored.")


def test_one_archives_and_restores_from_the_page_of_a_thing(label):
    page = label("Haze")
    address = page.url
    for word, done in (("Archive", "1 archived."), ("Restore", "1 restored.")):
        page.goto(address)
        page.locator(".object-tools button", has_text=word).click()
        expect(page.locator(".messagelist .success")).to_have_text(done)


def test_what_is_refused_says_why(visit):
    page = visit("admin")
    settle(page, "/admin/label/annotation/")
    page.locator("#result_list tbody tr .field-label a, #result_list tbody tr th a").first.click()
    page.locator(".field-label a").first.click()
    page.locator(".object-tools button", has_text="Archive").click()
    expect(page.locator(".messagelist .warning")).to_contain_text("This label is in use")


def test_an_image_is_seen(visit):
    page = visit("admin")
    settle(page, "/admin/imagery/image/")
    assert page.locator("img.thumb").first.evaluate("picture => picture.naturalWidth") > 0
    page.locator("#result_list tbody tr th a").first.click()
    page.wait_for_load_state("networkidle")
    assert page.locator("img.preview").evaluate("picture => picture.naturalWidth") > 60


def test_a_doctor_who_is_not_staff_does_not_come_in(visit):
    page = visit()
    page.goto("/admin/")
    page.fill("#id_username", "doctor2")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    expect(page.locator(".errornote")).to_contain_text("staff account")


def test_every_page_of_the_browsable_api_opens_and_a_row_of_it(visit):
    page = visit("admin")

    def check(address):
        settle(page, address)
        expect(page.locator(".response-info")).to_contain_text("HTTP 200")

    lists = [f"/api/v1/{name}/" for name in LISTS]
    rows = [f"{each}{page.request.get(each).json()['results'][0]['id']}/" for each in lists]
    assert failures(["/api/v1/", "/api/v1/me/", *lists, *rows], check) == {}


def test_one_filters_in_the_browsable_api(visit):
    page = visit("admin")
    settle(page, "/api/v1/annotations/")
    page.click("button[data-target='#filtersModal']")
    page.select_option("#filtersModal select[name=state]", "absent")
    page.click("#filtersModal button[type=submit]")
    expect(page.locator(".request-info")).to_contain_text("state=absent")


def test_one_logs_in_to_the_browsable_api_and_out(visit):
    page = visit()
    page.goto("/api/v1/")
    page.click("text=Log in")
    page.fill("#id_username", "research")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    expect(page.locator(".navbar")).to_contain_text("research")
    page.click("text=Log out")
    expect(page.locator(".navbar")).to_contain_text("Log in")


def test_the_documentation_shows_every_operation(visit):
    page = visit("admin")
    settle(page, "/api/v1/docs/")
    expect(page.locator("text=/api/v1/annotations/").first).to_be_visible()
    page.locator(".opblock-summary").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()


def test_a_complaint_of_the_browser_is_heard(chrome, address):
    """The other tests would be green for ever if it were not."""
    heard = Visit(chrome, address)
    heard.page.goto("/admin/login/")
    heard.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    with heard.page.expect_event("pageerror"):
        heard.page.evaluate("setTimeout(() => { throw new Error('broken') })")
    assert len(heard.complaints) == 2 and "Content Security Policy" in heard.complaints[0]
