from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import __version__
from bot.__main__ import main, run_to_end
from bot.errors import (
    DiscordLoginRefused,
    DiscordStrange,
    EaselError,
    NotSent,
    StoreDown,
    StoreHeld,
    StoreTooNew,
    VaultError,
)

ROOT = Path(__file__).parents[2]


def easel(*arguments: str, folder: Path, code: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot`, or `code`, in a folder and an environment that hold nothing but what is given."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | env
    command = ["-c", code] if code else ["-m", "bot", *arguments]
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"Easel {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run", "--fast"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "run | demo | rotate-keys | version" in capsys.readouterr().err


def test_run_without_settings_tells_of_all_and_ends_with_2(tmp_path: Path) -> None:
    done = easel("run", folder=tmp_path, MEIGEN_RATE_LIMIT="none")
    assert done.returncode == 2
    assert done.stdout == ""
    for expected in ("DISCORD_TOKEN is missing", "MEIGEN_API_KEY is missing", "MEIGEN_RATE_LIMIT is 'none'"):
        assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_run_reads_the_env_file_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKEN=abc\nLOG_FORMAT=xml\n", "utf-8")
    done = easel("run", folder=tmp_path)
    assert done.returncode == 2
    assert "DISCORD_TOKEN" not in done.stderr
    assert "LOG_FORMAT is 'xml'" in done.stderr


def test_run_tells_of_a_damaged_key_file_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("damaged", "utf-8")
    done = easel(
        "run",
        folder=tmp_path,
        DISCORD_TOKEN="abc",
        MEIGEN_API_KEY="meigen_sk_abc",
        DATABASE_URL="sqlite:///easel.db",
        DISCORD_API_URL="http://127.0.0.1:9/api/v10",
        DISCORD_GATEWAY_URL="ws://127.0.0.1:9",
        MEIGEN_BASE_URL="http://127.0.0.1:9/api",
    )
    assert done.returncode == 1
    assert "secret.key holds no key" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("package", ["simcord", "aiohttp", "av"])
def test_demo_says_how_to_install_what_it_lacks(tmp_path: Path, package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from bot.__main__ import main; sys.exit(main(['demo']))"
    done = easel(folder=tmp_path, code=code)
    assert done.returncode == 1
    assert f"needs {package}," in done.stderr
    assert f"{sys.executable} -m pip install -r requirements-dev.lock" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_says_where_it_is_not_part_of_the_installation(tmp_path: Path) -> None:
    code = "import sys; sys.modules['sandbox'] = None; from bot.__main__ import main; sys.exit(main(['demo']))"
    done = easel(folder=tmp_path, code=code)
    assert done.returncode == 1
    assert "not part of this installation" in done.stderr


async def fails(*errors: Exception) -> None:
    await asyncio.sleep(0)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("tasks", errors)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DiscordLoginRefused("401"), "DISCORD_TOKEN"),
        (DiscordStrange("404"), "DISCORD_API_URL"),
        (StoreHeld("data/easel.db.lock", "process 7 on host"), "process 7 on host"),
        (StoreHeld("data/easel.db.lock", ""), "unknown process"),
        (StoreTooNew(found=9, known=1), "newer Easel"),
        (StoreDown("disk I/O error"), "disk I/O error"),
        (VaultError("data/secret.key holds no key"), "data/secret.key holds no key"),
    ],
)
def test_what_may_happen_is_one_sentence(
    error: EaselError, expected: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert run_to_end(fails(error)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line
    assert not caplog.records


def test_what_several_tasks_say_alike_is_said_once(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    group = ExceptionGroup("inner", [StoreDown("full"), StoreDown("full")])
    assert run_to_end(fails(group, DiscordLoginRefused())) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert not caplog.records


@pytest.mark.parametrize("errors", [(ZeroDivisionError(),), (NotSent("x"),), (StoreDown("full"), ZeroDivisionError())])
def test_a_fault_of_its_own_is_logged_with_its_traceback(
    errors: tuple[Exception, ...], caplog: pytest.LogCaptureFixture
) -> None:
    assert run_to_end(fails(*errors)) == 1
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is not None


def test_an_end_without_error_is_0() -> None:
    assert run_to_end(fails()) == 0
