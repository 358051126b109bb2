"""The environment is made from the lock alone, whatever the user has set, and never over another one."""

import os
import subprocess
import sys

import pytest

from hotline import install


@pytest.fixture
def calls(monkeypatch):
    """The programs that would have been run, each with its environment."""
    made = []

    def run(command, **more):
        made.append((command, more.get("env", {})))
        return subprocess.CompletedProcess(command, 0, stdout="global.index-url='https://mirror/simple'\n")

    monkeypatch.setattr(install.subprocess, "run", run)
    return made


def test_a_foreign_environment_is_refused_and_left_as_it_is(tmp_path, calls, capsys, monkeypatch):
    (tmp_path / "pyvenv.cfg").touch()
    monkeypatch.setattr(sys, "argv", ["install.py", str(tmp_path)])
    assert install.main() == 2 and not calls
    assert "this was not made by make here" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["pyvenv.cfg"]


@pytest.mark.parametrize("left", [None, install.MARKER, install.READY])
def test_an_empty_folder_and_an_environment_of_its_own_are_taken(left, tmp_path, calls):
    if left:
        (tmp_path / left).touch()
        (tmp_path / "pyvenv.cfg").touch()
    install.install(tmp_path, conda=False)
    assert [command[3] for command, _ in calls] == ["venv", "config", "pip", "uv"]
    assert (tmp_path / install.READY).exists() and "uv==" in (tmp_path / "uv.txt").read_text()


def test_an_environment_is_emptied_where_its_python_is_gone_or_another(tmp_path, calls):
    for python in ("/nonexistent/python3.9", "/bin/echo"):  # the second says another version
        (tmp_path / "lib/python3.9").mkdir(parents=True)
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/python").symlink_to(python)
        (tmp_path / install.MARKER).touch()
        install.empty_of_another_python(tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == [install.MARKER], "it stays an environment made by make"


def test_an_environment_of_this_python_stays(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    install.empty_of_another_python(tmp_path)
    assert (tmp_path / "bin/python").exists()


def test_settings_of_the_user_say_from_where_and_never_whereto(tmp_path, calls, monkeypatch):
    foreign = {"PIP_USER": "1", "PIP_TARGET": "/t", "UV_PYTHON": "/p", "PYTHONHOME": "/h", "PYTHONPATH": "/x"}
    for name, value in (foreign | {"UV_DEFAULT_INDEX": "https://another/simple"}).items():
        monkeypatch.setenv(name, value)
    install.install(tmp_path, conda=False)
    for command, environment in calls[2:]:
        assert not foreign.keys() & environment.keys(), command
        assert environment["PIP_INDEX_URL"] == "https://mirror/simple"
        assert environment["UV_DEFAULT_INDEX"] == "https://another/simple"
        assert environment["PIP_CONFIG_FILE"] == os.devnull and environment["UV_NO_CONFIG"] == "1"


def test_caches_lie_in_the_checkout_where_the_home_cannot_be_written(tmp_path):
    assert install.caches({"HOME": str(tmp_path)}) == {}
    for home in ({}, {"HOME": "/nonexistent"}, {"HOME": "/nonexistent", "XDG_CACHE_HOME": str(tmp_path / "a/b")}):
        assert install.caches(home) == {"XDG_CACHE_HOME": str(install.ROOT / ".cache")}


def test_uv_alone_has_its_hashes_and_no_other_package():
    lock = "tzdata==1 \\\n    --hash=sha256:1\nuv==2 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\nwheel==4\n"
    assert install.uv_alone(lock) == "uv==2 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"


def test_a_program_that_fails_is_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(install.sys, "executable", "/bin/false")
    with pytest.raises(install.Refused, match="venv module is missing"):
        install.install(tmp_path / "new", conda=False)
