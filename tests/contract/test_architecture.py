"""The house as DESIGN §2 draws it: arrows point down, files have the same names, fields explain themselves."""

import ast
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractUser

from tests.kit.cases import failures

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "core": set(),
    "dicom": set(),
    "accounts": {"core"},
    "disease": {"core", "accounts"},
    "imagery": {"core", "accounts", "dicom"},
    "events": {"core", "accounts"},
    "label": {"core", "accounts", "disease", "imagery"},
    "harrison": {"core", "dicom", "accounts", "disease", "imagery", "events", "label"},
}
LAYERS = ("views", "serializers", "actions", "models")


def imported_by(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def test_imports_point_down():
    def check(app):
        imported = {name.split(".")[0] for path in (ROOT / app).rglob("*.py") for name in imported_by(path)}
        assert imported & MAY_IMPORT.keys() <= MAY_IMPORT[app] | {app}

    assert failures(MAY_IMPORT, check) == {}


def test_inside_an_app_views_use_serializers_use_actions_use_models():
    def check(case):
        app, layer = case
        files = [*ROOT.glob(f"{app}/{layer}.py"), *ROOT.glob(f"{app}/{layer}/*.py")]
        above = {f"{app}.{name}" for name in LAYERS[: LAYERS.index(layer)]}
        assert not {".".join(name.split(".")[:2]) for path in files for name in imported_by(path)} & above

    assert failures(product(MAY_IMPORT, LAYERS), check) == {}


def test_every_package_is_named_in_settings_and_shipped():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages == MAY_IMPORT.keys() == set(settings.OUR_PACKAGES)
    shipped = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().split()
    assert [name for name in packages if f"!{name}" not in shipped] == []


def test_there_are_no_empty_files_but_package_marks():
    empty = [
        p for app in MAY_IMPORT for p in (ROOT / app).rglob("*.py") if p.name != "__init__.py" and p.stat().st_size == 0
    ]
    assert empty == []


OUR_MODELS = [model for model in apps.get_models() if model.__module__.split(".")[0] in MAY_IMPORT]


def test_every_field_explains_itself():
    def check(model):
        own = [field for field in model._meta.get_fields() if field.concrete and not hasattr(AbstractUser, field.name)]
        assert [field.name for field in own if not field.help_text] == []

    assert failures(OUR_MODELS, check) == {}


def test_every_key_is_a_uuid():
    assert {model._meta.pk.get_internal_type() for model in OUR_MODELS} == {"UUIDField"}


def test_every_constraint_says_what_it_means():
    default = "Constraint “%(name)s” is violated."
    constraints = [constraint for model in OUR_MODELS for constraint in model._meta.constraints]
    assert [one.name for one in constraints if str(one.violation_error_message) == default] == []


def test_what_django_keeps_private_of_a_commands_output_is_used_in_one_place():
    files = [path for app in MAY_IMPORT for path in (ROOT / app).rglob("*.py") if "stdout._out" in path.read_text()]
    assert files == [ROOT / "core" / "terminal.py"]


def test_dicom_knows_no_django():
    """Neither by an import nor when every one of its modules is loaded without Django's settings."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "dicom").rglob("*.py")]
    script = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint('django' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
    for path in (ROOT / "dicom").rglob("*.py"):
        assert not {name for name in imported_by(path) if name.split(".")[0] in {"django", "rest_framework"}}, path


def test_rows_that_an_answer_lists_inside_another_have_an_order():
    fields = [field for model in OUR_MODELS for field in model._meta.many_to_many if field.related_model in OUR_MODELS]
    assert fields
    assert [str(field) for field in fields if not field.related_model._meta.ordering] == []
