"""Forty hexadecimal digits: an old token of Label Studio, or a hash."""

import pytest

from toolkit.leaks import Scanner

DIGITS = "9fceb02d0ae598e95dc970b74767f19372d61af8"
GATE = Scanner()


@pytest.mark.parametrize(
    "before",
    [
        "built from ", "rev ", "revision: ", "digest=", "checksum ", "md5sum ", "sha1sum ", 'etag: "', "blob ", "tree ",
        "HEAD is now at ", "commit ", "the token of revision ",
    ],
)  # fmt: skip
def test_a_hash_that_is_called_one_is_no_token(before):
    assert GATE.scan(before + DIGITS) == []


@pytest.mark.parametrize(
    "before", ["", "Authorization: Token ", "key ", "since the last revision the token is ", "ahead "]
)
def test_other_digits_are_a_token(before):
    assert [item.kind for item in GATE.scan(before + DIGITS)] == ["credential"]


@pytest.mark.parametrize(
    "key",
    ["sha1", "content_hash", "contentHash", "digest", "commit", "git_commit", "revision", "ETag", "id", "document_id"],
)
def test_a_field_for_hashes_holds_no_token(key):
    assert GATE.scan_row({key: DIGITS}) == []
    assert GATE.scan_row({"meta": {key: [DIGITS]}}) == []


@pytest.mark.parametrize("key", ["token", "api_key", "note", "session_id", "key"])
def test_another_field_may_hold_one(key):
    assert {item.kind for item in GATE.scan_row({key: DIGITS})} == {"credential"}


def test_each_private_key_is_found_as_far_as_its_end():
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    text = f"{begin}\nMIIB\n{end}\nfree\n{begin}\nMIIC\n\N{EURO SIGN}"
    first, second = GATE.scan(text)
    assert text[first.start : first.end] == f"{begin}\nMIIB\n{end}"
    assert text[second.start : second.end].rstrip() == f"{begin}\nMIIC"
    assert len(GATE.scan(begin * 3000)) == 3000
