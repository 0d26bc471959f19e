"""The documents say what is there, and what is there is documented."""

from __future__ import annotations

import os
import re
from importlib import import_module
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from daemon import errors
from daemon.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> dict[str, set[str]]:
    """Every command as it is typed, with its options."""
    found = {}
    for name, command in typer.main.get_group(app).commands.items():
        group = command.commands if isinstance(command, TyperGroup) else {"": command}
        for sub, leaf in group.items():
            found[f"{name} {sub}".strip()] = {
                o for p in leaf.params for o in (*p.opts, *p.secondary_opts)
            }
    return found


def code_lines(text: str) -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line.split(" # ")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("command", commands())
def test_every_command_stands_in_the_readme(command):
    assert re.search(rf"digitd {command}\b", README)


@pytest.mark.parametrize(
    "line", [line for line in code_lines(README) if re.match(r"(\.venv/bin/)?digitd ", line)]
)
def test_every_command_in_the_readme_exists(line):
    words = line.split()[1:]
    known = commands()
    name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
    assert name in known
    assert {word for word in words if word.startswith("--")} <= known[name]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_documents_link_to_exists(path):
    targets = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    for target in targets:
        assert (path.parent / target).exists(), target


def test_make_targets_in_the_documents_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for path in DOCUMENTS:
        lines = code_lines(path.read_text(encoding="utf-8"))
        named = {line.split()[1] for line in lines if line.startswith("make ")}
        assert named <= targets


def test_continuous_integration_runs_the_tests_as_the_readme_says():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in code_lines(README)
    assert "make test" in script.read_text(encoding="utf-8").splitlines()


def test_exit_codes_in_the_readme_are_those_of_the_errors():
    codes = {
        str(kind.exit_code)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DigitdError)
    }
    table = set(re.findall(r"^\| (\d+) \|", README, re.MULTILINE))
    assert table == codes | {"0", "1", "130"}


def test_how_well_it_reads_is_what_was_measured():
    """The table in the README is the first one of docs/accuracy.md; no figure stands beside it."""
    text = README.split("## How well it reads")[1].split("\n## ")[0]
    table = re.findall(r"^\|.*\|$", text, re.MULTILINE)
    assert len(table) > 5
    assert "\n".join(table) in (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert not re.search(r"\d ?%", text.replace("\n".join(table), ""))


REASONED = "assemble doubts fusion page_lines pens signs slashes stubs two_ways verdict"
REASONS = [
    value
    for module in REASONED.split()
    for name, value in vars(import_module(f"daemon.vision.{module}")).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
]


@pytest.mark.parametrize("reason", sorted(set(REASONS)))
def test_why_a_line_is_for_review_is_documented(reason):
    assert f"`{reason}`" in " ".join((ROOT / "docs" / "results.md").read_text("utf-8").split())
