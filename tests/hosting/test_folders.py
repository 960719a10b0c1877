"""Folders for temporary files: private, chosen at start, and not needed for the page to work."""

import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client

from denoise_demo.denoisers import list_denoisers
from denoise_demo.hosting import folders
from denoise_demo.hosting.folders import is_writable, refuse_file
from tests.restricted import on_small_disk, read_only
from tests.ui.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
CHOOSE = """
import os
from denoise_demo.hosting import prepare_folders
prepare_folders()
print(os.environ["GRADIO_TEMP_DIR"], flush=True)
"""


def choose(*, code=CHOOSE, wrap=lambda command: command, **variables):
    """Choose the folders in another process; return Gradio's and the messages."""
    clean = {k: v for k, v in os.environ.items() if k not in {"GRADIO_TEMP_DIR", "TMPDIR"}}
    result = subprocess.run(
        wrap([sys.executable, "-c", code]),
        check=True,
        cwd=ROOT,
        env=clean | variables,
        capture_output=True,
        text=True,
    )
    return Path(result.stdout.strip()), result.stderr.splitlines()


def test_the_own_folder_is_private_and_removed_at_exit(tmp_path):
    code = f"{CHOOSE}\nprint(oct(os.stat(os.environ['GRADIO_TEMP_DIR'] + '/..').st_mode)[-3:])"
    (tmp_path / "gradio").touch(0o000)  # as of another user

    found, said = choose(code=code, TMPDIR=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))

    folder, mode = str(found).split()
    assert folder.startswith(f"{tmp_path}/{folders.PREFIX}")
    assert mode == "700"
    assert said == []
    assert [path.name for path in tmp_path.iterdir()] == ["gradio"]


@pytest.mark.slow
def test_a_folder_that_is_named_is_taken_and_kept(tmp_path):
    named = tmp_path / "named"
    named.mkdir()

    found, said = choose(GRADIO_TEMP_DIR=str(named), XDG_CACHE_HOME=str(tmp_path))

    assert (found, said) == (named, [])
    assert named.is_dir()


@pytest.mark.slow
def test_a_named_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    named = tmp_path / "file" / "below"

    found, said = choose(
        GRADIO_TEMP_DIR=str(named), TMPDIR=str(tmp_path), XDG_CACHE_HOME=str(tmp_path)
    )

    assert found.parts[: len(tmp_path.parts)] == tmp_path.parts
    assert said == [f"app.py: GRADIO_TEMP_DIR ({named}) cannot be written: another folder is used"]


@pytest.mark.slow
def test_folders_of_killed_processes_are_removed_and_those_of_others_kept(tmp_path):
    code = f"{CHOOSE}\nimport time; time.sleep(60)"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    environment.pop("GRADIO_TEMP_DIR", None)
    killed, living = (
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE
        )
        for _ in range(2)
    )
    kept = [Path(process.stdout.readline().decode().strip()) for process in (killed, living)]
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    try:
        for folder in tmp_path.iterdir():
            os.utime(folder, (0, time.time() - 2 * folders.YOUNG))
        choose(TMPDIR=str(tmp_path))
        assert [folder.exists() for folder in kept] == [False, True]
    finally:
        living.kill()
        living.communicate()


@pytest.mark.parametrize("place", ["missing/below", "file/below", "file", "."])
def test_a_folder_is_writable_if_it_could_be_created(place, tmp_path):
    (tmp_path / "file").touch()

    assert is_writable(tmp_path / place) == ("file" not in place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_upload_that_fails_leaves_no_part_and_no_path_behind(tmp_path):
    class Parser:
        def __init__(self):
            self._files_to_close_on_error = [(tmp_path / "half").open("wb")]

        def write(self):
            raise OSError(28, "No space left on device", str(tmp_path / "half"))

    with pytest.raises(OSError, match="No space") as caught:
        Parser().write()
    answer = refuse_file(None, caught.value)

    assert answer.status_code == 507
    assert b"No space left on device" in answer.body
    assert b"GRADIO_TEMP_DIR" in answer.body
    assert str(tmp_path).encode() not in answer.body
    assert list(tmp_path.iterdir()) == []


# The page, where little or nothing can be written


@pytest.fixture
def start(tmp_path):
    """A function that starts the page under restrictions; returns its address and its log."""
    processes = []

    def call(wrap, **variables):
        port = free_port()
        named = ("GRADIO_TEMP_DIR", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR")
        environment = {k: v for k, v in os.environ.items() if k not in named}
        environment |= {"GRADIO_SERVER_PORT": str(port)} | variables
        log = tmp_path / "app.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                wrap([sys.executable, "app.py"]),
                cwd=ROOT,
                env=environment,
                stdout=file,
                stderr=file,
            )
        processes.append(process)
        url, deadline = f"http://127.0.0.1:{port}/", time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            try:
                urllib.request.urlopen(url, timeout=5).read()
                return url, log
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"the page did not start:\n{log.read_text()}")

    yield call
    for process in processes:
        process.terminate()
        process.wait(timeout=30)


def upload(url, content):
    """Upload a file; return the status and the answer."""
    lines = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    request = urllib.request.Request(
        f"{url}gradio_api/upload",
        lines + content + b"\r\n--x--\r\n",
        {"Content-Type": "multipart/form-data; boundary=x"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.slow
def test_the_page_works_where_nothing_can_be_written(start):
    url, log = start(read_only, HOME="/")

    said = [line for line in log.read_text().splitlines() if line.startswith("app.py: ")]
    assert len(said) == 2
    assert "set GRADIO_TEMP_DIR" in said[0]
    assert "set XDG_CACHE_HOME" in said[1]
    status, answer = upload(url, bytes(1000))
    assert status == 507
    assert "set GRADIO_TEMP_DIR to a folder that can be written" in answer
    assert str(ROOT) not in answer
    assert len(Client(url, verbose=False).predict(api_name="/recipes")) == len(list_denoisers())
    assert "Traceback" not in log.read_text()


@pytest.mark.slow
def test_a_full_temporary_folder_refuses_uploads_and_keeps_nothing_of_them(start, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    url, log = start(lambda command: on_small_disk(command, folder), GRADIO_TEMP_DIR=str(folder))

    for _ in range(3):
        status, answer = upload(url, bytes(200_000))
        assert status == 507
        assert "No space left on device" in answer
    assert upload(url, bytes(10_000))[0] == 200
    assert "Traceback" not in log.read_text()


@pytest.mark.slow
def test_another_users_gradio_folder_does_not_matter(start, tmp_path):
    (tmp_path / "gradio").touch(stat.S_IRUSR)

    url, log = start(lambda command: command, TMPDIR=str(tmp_path))

    assert upload(url, bytes(1000))[0] == 200
    assert "app.py" not in log.read_text()
