"""What stands beside the code and must not drift from it: README, .env.example, lock files, Dockerfile, packaging."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from bot import __version__
from bot.domain.limits import FIGURES
from bot.settings import ENV_NAMES, Settings, load_settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ENV_EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = {"requirements.lock": (), "requirements-dev.lock": ("demo", "dev")}
REQUIRED = {name: "placeholder" for name in ENV_NAMES if Settings.model_fields[name.lower()].is_required()}
LEAST = REQUIRED | {"MEIGEN_API_KEY": "placeholder"}


def pins(lock: str) -> dict[str, str]:
    """Of a lock file: canonical name to version."""
    text = (ROOT / lock).read_text("utf-8")
    return {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    }


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, in order, each on one line."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


# ---------------------------------------------------------------- settings


def test_readme_lists_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \|(.*?)\|", README, re.MULTILINE))
    assert set(rows) == set(ENV_NAMES)
    given = {name: default.strip("` ") for name, default in rows.items() if name not in LEAST}
    assert load_settings(LEAST | given, env_file=None) == load_settings(LEAST, env_file=None)
    assert {name for name, default in rows.items() if default.strip() == "required"} == set(REQUIRED)


def test_readme_names_every_figure_that_the_operator_can_set() -> None:
    paragraph = next(part for part in README.split("\n\n") if part.startswith("`DEFAULT_LIMITS`"))
    named = set(re.findall(r"`([a-z_]+)`", paragraph))
    assert named == set(FIGURES) - {"confirm_above_credits"}
    assert {name for name in named if not FIGURES[name].has_ceiling} == {"cooldown_seconds"}


def test_env_example_shows_every_setting_with_its_default(tmp_path: Path) -> None:
    names = re.findall(r"^#?([A-Z_]+)=", ENV_EXAMPLE, re.MULTILINE)
    assert sorted(names) == sorted(ENV_NAMES)
    uncommented = tmp_path / ".env"
    uncommented.write_text(re.sub(r"^#(?=[A-Z_]+=)", "", ENV_EXAMPLE, flags=re.MULTILINE), "utf-8")
    assert load_settings(LEAST, uncommented) == load_settings(LEAST, env_file=None)


def test_env_example_leaves_only_what_is_required_to_fill_in() -> None:
    assert set(re.findall(r"^([A-Z_]+)=$", ENV_EXAMPLE, re.MULTILINE)) == {*LEAST, "MESHY_API_KEY"}


# ---------------------------------------------------------------- README and changelog


def test_readme_has_two_commands_that_need_nothing_before_them() -> None:
    set_up = "python3 -m venv .venv && .venv/bin/pip install -q -r requirements-dev.lock && .venv/bin/python -m "
    commands = [line.removeprefix(set_up) for line in README.splitlines() if line.startswith(set_up)]
    assert commands == ["bot demo", "pytest"]


def test_what_the_readme_links_to_is_there() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_the_newest_version_of_the_changelog_is_this_one() -> None:
    entries = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    versions = [entry for entry in entries if entry != "Unreleased"]
    assert "Unreleased" not in entries[1:]
    assert versions[0] == __version__ == PROJECT["project"]["version"]


# ---------------------------------------------------------------- packaging


def test_every_package_is_in_the_wheel() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts) for top in TOPS for path in (ROOT / top).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


TOPS = ("bot", "cogs", "sandbox")


def test_every_file_that_is_no_code_is_in_the_wheel() -> None:
    found = {
        (".".join(path.parent.relative_to(ROOT).parts), f"*{path.suffix}")
        for top in TOPS
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    declared = PROJECT["tool"]["setuptools"]["package-data"]
    assert {(package, pattern) for package, patterns in declared.items() for pattern in patterns} == found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_all_that_the_project_asks_for(lock: str) -> None:
    wanted = list(PROJECT["project"]["dependencies"])
    for extra in LOCKS[lock]:
        wanted += PROJECT["project"]["optional-dependencies"][extra]
    pinned = pins(lock)
    for requirement in map(Requirement, wanted):
        assert Version(pinned[canonicalize_name(requirement.name)]) in requirement.specifier, requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_hash_for_each_pin_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)
    assert blocks[0] == ""
    assert all("--hash=sha256:" in block for block in blocks[1:])
    assert "://" not in text
    assert "index" not in re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def test_what_runs_in_the_image_is_what_was_tested() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


# ---------------------------------------------------------------- Docker


def test_the_linter_has_nothing_to_say_about_the_dockerfile() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is built for Linux on x86-64 alone")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_special_and_without_a_shell() -> None:
    by_name = dict(instructions())
    assert by_name["USER"] not in {"root", "0"}
    assert json.loads(by_name["ENTRYPOINT"]) + json.loads(by_name["CMD"]) == ["python", "-m", "bot", "run"]
    assert json.loads(by_name["HEALTHCHECK"].partition("CMD ")[2])[:2] == ["python", "-c"]
    assert "--require-hashes -r requirements.lock" in DOCKERFILE


def test_the_image_gets_all_that_it_copies_and_nothing_more() -> None:
    copied = {arguments.split()[0] for name, arguments in instructions() if name == "COPY"}
    allowed = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    assert copied == allowed == {"requirements.lock", "bot", "cogs"}
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize(("age_seconds", "code"), [(0, 0), (50, 0), (70, 1), (None, 1)])
def test_the_health_check_looks_at_the_age_of_the_heartbeat(
    tmp_path: Path, age_seconds: float | None, code: int
) -> None:
    """The same file that the settings of the image name."""
    database_url = next(re.findall(r"DATABASE_URL=(\S+)", text) for name, text in instructions() if name == "ENV")[0]
    settings = load_settings(LEAST | {"DATABASE_URL": database_url}, env_file=None)
    check = json.loads(dict(instructions())["HEALTHCHECK"].partition("CMD ")[2])
    assert str(settings.heartbeat_path) in check[2]
    heartbeat = tmp_path / "heartbeat"
    if age_seconds is not None:
        heartbeat.touch()
        os.utime(heartbeat, (time.time() - age_seconds,) * 2)
    script = check[2].replace(str(settings.heartbeat_path), str(heartbeat))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)  # noqa: S603  our own line
    assert done.returncode == code


def test_the_volume_holds_the_database() -> None:
    by_name = dict(instructions())
    assert by_name["VOLUME"] == "/data"
    assert "DATABASE_URL=sqlite:////data/" in by_name["ENV"]


# ---------------------------------------------------------------- checks


def test_the_check_script_can_run_and_takes_its_test_command_from_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert len(re.findall(r"-m pytest$", README, re.MULTILINE)) == 1
