"""Every role has a group, and creating the groups again is harmless."""

from io import StringIO

from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.models import Role


def test_every_role_gets_its_group():
    Group.objects.all().delete()
    call_command("create_user_groups", stdout=StringIO())
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_creating_the_groups_again_changes_nothing_and_says_so(doctor):
    output = StringIO()
    call_command("create_user_groups", stdout=output)
    assert Group.objects.count() == len(Role) == output.getvalue().count("existed already") and doctor.groups.exists()
