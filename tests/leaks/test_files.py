"""Files and folders: what is followed, and that a thing is told once."""

import zipfile

import pytest

from toolkit.leaks import Finding, Scanner, Unread, scan_paths, texts_in

GATE = Scanner()


def found_in(path):
    return [item for item in scan_paths(GATE, [path]) if isinstance(item, Finding)]


@pytest.fixture
def linked(tmp_path):
    """A folder with a link to a file elsewhere."""
    (tmp_path / "elsewhere.txt").write_text("ask ada@labo.fr", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    return folder


def test_a_link_to_a_file_elsewhere_is_told_and_not_followed(linked):
    (item,) = scan_paths(GATE, [linked])
    assert isinstance(item, Unread)
    assert item.file.endswith("link.txt")
    assert "not followed" in item.reason
    assert not item.partly
    assert list(texts_in([linked])) == []


def test_a_link_that_is_asked_for_is_followed(linked):
    assert [item.kind for item in found_in(linked / "link.txt")] == ["email"]


def test_a_folder_that_is_reached_by_a_link_is_read(linked, tmp_path):
    (linked / "link.txt").unlink()
    (linked / "own.txt").write_text("ask ada@labo.fr", encoding="utf-8")
    (linked / "same.txt").symlink_to("own.txt")
    (tmp_path / "way").symlink_to(linked)
    assert len(found_in(tmp_path / "way")) == 2  # the file, and a link to it that stays within


def test_what_is_not_followed_does_not_tell_its_name(linked):
    (linked / "link.txt").rename(linked / "ada@labo.fr")
    assert "ada@labo" not in repr(list(scan_paths(GATE, [linked])))


def test_links_that_are_not_followed_still_have_a_name(linked):
    (linked / "link.txt").rename(linked / "suspected_cheaters.txt")
    assert [item.kind for item in found_in(linked)] == ["performance"]


def test_where_a_link_leads_is_looked_at(linked):
    (linked / "link.txt").unlink()
    (linked / "home").symlink_to("/home/ada@labo.fr/notes.txt")
    (item,) = found_in(linked)
    assert (item.kind, item.path) == ("email", "(link)")


def office(path, member, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, text)
    return path


@pytest.mark.parametrize(
    ("name", "member", "text"),
    [
        ("a.docx", "word/document.xml", "<w:document><w:p><w:r><w:t>ada@labo.fr</w:t></w:r></w:p></w:document>"),
        ("a.docx", "word/document.xml", "<w:p><w:t>ada@la</w:t><w:t>bo.fr</w:t></w:p>"),
        ("a.xlsx", "xl/sharedStrings.xml", "<sst><si><t>ada@labo.fr</t></si></sst>"),
        ("a.docx", "word/document.xml", "<w:p w:author='ada@labo.fr'><w:t>Text</w:t></w:p>"),
    ],
)
def test_an_office_file_tells_a_thing_once(tmp_path, name, member, text):
    assert [item.kind for item in found_in(office(tmp_path / name, member, text))] == ["email"]


def test_a_page_tells_each_line_of_it(tmp_path):
    (tmp_path / "a.html").write_text("<p>ada@labo.fr</p>\n<p>x</p>\n<p>ada@labo.fr</p>", encoding="utf-8")
    assert [item.line for item in found_in(tmp_path / "a.html")] == [1, 3]
