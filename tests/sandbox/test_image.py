import re
import shutil
from pathlib import Path

import pytest

from sandbox.docker import DockerProvider
from sandbox.image import FOLDER, ensure_image, image_tag


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
    wishes = [
        line.partition("[")[0]
        for line in (FOLDER / "requirements.in").read_text().split("\n")
        if line and not line.startswith("#")
    ]
    pinned = re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,]+\])?==", lock, re.MULTILINE)
    assert set(wishes) <= set(pinned)
    assert len(wishes) == 24
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
