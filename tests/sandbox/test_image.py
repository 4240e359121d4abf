import re
import shutil
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from sandbox.base import SandboxStartError
from sandbox.docker import DockerProvider
from sandbox.engine import Engine
from sandbox.image import FOLDER, ensure_image, image_exists, image_packages, image_tag


def test_the_name_is_a_hash_of_what_the_image_is_made_from(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(FOLDER, tmp_path / "image"))
    assert re.fullmatch(r"backend-agent-sandbox:[0-9a-f]{12}", image_tag())
    assert image_tag(copy) == image_tag()
    (copy / "README.md").write_text("other words")
    assert image_tag(copy) == image_tag()
    (copy / "requirements.txt").write_text("fastapi==1 --hash=sha256:0")
    assert image_tag(copy) != image_tag()


def test_the_lock_covers_the_wish_list_and_names_no_host() -> None:
    lock = (FOLDER / "requirements.txt").read_text()
    wishes = image_packages()
    pinned = re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,]+\])?==", lock, re.MULTILINE)
    assert set(wishes) <= set(pinned)
    assert len(wishes) == 32
    assert lock.count("==") <= lock.count("--hash=sha256:")
    assert "://" not in lock
    assert not re.search(r"^\s*-(i|f|-index|-extra|-find)", lock, re.MULTILINE)


def test_the_dockerfile_keeps_each_setting_on_a_line() -> None:
    lines = (FOLDER / "Dockerfile").read_text().splitlines()
    settings = [line for line in lines if re.match("(ENV|WORKDIR|USER|CMD) ", line)]
    assert len(settings) == 9
    assert not [line for line in settings if line.endswith("\\")]


@pytest.mark.docker
def test_an_image_that_exists_is_not_built_again(docker_provider: DockerProvider) -> None:
    said: list[str] = []
    assert ensure_image(said.append) == image_tag()
    assert said == []


@pytest.fixture
def engine(docker_provider: DockerProvider) -> Engine:
    """An engine that has our image already, to build others on it without a registry."""
    return Engine.connect()


def write_folder(folder: Path, dockerfile: str, recipe: str = "exit 1") -> Path:
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"{dockerfile}\n# {uuid4()}\n")
    (folder / "build_without_registry.sh").write_text(recipe)
    return folder


@pytest.mark.docker
def test_a_dockerfile_is_built_checked_and_named(engine: Engine, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "image", f"FROM {image_tag()}\nENV NEW=1")
    said: list[str] = []
    tag = ensure_image(said.append, folder)
    try:
        assert engine.api.images(tag)[0]["Labels"] == {"backend-agent.image": "1"}
        assert said[0] == f"building {tag} FROM {image_tag()}"
        assert "Step 2/3 : ENV NEW=1" in said
        assert said[-2:] == ["checking the image", f"{tag} is ready"]
    finally:
        engine.api.remove_image(tag)


NO_BASE = "FROM backend-agent-sandbox:never-built\nENV A=1\nUSER 1000:1000"


@pytest.mark.docker
def test_without_the_base_image_the_recipe_is_used(engine: Engine, tmp_path: Path) -> None:
    """A root file system in which nothing can run: imported, found useless, and removed."""
    recipe = 'echo making it; mkdir "$1"; echo x >"$1/file"'
    folder = write_folder(tmp_path / "image", NO_BASE, recipe)
    said: list[str] = []
    ours_unnamed = {"dangling": True, "label": "backend-agent.image"}
    before = engine.api.images(filters=ours_unnamed)
    with pytest.raises(SandboxStartError, match="refused"):
        ensure_image(said.append, folder)
    assert said[-3:] == [
        "making it", "importing the root filesystem into the engine", "checking the image",
    ]  # fmt: skip
    assert re.match("building it from Debian packages instead, because its Dockerfile", said[-4])
    assert not image_exists(engine, image_tag(folder))
    assert engine.api.images(filters=ours_unnamed) == before


@pytest.mark.docker
def test_a_stack_that_does_not_work_gets_no_name(engine: Engine, tmp_path: Path) -> None:
    broken = f"FROM {image_tag()}\nENV PYTHONHOME=/nowhere"
    folder = write_folder(tmp_path / "image", broken)
    with pytest.raises(SandboxStartError, match=r"does not work: .*(?s:.*)Python"):
        ensure_image(print, folder)
    assert not image_exists(engine, image_tag(folder))


@pytest.mark.docker
def test_a_recipe_that_fails_is_quoted(engine: Engine, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "image", NO_BASE, "seq 100; echo no space >&2; exit 3")
    with pytest.raises(SandboxStartError, match=r"failed:\n82\n(?s:.*)\n100\nno space$"):
        ensure_image(print, folder)


@pytest.mark.docker
def test_where_neither_way_works_both_reasons_are_named(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_folder(tmp_path / "image", NO_BASE)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        SandboxStartError, match=r"Dockerfile failed: .*it takes apt-get.*docker load"
    ):
        ensure_image(print, folder)


@pytest.mark.docker
def test_a_second_builder_waits_for_the_first(engine: Engine, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "image", f"FROM {image_tag()}\nRUN sleep 1")
    said: list[list[str]] = [[], []]
    builders = [Thread(target=ensure_image, args=(lines.append, folder)) for lines in said]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    try:
        waiting, building = sorted(said, key=len)
        assert waiting == [f"waiting for another build of {image_tag(folder)}"]
        assert building[-1] == f"{image_tag(folder)} is ready"
    finally:
        engine.api.remove_image(image_tag(folder))
