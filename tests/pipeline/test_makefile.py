"""What make hands on: the words of the user as they are, and nothing of the user's own settings."""

import os
import subprocess
import sys

import pytest

from hotline.paths import ROOT

SHOW = "include Makefile\nshow:\n\t@echo RUN=$(RUN); env -0 | tr '\\n\\0' ' \\n'\n"
# What a shell may hold that would change how Python, Jupyter or numpy work.
FOREIGN = {
    "PYTHONHOME": "/x",
    "PYTHONSTARTUP": "/x",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONUSERBASE": "/x",
    "JUPYTER_PATH": "/x",
    "MPLBACKEND": "TkAgg",
    "MATPLOTLIBRC": "/x",
    "NPY_DISABLE_CPU_FEATURES": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "BASH_ENV": "/nowhere",
}


@pytest.fixture
def shown(tmp_path):
    """Return a function that runs make and returns {variable: value} of what its programs see."""
    (tmp_path / "show.mk").write_text(SHOW, encoding="utf-8")

    def run(*arguments, expect=0, **environment):
        plain = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "POSIX"}
        done = subprocess.run(
            ["make", "-f", tmp_path / "show.mk", "show", *arguments],
            cwd=ROOT,
            env=plain | environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == expect, done.stderr
        return dict(line.split("=", 1) for line in done.stdout.splitlines()) if not expect else done.stderr

    return run


def test_settings_of_the_shell_reach_no_program(shown):
    seen = shown(**FOREIGN, PYTHONPATH="/x", PYTHONHASHSEED="7", OMP_NUM_THREADS="64")
    assert not FOREIGN.keys() & seen.keys()
    assert (seen["PYTHONPATH"], seen["PYTHONHASHSEED"]) == (str(ROOT / "analysis"), "0")
    assert seen["OMP_NUM_THREADS"] == seen["PYTHONUTF8"] == "1"


@pytest.mark.parametrize("text", ["a$b", "a'b\" c.csv", "$(shell exit 1)", "`exit 1`; x", "$$HOME", "号码.csv"])
def test_what_the_user_gives_is_text(shown, text):
    names = ("EXPORT", "HOTLINE_KEY", "HOTLINE_KEY_FILE", "CODEBOOK", "MODEL")
    for seen in (shown(*(f"{name}={text}" for name in names)), shown(**dict.fromkeys(names, text))):
        assert [seen[name] for name in names] == [text] * len(names)


def test_only_the_command_line_names_another_environment(shown, tmp_path):
    for options in ((), ("-e",)):
        assert shown(*options, VENV="/users/own")["RUN"] == ".venv/bin/python"
    assert shown("VENV=/asked/for")["RUN"] == "/asked/for/bin/python"
    assert "without blanks" in shown("VENV=a b", expect=2)


def test_a_checkout_with_a_colon_is_refused(tmp_path):
    (tmp_path / "a:b").mkdir()
    done = subprocess.run(
        ["make", "-f", ROOT / "Makefile", "help"], cwd=tmp_path / "a:b", capture_output=True, text=True
    )
    assert done.returncode == 2 and "without a colon" in done.stderr


def test_an_environment_whose_python_has_gone_is_made_again(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "ready").touch()
    for target, made in ((sys.executable, False), ("/nonexistent/python3.9", True)):
        (tmp_path / "bin/python").unlink(missing_ok=True)
        (tmp_path / "bin/python").symlink_to(target)
        done = subprocess.run(["make", "-n", "setup", f"VENV={tmp_path}"], cwd=ROOT, capture_output=True, text=True)
        assert ("install.py" in done.stdout) == made, done.stderr


def test_conda_is_used_only_where_both_of_its_variables_name_our_environment(shown):
    assert shown(CONDA_DEFAULT_ENV="hotline", CONDA_PREFIX="/c/hotline")["RUN"] == "/c/hotline/bin/python"
    for other in ({"CONDA_DEFAULT_ENV": "hotline"}, {"CONDA_DEFAULT_ENV": "base", "CONDA_PREFIX": "/c"}):
        assert shown(**other)["RUN"] == ".venv/bin/python"


def test_setup_leaves_a_foreign_environment_as_it_is(tmp_path):
    (tmp_path / "pyvenv.cfg").touch()
    done = subprocess.run(
        ["make", "setup", f"VENV={tmp_path}", f"PYTHON={sys.executable}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and "was not made by make here" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["pyvenv.cfg"]
