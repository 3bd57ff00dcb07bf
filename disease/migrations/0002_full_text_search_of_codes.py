"""Create the full-text index of codes: FTS5 with triggers on SQLite, a GIN index on PostgreSQL."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE disease_code_search USING fts5(id UNINDEXED, words, prefix='2 3 4')",
        "INSERT INTO disease_code_search(id, words) SELECT id, words FROM disease_code",
        """CREATE TRIGGER disease_code_search_insert AFTER INSERT ON disease_code BEGIN
             INSERT INTO disease_code_search(id, words) VALUES (new.id, new.words);
           END""",
        """CREATE TRIGGER disease_code_search_update AFTER UPDATE OF words ON disease_code
           WHEN new.words <> old.words BEGIN
             DELETE FROM disease_code_search WHERE id = old.id;
             INSERT INTO disease_code_search(id, words) VALUES (new.id, new.words);
           END""",
        """CREATE TRIGGER disease_code_search_delete AFTER DELETE ON disease_code BEGIN
             DELETE FROM disease_code_search WHERE id = old.id;
           END""",
    ],
    "postgresql": ["CREATE INDEX disease_code_search ON disease_code USING gin (to_tsvector('simple', words))"],
}
DROP = {
    "sqlite": [
        "DROP TRIGGER disease_code_search_insert",
        "DROP TRIGGER disease_code_search_update",
        "DROP TRIGGER disease_code_search_delete",
        "DROP TABLE disease_code_search",
    ],
    "postgresql": ["DROP INDEX disease_code_search"],
}


def execute(statements: dict[str, list[str]]) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    def apply(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement)

    return apply


class Migration(migrations.Migration):
    dependencies = [("disease", "0001_codes_and_diseases")]

    operations = [migrations.RunPython(execute(CREATE), execute(DROP))]
