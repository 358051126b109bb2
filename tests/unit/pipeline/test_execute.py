"""What ends a notebook, in a kernel of its own process and in a forked one."""

import asyncio
import contextlib
import sys
from queue import Empty

import nbformat
import pytest

from hotline.pipeline import execute
from hotline.run import child_environment

SOURCE = """from hotline.errors import InputError, NothingToEstimate
from hotline.report.exhibits import begin
out = begin("03-anova", results=["means"])"""


@pytest.mark.parametrize("error", ["NothingToEstimate", "InputError"])
def test_only_a_notebook_that_finds_nothing_to_estimate_has_come_to_its_end(error, tmp_path):
    told = {"HOTLINE_OUT": str(tmp_path), "HOTLINE_SIMULATED": "yes"}
    source, target = tmp_path / "source.ipynb", tmp_path / "notebook.ipynb"
    cells = [nbformat.v4.new_code_cell(text) for text in (SOURCE, f"raise {error}('no case is here')", "1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    if error == "InputError":
        with pytest.raises(
            execute.CellError, match=r"cell \[2\] of .*source\.ipynb\n.*\n  the input: .*no case is here"
        ):
            execute.execute("03-anova", source, target, {}, 1000, child_environment(**told))
    else:
        execute.execute("03-anova", source, target, {}, 1000, child_environment(**told))
    assert (tmp_path / "values.json").exists() == (error == "NothingToEstimate")
    cells = nbformat.read(target, as_version=4).cells
    assert len(cells) == 3, "papermill's banners are gone"
    assert cells[1].outputs[0].traceback == [f"{error}: no case is here"] and not cells[2].outputs


@pytest.mark.parametrize("fails", [False, True])
def test_warning_is_printed_when_its_cell_ends_and_once(fails, tmp_path, capsys):
    environment = child_environment(HOTLINE_OUT=str(tmp_path), HOTLINE_SIMULATED="yes")
    source, target = tmp_path / "source.ipynb", tmp_path / "notebook.ipynb"
    last = "1 / 0" if fails else "pass"
    cells = [
        nbformat.v4.new_code_cell(text) for text in (SOURCE, "out.warn('one\\n  line')", f"out.warn('two'); {last}")
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    with pytest.raises(execute.CellError) if fails else contextlib.nullcontext():
        execute.execute("03-anova", source, target, {}, 1000, environment)
    assert capsys.readouterr().out.splitlines() == [f"{'03-anova':<24} WARNING: {each}" for each in ("one line", "two")]
    assert (tmp_path / "warnings.txt").read_text() == "one line\ntwo\n"


def test_a_failure_on_real_records_quotes_none_of_them(tmp_path, capfd):
    environment = child_environment(HOTLINE_OUT=str(tmp_path), HOTLINE_SIMULATED="no")
    source, target = tmp_path / "source.ipynb", tmp_path / "notebook.ipynb"
    texts = (
        "secret = 'kana' + 'rien'; secret",
        "import threading\nthreading.Thread(target=int, args=[secret]).start()",
    )
    cells = [nbformat.v4.new_code_cell(text) for text in (*texts, "pass\nint(secret)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    with pytest.raises(
        execute.CellError, match=r"(?s)cell \[3\] of .*ValueError:.* not shown.* \(cell \[3\], line 2\)"
    ):
        execute.execute("01-clean", source, target, {}, 1000, environment, real=True)
    left = "".join(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())
    assert "kanarien" not in left + "".join(capfd.readouterr())


def test_the_kernel_is_this_python_whatever_else_is_called_so(tmp_path, monkeypatch):
    other = tmp_path / "share/kernels/python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["/bin/false"], "language": "python", "display_name": "another"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    source, target = tmp_path / "source.ipynb", tmp_path / "notebook.ipynb"
    cells = [nbformat.v4.new_code_cell("import sys; print(sys.executable)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    execute.execute("01-clean", source, target, {}, 1000)
    assert nbformat.read(target, as_version=4).cells[0].outputs[0].text.strip() == sys.executable


def test_sockets_have_a_short_path_whatever_folder_the_user_has_for_temporary_files(tmp_path, monkeypatch):
    for usual, expected in (
        (tmp_path, tmp_path if len(str(tmp_path)) <= 70 else "/tmp"),
        (tmp_path / ("x" * 90), "/tmp"),
    ):
        usual.mkdir(exist_ok=True)
        monkeypatch.setattr(execute.tempfile, "tempdir", str(usual))
        folder = execute.folder_of_sockets()
        folder.rmdir()
        assert str(folder.parent) == str(expected)


def test_a_kernel_that_dies_while_it_starts_is_said_in_a_sentence(tmp_path, monkeypatch):
    def dies(*_, **__):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(execute.papermill, "execute_notebook", dies)
    with pytest.raises(execute.CellError, match="died; the usual reason is too little memory"):
        execute.execute("x", tmp_path / "x.ipynb", tmp_path / "out.ipynb", {}, 10)


class Channel:
    """A channel from a kernel, on which each message is there, or None until the time to wait for it is over."""

    def __init__(self, *messages):
        self.messages = list(messages)

    async def get_msg(self, timeout):
        message = self.messages.pop(0)
        if message is None:
            raise Empty
        return message


def client(shell, iopub, alive=True):
    """A client with such channels, which notes its questions."""

    class Client(execute.PromptClient):
        shell_channel, iopub_channel, asked = Channel(*shell), Channel(*iopub), 0

        def kernel_info(self):
            self.asked += 1

        def _handle_kernel_info_reply(self, msg):
            pass

        async def is_alive(self):
            return alive

    return Client()


def test_a_kernel_is_ready_when_it_answers_and_is_heard():
    asker = client([None, "reply", "reply"], [None, "busy", "what is said later"])
    asyncio.run(asker.wait_for_ready(60))
    assert asker.asked == 3 and asker.iopub_channel.messages == ["what is said later"]


def test_a_kernel_that_dies_or_is_silent_is_not_waited_for():
    with pytest.raises(RuntimeError, match=f"^{execute.DIED_EARLY}"):
        asyncio.run(client([None], [], alive=False).wait_for_ready(60))
    with pytest.raises(RuntimeError, match="didn't respond in 0 seconds"):
        asyncio.run(client([], []).wait_for_ready(0))
