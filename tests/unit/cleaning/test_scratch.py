"""Folders of the cleaning do not outlive their process."""

import stat
import subprocess
from pathlib import Path

from hotline import paths
from hotline.cleaning import scratch


def test_sweep_removes_what_a_killed_process_left():
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = paths.CACHE / f"cleaning-{ended.pid}-x"
    left.mkdir(parents=True)
    scratch.sweep()
    assert not left.exists()


def test_folder_is_open_to_its_owner_alone_and_spared_by_a_sweep():
    with scratch.folder() as folder:
        scratch.sweep()
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    assert not Path(folder).exists()
