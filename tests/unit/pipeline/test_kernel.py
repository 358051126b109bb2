"""Forked kernels: none knows anything of another, or of the process that it comes from."""

import json
import subprocess
import sys

import nbformat
import pytest

from hotline import paths
from hotline.pipeline import kernel
from hotline.run import child_environment

# In a process of its own, since pytest's has threads.
SCRIPT = """
import gc, json, os, sys, threading
from pathlib import Path
import numpy as np
from hotline.codebook import codebook
from hotline.pipeline import kernel
from hotline.run import current_run
folder = Path(sys.argv[1])
kernel.preload_runner()
kernel.preload_kernel([folder / "source.ipynb"])
assert kernel.can_fork(), (threading.active_count(), os.listdir("/proc/self/task"))
assert gc.isenabled() and not codebook.cache_info().currsize, "each kernel reads the codebook for itself"
loaded = [name for name in ("pandas", "matplotlib.pyplot", "hotline.tally.query") if name in sys.modules]
for number in (1, 2):
    runner = os.fork()
    if runner == 0:
        try:
            forked = kernel.ForkedKernel(current_run().of_notebook(folder / str(number), True), folder / "source.ipynb")
            from hotline.pipeline import execute

            execute.execute("step", folder / "source.ipynb", folder / f"{number}.ipynb", {}, 10, None, forked)
        finally:
            os._exit(0)
    os.waitpid(runner, 0)
print(json.dumps(loaded), flush=True)
os._exit(0)
"""
CELLS = [
    "import random\nimport tempfile\nimport matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
    "from hotline.run import current_run\nfrom hotline.tally import query",
    "left = tempfile.TemporaryDirectory(dir=current_run().out.parent, prefix='left-')\n"
    "before = [len(plt.get_fignums()), len(query.asked()), 'mark' in dir(query)]\n"
    "query.mark = 1\nplt.plot([1, 2])\nplt.show()",
    "print([before, [int(np.random.randint(2**31)), random.random()], pd.options.display.max_columns,\n"
    "       str(current_run().out), current_run().simulated, plt.get_backend()])",
]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """What two kernels, forked one after the other, print; and the figure of each."""
    folder = tmp_path_factory.mktemp("forked")
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "source.ipynb")
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)], cwd=paths.ROOT, text=True, capture_output=True,
        env=child_environment(PYTHONPATH=str(paths.ANALYSIS), **threads),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == ["pandas", "matplotlib.pyplot", "hotline.tally.query"]
    notebooks = [nbformat.read(folder / f"{number}.ipynb", as_version=4) for number in (1, 2)]
    return [(eval(book.cells[2].outputs[-1].text), book.cells[1].outputs) for book in notebooks], folder


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
def test_forked_kernels_share_no_state(executed):
    (first, _), (second, _) = executed[0]
    assert first[0] == second[0] == [0, 0, False]
    assert first[1][0] != second[1][0] and first[1][1] != second[1][1], "the streams without a seed are the same"


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
def test_a_forked_kernel_is_like_any_other(executed):
    printed, folder = executed
    for number, (said, outputs) in enumerate(printed, start=1):
        assert said[2:5] == [20, str(folder / str(number)), True] and said[5].endswith("inline")
        assert any("image/png" in each.get("data", {}) for each in outputs)


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
def test_a_forked_kernel_removes_its_temporary_folders(executed):
    _, folder = executed
    assert (folder / "1.ipynb").is_file() and not list(folder.glob("left-*"))


def test_no_kernel_is_forked_where_that_is_not_safe(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not kernel.can_fork()


def test_imported_names_are_modules_and_what_comes_from_them():
    within = "def f():\n    try:\n        import e\n    except ImportError:\n        if x:\n            import g\n"
    assert kernel.imported_names("import a.b\nfrom c import d\n" + within) == {"a.b", "c", "c.d", "e", "g"}
