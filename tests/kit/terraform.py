"""What Terraform's provider for AWS takes, and whether deploy/terraform gives it: validated without the provider.

    pip download --no-deps cdktf-cdktf-provider-aws==21.22.1 && unzip cdktf_cdktf_provider_aws-*.whl
    python -m tests.kit.terraform cdktf_cdktf_provider_aws

writes anew what we use of the provider's own schema, as that package was generated from it, to aws-provider.json.
The provider itself is a program that no package index has.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2

FOLDER = Path(__file__).parents[2] / "deploy" / "terraform"
KEPT = Path(__file__).parent / "aws-provider.json"
# Terraform's own, that every resource takes.
META = {"count", "for_each", "depends_on", "lifecycle", "provider"}
PACKAGES_OWN = {"connection", "provisioners"}
Schema = dict[str, Any]  # {"takes": {name: whether it must be given}, "blocks": {name: Schema}, "gives": [name]}


# --- The configuration ----------------------------------------------------------------------------------------------


def text() -> str:
    """All of it, without comments."""
    found = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.tf")))
    return re.sub(r"^\s*#.*$|\s# .*$", "", found, flags=re.MULTILINE)


def parsed() -> dict[str, list[Any]]:
    """Every top-level block of every file, by its kind."""
    found: dict[str, list[Any]] = {}
    for path in sorted(FOLDER.glob("*.tf")):
        for kind, blocks in plain(hcl2.loads(path.read_text())).items():
            found.setdefault(kind, []).extend(blocks)
    return found


def plain(value: Any) -> Any:
    """What the parser gives, without its own marks and quotes."""
    if isinstance(value, dict):
        return {name.strip('"'): plain(part) for name, part in value.items() if not name.startswith("__")}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.strip('"') if isinstance(value, str) else value


def named(kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Type, name and body of each resource or data source."""
    for block in parsed().get(kind, []):
        for type, rest in block.items():
            for name, body in rest.items():
                yield type, name, body


# --- The provider ---------------------------------------------------------------------------------------------------


def described(classes: dict[str, ast.ClassDef], name: str) -> Schema:
    """What one class of the package, which stands for a resource or a block, takes and gives."""
    functions = [node for node in classes[name].body if isinstance(node, ast.FunctionDef)]
    begin = next(node for node in functions if node.name == "__init__").args
    takes, blocks = {}, {}
    for argument, default in zip(begin.kwonlyargs, begin.kw_defaults, strict=True):
        if argument.arg in META | PACKAGES_OWN:
            continue
        takes[argument.arg.rstrip("_")] = default is None
        inner = re.search(r"""['"](\w+)['"]""", ast.unparse(argument.annotation) if argument.annotation else "")
        if inner and inner[1] in classes:
            blocks[argument.arg.rstrip("_")] = described(classes, inner[1])
    gives = [node.name for node in functions if node.decorator_list and not node.name.endswith("_input")]
    return {"takes": takes, "blocks": blocks, "gives": sorted(gives)}


def build(package: Path) -> None:
    """Keep what the provider says of each type that we use."""
    found = {}
    types = {*(type for type, _, _ in named("resource")), *(f"data_{type}" for type, _, _ in named("data"))}
    for type in sorted(types):
        module = ast.parse((package / type.removeprefix("aws_") / "__init__.py").read_text())
        classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
        found[type] = described(classes, next(iter(classes)))
        for blocks in _blocks(found[type]):
            del blocks["gives"]
    KEPT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def _blocks(schema: Schema) -> Iterator[Schema]:
    for block in schema["blocks"].values():
        yield block
        yield from _blocks(block)


# --- One against the other ------------------------------------------------------------------------------------------


def faults(schema: Schema, body: dict[str, Any], where: str) -> Iterator[str]:
    """What is given and not known, and what must be given and is not, at any depth."""
    for name in body.keys() - schema["takes"].keys() - META:
        yield f"{where}: there is no {name}"
    for name in {name for name, needed in schema["takes"].items() if needed} - body.keys():
        yield f"{where}: {name} is missing"
    for name, block in schema["blocks"].items():
        inside = body.get(name, [])
        for one in inside if isinstance(inside, list) else [inside]:
            if isinstance(one, dict):
                yield from faults(block, one, f"{where}.{name}")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
