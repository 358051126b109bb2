"""The environment of the compendium, made from requirements.lock by make before there is one.

    python3 -I analysis/hotline/install.py .venv

Needs nothing but the standard library. pip and uv fetch packages from where the user's settings say (an index, a proxy,
certificates); whatever else the user has set for them, such as another place to install to, is left aside here.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
MARKER = "made-by-make"  # a file in an environment that says whose it is
READY = "ready"  # a file in one that is finished, which make compares with the lock
# The settings of pip that say from where and how to fetch.
FROM_WHERE = (
    *("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "proxy", "cert", "client-cert"),
    *("timeout", "default-timeout", "retries", "cache-dir", "keyring-provider"),
)
# Those of uv, which has many names with INDEX.
UV_FROM_WHERE = re.compile(
    r"UV_(\w*INDEX\w*|FIND_LINKS|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|HTTP_\w+|OFFLINE|CACHE_DIR|"
    r"LINK_MODE|CONCURRENT_\w+)"
)


class Refused(Exception):
    """The environment cannot be made; the message says why, and what to do."""


def refuse_foreign(folder: Path) -> None:
    """Raise Refused where an environment has been made by another than make: its packages would be removed."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not any((folder / name).exists() for name in (MARKER, READY)):
        raise Refused(
            f"{folder}: this was not made by make here, so it stays as it is; expected no such folder, an empty one or "
            f"an environment made by make.\n  Name another one (make VENV=path), or remove it if it is not needed."
        )


def empty_of_another_python(folder: Path) -> None:
    """Empty an environment made by make whose Python is gone or is not this one: venv would keep its parts."""
    python = folder / "bin" / "python"
    if python.exists():
        asked = (str(python), "-I", "-c", "import sys; print(sys.version_info[:2])")
        if subprocess.run(asked, capture_output=True, text=True).stdout.strip() == str(sys.version_info[:2]):
            return
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        elif each.name != MARKER:
            each.unlink()


def settings_of_pip(listed: str) -> dict[str, str]:
    """Return the variables for those settings in a `pip config list` that say from where to fetch.

    >>> settings_of_pip("global.index-url='https://a/simple'\\ninstall.user='true'")
    {'PIP_INDEX_URL': 'https://a/simple'}
    """
    settings = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):  # which come before files
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in FROM_WHERE:
            settings[f"PIP_{key.upper().replace('-', '_')}"] = ast.literal_eval(value)
    return settings


def cleaned(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the settings of Python, pip and uv, but for those of uv that say from where."""
    ours = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV", "__PYVENV")) or UV_FROM_WHERE.fullmatch(name)
    }
    return ours | {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_NO_CONFIG": "1"}


def caches(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variable for caches in the checkout where the user's own cannot be written; none where they can.

    It is one that ensurepip leaves as it is, and that pip and uv obey unless the user names a cache for them.
    """
    home = environment.get("HOME", "")
    own = Path(environment.get("XDG_CACHE_HOME") or Path(home, ".cache"))
    place = own if own.is_dir() else own.parent
    if home and place.is_dir() and os.access(place, os.W_OK):
        return {}
    return {"XDG_CACHE_HOME": str(ROOT / ".cache")}


def uv_alone(lock: str) -> str:
    """Return the part of a lock file that is about uv, with its hashes."""
    return re.search(r"(?ms)^uv==.*?[^\\]$", lock)[0] + "\n"


def _run(*command, remedy, **more):
    """Run a program; raises Refused where it fails."""
    try:
        done = subprocess.run(list(map(str, command)), **more)
    except OSError as error:
        raise Refused(f"{command[0]}: {error.strerror}; {remedy}") from error
    if done.returncode:
        raise Refused(f"{remedy}\n  What {' '.join(map(str, command[1:4]))} says stands above.")


def install(folder: Path, conda: bool) -> None:
    """Make or renew an environment. Raises Refused."""
    python, environment = folder / "bin" / "python", cleaned(os.environ) | caches(os.environ)
    if not conda:
        refuse_foreign(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
        empty_of_another_python(folder)
        missing = "The venv module is missing or does not work; on Debian: apt install python3-venv"
        _run(sys.executable, "-I", "-m", "venv", folder, remedy=missing, env=environment)
    listed = subprocess.run([str(python), "-m", "pip", "config", "list"], capture_output=True, text=True)
    environment |= settings_of_pip(listed.stdout)
    remedy = "The packages of requirements.lock could not be installed. An index other than PyPI is named by "
    pip = (python, "-I", "-m", "pip", "install", "--quiet", "--require-hashes", "-r")
    if conda:
        _run(*pip, LOCK, remedy=remedy + "PIP_INDEX_URL.", env=environment)
    else:
        alone = folder / "uv.txt"
        alone.write_text(uv_alone(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
        _run(*pip, alone, remedy=remedy + "PIP_INDEX_URL.", env=environment)
        sync = ("sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", python, LOCK)
        _run(python, "-I", "-m", "uv", "pip", *sync, remedy=remedy + "UV_DEFAULT_INDEX.", env=environment)
    (folder / READY).touch()


def main() -> int:
    """Make the environment that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the environment of the compendium.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--conda", action="store_true", help="the folder is the conda environment of environment.yml")
    arguments = parser.parse_args()
    print(f"Setting up the environment in {arguments.folder} ...", flush=True)
    try:
        install(arguments.folder, arguments.conda)
    except Refused as error:
        print(f"\n{error}\n", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"\n{error.filename}: {error.strerror}; the environment is made there\n", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
