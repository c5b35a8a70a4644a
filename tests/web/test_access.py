"""Facts about who may ask: foreign names, foreign pages and strangers are refused."""

import pytest

from stampnet.web.access import Access, is_same_origin

HERE = Access()
OPEN = Access(host="0.0.0.0", token="secret")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "localhost", "[::1]:8000", "127.0.0.1"])
def test_a_local_server_answers_to_local_names(host: str) -> None:
    assert HERE.knows_host(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "192.168.1.5", "[::", "localhost@evil"]
)
def test_and_to_no_other(host: str) -> None:
    assert not HERE.knows_host(host)


def test_an_open_server_answers_to_numbers_but_to_no_foreign_name() -> None:
    assert OPEN.knows_host("192.168.1.5:8000")
    assert not OPEN.knows_host("evil.example:8000")


def test_an_open_server_needs_a_token() -> None:
    with pytest.raises(ValueError, match="needs a token"):
        Access(host="0.0.0.0")
    assert "secret" not in repr(OPEN)


@pytest.mark.parametrize(
    ("headers", "given", "passes"),
    [
        ({}, None, False),
        ({}, "secret", True),
        ({}, "wrong", False),
        ({}, "sécret", False),
        ({"authorization": "Bearer secret"}, None, True),
        ({"authorization": "Bearer "}, None, False),
        ({"cookie": f"other=1; {OPEN.cookie}=secret"}, None, True),
        ({"cookie": f"flag; {OPEN.cookie}=secret"}, None, True),
        ({"cookie": f"theme=a b; {OPEN.cookie}=secret"}, None, True),
        ({"cookie": f'other={{"a":1}}; {OPEN.cookie}=secret; last'}, None, True),
        ({"cookie": f"{OPEN.cookie}=guess"}, None, False),
        ({"cookie": f"{OPEN.cookie}"}, None, False),
        ({"cookie": "stampnet=secret"}, None, False),
        ({"cookie": "\x00;;=;"}, None, False),
    ],
)
def test_the_token_comes_in_the_address_a_cookie_or_a_header(
    headers: dict[str, str], given: str | None, passes: bool
) -> None:
    refusal = OPEN.refusal("GET", "/", {"host": "10.0.0.1", **headers}, given)
    assert (refusal is None) == passes
    assert refusal is None or refusal.status == 401


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://localhost:8000"}, True),
        ({"origin": "http://localhost:9000"}, False),
        ({"origin": "http://127.0.0.1:8000"}, False),
        ({"origin": "null"}, False),
        ({"origin": "file://localhost:8000"}, False),
        ({"origin": "http://[::"}, False),
        ({"origin": "http://localhost:8000", "sec-fetch-site": "cross-site"}, False),
    ],
)
def test_only_the_own_page_may_make_it_work(headers: dict[str, str], same: bool) -> None:
    headers = {"host": "localhost:8000", **headers}
    assert is_same_origin(headers) == same
    for method, path in (("PUT", "/api/names"), ("PUT", "/"), ("POST", "/api/detect")):
        assert (HERE.refusal(method, path, headers, None) is None) == same
    is_typed = headers.get("sec-fetch-site") == "none"
    for path in ("/api/images/7", "/api/stamps/0.png"):
        assert (HERE.refusal("GET", path, headers, None) is None) == (same or is_typed)
    assert HERE.refusal("GET", "/", headers, None) is None  # a link to the page may stand anywhere
