"""The database of the cleaning: nothing left on the disk."""

import subprocess
from pathlib import Path

from exports import at, clean

from hotline import paths
from hotline.cleaning import engine


def test_connection_leaves_nothing_on_the_disk(tmp_path):
    *_, connection = clean(tmp_path, [at(20)])
    folder = Path(connection.folder.name)
    assert folder.is_dir() and folder.parent == paths.ROOT / ".cache"
    connection.close()
    assert not folder.exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["export.csv", "rejected.csv"]


def test_connect_removes_what_a_killed_run_left():
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = paths.ROOT / f".cache/cleaning-{ended.pid}-x"
    left.mkdir(parents=True)
    engine.connect().close()
    assert not left.exists()
