"""The three groups that the roles are."""

from typing import Any

from django.db import migrations

ROLES = ("doctor", "researcher", "auditor")


def make_groups(apps: Any, schema_editor: Any) -> None:
    Group = apps.get_model("auth", "Group")
    for role in ROLES:
        Group.objects.using(schema_editor.connection.alias).get_or_create(name=role)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people_and_teams")]

    # Going back leaves the groups: people may be in them.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
