"""A real set is found where people really put it, and looking for it leaves no trace."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gancourse.data import catalogue
from gancourse.data.catalogue import REAL_SETS, data_folder, find


def put(folder, name):
    place = folder / name
    if name.endswith(("/", "\\")):
        place.mkdir(parents=True)
        place = place / "1.jpg"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()


def test_the_catalogue_knows_the_lessons_sets_by_their_published_counts():
    assert {name: real_set.pictures for name, real_set in REAL_SETS.items() if not real_set.like} == {
        "celeba": {"all": 202_599},
        "facades": {"train": 400, "val": 100, "test": 106},
        "monet2photo": {"trainA": 1072, "trainB": 6287, "testA": 121, "testB": 751},
    }


@pytest.mark.parametrize("name", REAL_SETS)
def test_an_entry_says_whose_it_is_and_where_it_comes_from(name):
    real_set = REAL_SETS[name]
    assert real_set.page.startswith("https://")
    assert real_set.terms.endswith(".")
    assert real_set.citation.endswith(".")
    hosts = {urlsplit(address).hostname for address in real_set.sources}
    assert len(hosts) >= 2, "one host that is down takes the set with it"
    assert all(address.startswith("https://") for address in real_set.sources)
    assert real_set.bytes > 1_000_000
    assert re.fullmatch("[0-9a-f]{64}", real_set.sha256) or name == "facades"  # nobody has published that one
    if real_set.like:
        assert real_set.like in REAL_SETS
        assert real_set.pictures.keys() <= REAL_SETS[real_set.like].pictures.keys()


def test_the_shared_facts_are_the_catalogues():
    """Monet2photo's size and digest, as two independent sources have them; CelebA's, as torchvision's users know it."""
    assert REAL_SETS["monet2photo"].bytes == 305_231_073
    assert REAL_SETS["monet2photo"].sha256 == "88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04"
    assert REAL_SETS["celeba"].bytes == 1_443_490_838


def test_the_readers_page_tells_the_same(repository):
    page = (repository / "data" / "README.md").read_text(encoding="utf-8")
    for name, real_set in REAL_SETS.items():
        for fact in (real_set.title, real_set.archive, name):
            assert fact in page
        if not real_set.like:
            assert real_set.page in page
            assert f"{real_set.folder}/" in page
            assert all(f"{count:,}" in page for count in real_set.pictures.values())


LAYOUTS = ("img_align_celeba.zip", "celeba/img_align_celeba.zip", "celeba/img_align_celeba/", "img_align_celeba/")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_celeba_is_found_in_each_layout(tmp_path, layout):
    put(tmp_path, layout)
    assert find("celeba", tmp_path) == tmp_path / layout
    assert find("facades", tmp_path) is None


@pytest.mark.parametrize("first", range(3))
def test_of_several_the_archive_goes_first(tmp_path, first):
    for layout in LAYOUTS[first:]:
        put(tmp_path, layout)
    assert find("celeba", tmp_path) == tmp_path / LAYOUTS[first]


@pytest.mark.parametrize(
    ("name", "layout"), [("facades", "facades.tar.gz"), ("facades", "facades/"), ("monet2photo", "monet2photo.zip")]
)
def test_the_other_sets_are_found_too(tmp_path, name, layout):
    put(tmp_path, layout)
    assert find(name, tmp_path) == tmp_path / layout


def test_a_missing_or_empty_folder_holds_nothing_and_stays_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "img_align_celeba").mkdir()
    assert find("celeba", tmp_path) is None
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path / "nowhere"))
    assert find("celeba") is None
    assert not (tmp_path / "nowhere").exists()


def test_the_data_folder_is_the_one_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    put(tmp_path, LAYOUTS[0])
    assert find("celeba") == tmp_path / LAYOUTS[0]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("GANCOURSE_DATA", "~/pictures")
    assert data_folder() == tmp_path / "pictures"


def test_without_a_wish_it_is_the_checkouts_or_one_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANCOURSE_DATA", "")
    module = tmp_path / "gancourse" / "data" / "catalogue.py"
    monkeypatch.setattr(catalogue, "__file__", str(module))
    assert data_folder() == Path.home() / ".cache" / "gancourse"
    (tmp_path / "data").mkdir()
    (tmp_path / "pyproject.toml").touch()
    assert data_folder() == tmp_path / "data"
