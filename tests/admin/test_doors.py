"""Every save in the admin goes through an action: there is no other door, and nothing can be deleted."""

import pytest
from django.contrib import admin

from core.admin import RecordAdmin, RecordForm
from core.admin.rights import Rights

ADMINS = admin.site._registry.values()
SHUT = ("save_model", "save_related", "log_addition", "log_change")  # where Django would write by itself
every_admin = pytest.mark.parametrize("each", ADMINS, ids=lambda each: each.model.__name__)


@every_admin
def test_every_table_is_administered_our_way(each):
    assert isinstance(each, RecordAdmin)


@every_admin
@pytest.mark.parametrize("door", SHUT)
def test_django_writes_nothing_by_itself(door, each):
    assert getattr(type(each), door) is vars(RecordAdmin)[door]


@every_admin
def test_nobody_may_delete(each):
    assert type(each).has_delete_permission is Rights.has_delete_permission


@every_admin
def test_a_form_is_done_by_an_action(each):
    forms = [each.form, getattr(each, "add_form", each.form)]
    assert all(issubclass(form, RecordForm) for form in forms)
    assert {form._post_clean for form in forms} == {RecordForm._post_clean}


@every_admin
def test_what_a_person_may_do_is_a_recorded_action(each):
    assert [what for what, action in each.acts.items() if not getattr(action, "verb", "")] == []


@every_admin
def test_no_rows_are_changed_beside_the_form(each):
    assert (list(each.inlines), list(each.list_editable)) == ([], [])
