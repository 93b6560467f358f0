"""Terraform and the provider mirror are found wherever Terraform's documentation lets them be."""

from pathlib import Path

import pytest

from emr_eks.failures import Failure
from emr_eks.local import terraform
from emr_eks.local.terraform import find_provider_mirror, find_terraform


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let nothing of the real machine be seen."""
    for name in ("TERRAFORM_BINARY_NAME", "TF_PLUGIN_MIRROR", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(terraform, "_roots", lambda: iter([tmp_path / "root"]))
    monkeypatch.chdir(tmp_path)


def mirror_in(directory: Path) -> Path:
    (directory / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0").mkdir(parents=True)
    return directory


def binary(tmp_path: Path, name: str) -> Path:
    path = tmp_path / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_terraform_on_the_path(tmp_path: Path) -> None:
    terraform_binary = binary(tmp_path, "terraform")
    assert find_terraform() == terraform_binary


def test_another_binary_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary(tmp_path, "terraform")
    tofu = binary(tmp_path, "tofu")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    assert find_terraform() == tofu


def test_missing_terraform_names_the_way_to_get_it() -> None:
    with pytest.raises(Failure, match=r"install Terraform .*https://.*TERRAFORM_BINARY_NAME"):
        find_terraform()


def test_no_mirror() -> None:
    assert find_provider_mirror() is None


@pytest.mark.parametrize(
    "place",
    [
        "terraform.d/plugins",
        "home/.terraform.d/plugins",
        "home/.terraform.d/plugin-cache",
        "data/terraform/plugins",
        "share/terraform/plugins",
        "root/mirror",
        "root/a/b/c",
    ],
)
def test_mirror_where_terraform_looks_and_machines_keep_it(tmp_path: Path, place: str) -> None:
    mirror = mirror_in(tmp_path / place)
    assert find_provider_mirror() == mirror


def test_mirror_of_the_cli_configuration_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror_in(tmp_path / "home/.terraform.d/plugins")
    named = mirror_in(tmp_path / "named")
    file = tmp_path / "terraform.rc"
    file.write_text(terraform.mirror_configuration(named))
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(file))
    assert find_provider_mirror() == named


@pytest.mark.parametrize("variable", ["TF_PLUGIN_MIRROR", "TF_PLUGIN_CACHE_DIR"])
def test_mirror_of_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, str(mirror_in(tmp_path / "named")))
    assert find_provider_mirror() == tmp_path / "named"


def test_a_directory_without_the_provider_is_no_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "named" / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path / "named"))
    assert find_provider_mirror() is None


def test_search_ends_in_time(tmp_path: Path) -> None:
    mirror_in(tmp_path / "root" / "mirror")
    assert find_provider_mirror(seconds=-1.0) is None
