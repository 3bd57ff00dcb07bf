"""Create a group for each role."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = ("doctor", "researcher", "auditor")


def create_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for role in ROLES:
        groups.get_or_create(name=role)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_users_and_teams")]

    # Going back keeps the groups, because people may be in them.
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
