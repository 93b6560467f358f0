"""Objects are kept as a cluster would keep them, whoever writes at the same time and whatever is killed."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from emr_eks.local.kubernetes.objects import Conflict, ObjectStore, StoredObject, identity

RBAC = "rbac.authorization.k8s.io/v1"


def made(kind: str, name: str, namespace: str = "", api_version: str = "v1", **rest: str) -> StoredObject:
    """Return an object as Terraform would have applied it."""
    metadata = {"name": name, "namespace": namespace}
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}
    return StoredObject(api_version, kind, namespace, name, "yes", "kubernetes_manifest", manifest)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


def test_an_object_is_made_found_changed_and_removed(store: ObjectStore) -> None:
    assert store.list() == []
    store.create(made("Namespace", "team"))
    store.create(made("ConfigMap", "settings", "team"))
    assert store.has("v1", "ConfigMap", "team", "settings")
    changed = made("ConfigMap", "settings", "team", data="other")
    store.replace(changed)
    assert store.list() == [changed, made("Namespace", "team")]
    for _ in range(2):  # as with Terraform, what is gone is gone
        store.delete(*identity(changed.manifest))
    store.delete("v1", "Namespace", "", "team")
    assert store.list() == []


def test_what_a_cluster_refuses_is_refused(store: ObjectStore) -> None:
    store.create(made("Namespace", "team"))
    for namespace in ("team", "default", "kube-system"):
        with pytest.raises(Conflict, match=f'Namespace "{namespace}" already exists'):
            store.create(made("Namespace", namespace))
    with pytest.raises(Conflict, match='namespaces "teem" not found'):
        store.create(made("ConfigMap", "settings", "teem"))
    with pytest.raises(Conflict, match='ConfigMap "settings" not found'):
        store.replace(made("ConfigMap", "settings", "team"))
    store.create(made("ConfigMap", "settings", "team"))
    with pytest.raises(Conflict, match=r'"team" still holds ConfigMap settings'):
        store.delete("v1", "Namespace", "", "team")
    assert [each.kind for each in store.list()] == ["ConfigMap", "Namespace"]


def test_objects_that_look_alike_are_apart(store: ObjectStore) -> None:
    alike = [made("Namespace", name) for name in ("a", "a-b")]
    alike += [made("Role", name, "a", RBAC) for name in ("b_c", "b/c", "b,c")]
    alike += [made("Role", "c", "a-b", RBAC), made("ClusterRole", "a,b_c", "", RBAC)]
    alike += [made("NodePool", "c", "", f"karpenter.sh/{version}") for version in ("v1", "v1beta1")]
    for each in alike:
        store.create(each)
    assert sorted(store.list(), key=repr) == sorted(alike, key=repr)


KILLED = """
import os, sys
from pathlib import Path
from emr_eks.local.kubernetes.objects import ObjectStore, StoredObject
{step} = lambda *_, **__: os._exit(9)
name = sys.argv[2]
manifest = {{"data": "new", "apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": name}}}}
getattr(ObjectStore(Path(sys.argv[1])), sys.argv[3])(StoredObject("v1", "ConfigMap", "default", name, "", "", manifest))
"""


@pytest.mark.parametrize(("way", "name", "step"), [("create", "new", "os.link"), ("replace", "old", "Path.replace")])
def test_a_writer_that_is_killed_leaves_what_was_there(tmp_path: Path, way: str, name: str, step: str) -> None:
    store, old = ObjectStore(tmp_path), made("ConfigMap", "old", "default")
    store.create(old)
    command = [sys.executable, "-c", KILLED.format(step=step), str(tmp_path), name, way]
    killed = subprocess.run(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert killed.returncode == 9
    assert len(list(tmp_path.iterdir())) == 2  # its draft stayed behind, in nobody's way
    assert store.list() == [old]
    store.create(made("ConfigMap", "new", "default"))
    assert [each.name for each in store.list()] == ["new", "old"]


def create(folder: Path, name: str) -> bool:
    """Tell whether this process is the one that made the object."""
    try:
        ObjectStore(folder).create(made("ConfigMap", name, "default"))
    except Conflict:
        return False
    return True


def test_of_two_processes_one_makes_an_object(tmp_path: Path) -> None:
    names = [f"settings-{number // 2}" for number in range(80)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert sum(pool.map(create, [tmp_path] * len(names), names)) == 40
    assert len(ObjectStore(tmp_path).list()) == 40


def test_listing_goes_on_while_objects_go(store: ObjectStore) -> None:
    def make_and_remove(number: int) -> None:
        for _ in range(30):
            each = made("ConfigMap", f"settings-{number}", "default")
            store.create(each)
            store.delete(*each[:4])

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(make_and_remove, number) for number in range(4)]
        while not all(writer.done() for writer in writers):
            assert all(each.kind == "ConfigMap" for each in store.list())
        for writer in writers:
            writer.result()
