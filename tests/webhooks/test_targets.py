"""Which URLs and which addresses webhooks are sent to."""

from ipaddress import ip_address

import pytest

from vid_trans_api.webhooks.connecting import InvalidURL, Target, is_public
from vid_trans_api.webhooks.sending import check_url


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (
            "https://Example.com",
            Target(is_tls=True, host="example.com", port=443, authority="Example.com", path="/"),
        ),
        (
            "http://[::1]:8080//hook;a?b=%20&c#d",
            Target(
                is_tls=False,
                host="::1",
                port=8080,
                authority="[::1]:8080",
                path="//hook;a?b=%20&c",
            ),
        ),
    ],
)
def test_url_says_where_to_send(url: str, target: Target) -> None:
    assert Target.parse(url, https_only=False) == target


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "spaces"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/\r\nHost: other", "spaces"),
        ("https://bücher.example/", "Punycode"),
        ("https://example.com/" + "x" * 2000, "longer than 2000 characters"),
        ("ftp://example.com/", "does not begin with https:// or http://"),
        ("example.com/hook", "does not begin with"),
        ("//example.com/hook", "does not begin with"),
        ("https://user@example.com/", "user name or a password"),
        ("https://:secret@example.com/", "user name or a password"),
        ("https://example.com\\@127.0.0.1/", "user name or a password"),
        ("https:///hook", "no valid host"),
        ("https://:443/", "no valid host"),
        ("https://a..example/", "no valid host"),
        ("https://" + "x" * 64 + ".example/", "no valid host"),
        ("https://example.com:0/", "no valid host and port"),
        ("https://example.com:70000/", "not valid: Port out of range"),
        ("https://[::1/", "not valid"),
        ("https://[fe80::1%25eth0]/", "valid"),
    ],
)
def test_url_that_is_not_valid_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidURL, match=problem):
        check_url(url, https_only=False)


def test_http_can_be_refused() -> None:
    check_url("https://example.com/", https_only=True)

    with pytest.raises(InvalidURL, match="does not begin with https://"):
        check_url("http://example.com/", https_only=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "100::1",
        "2001::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_other_address_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
