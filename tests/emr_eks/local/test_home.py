"""The AWS emulator's comings and goings."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emr_eks.failures import Failure
from emr_eks.local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "one")
    yield home
    home.down()


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[-1].split()[0] != "Z"
    except OSError:
        return False


def test_up_starts_it_once_and_down_stops_it_and_forgets(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody's, and nobody's business here
    cloud = home.up()
    assert home.up() == cloud
    assert home.running_cloud() == cloud
    assert cloud.status()["resources"] == {}
    (home.state / "p-network.tfstate").write_text("{}", "utf-8")
    assert home.down()
    assert not home.root.exists()
    assert not alive(cloud.pid)
    assert not home.down()
    with pytest.raises(Failure) as error:
        home.running_cloud()
    assert str(error.value) == f"the local cloud of {home.root} is not up; run `emr-eks local deploy`"


def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(Failure, match="the folder that this runs in is gone"):
        Home.of("one")


def test_two_homes_have_two_clouds(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "two")
    try:
        one, two = home.up(), other.up()
        assert one.endpoint_url != two.endpoint_url
        assert other.down()
        assert home.running_cloud() == one
    finally:
        other.down()


def test_a_cloud_that_was_killed_is_replaced_and_its_state_forgotten(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = home.up()
    (home.state / "p-network.tfstate").write_text("{}", "utf-8")
    os.kill(lost.pid, signal.SIGKILL)
    while alive(lost.pid):
        time.sleep(0.05)
    assert home.cloud() is None
    found = home.up()
    assert found.pid != lost.pid
    assert not list(home.state.iterdir())
    assert "the local cloud was lost" in capsys.readouterr().err


def test_a_cloud_that_only_does_not_answer_keeps_its_state(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = home.up()
    (home.state / "p-network.tfstate").write_text("{}", "utf-8")
    monkeypatch.setattr("emr_eks.local.home.ANSWER_SECONDS", 0.2)
    os.kill(cloud.pid, signal.SIGSTOP)
    try:
        with pytest.raises(
            Failure, match=f"does not answer at {cloud.endpoint_url}, though its process {cloud.pid} is"
        ):
            home.up()
    finally:
        os.kill(cloud.pid, signal.SIGCONT)
    monkeypatch.undo()
    assert home.up() == cloud
    assert list(home.state.iterdir())


def test_down_leaves_a_stranger_alone_that_has_the_clouds_old_number(home: Home) -> None:
    """After a restart of the machine, process ids and ports belong to others."""
    home.root.mkdir(parents=True)
    stranger = os.getpid()
    (home.root / "aws.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": stranger}), "utf-8")
    assert home.down()
    assert Path(f"/proc/{stranger}").exists()
