"""Connections to the receivers of webhooks: which URLs and addresses are allowed, within a time."""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from threading import Thread
from typing import Any, Final, Self
from urllib.parse import urlsplit

import certifi

LONGEST_URL: Final = 2000
"""Characters."""

_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)

_Found = tuple[socket.AddressFamily, tuple[Any, ...]]
"""A family of addresses, and what `connect` takes: address, port and perhaps more."""

_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # what Azure serves to its machines
        "192.0.0.0/24",  # special purposes; Oracle Cloud serves metadata there
        "192.88.99.0/24",  # relays to IPv6
        "2001::/23",  # special purposes, such as Teredo, which contains IPv4 addresses
        "2002::/16",  # 6to4, which contains IPv4 addresses
        "3fff::/20",  # documentation
    )
)
"""What `is_global` does not know, in some versions of Python."""


class InvalidURL(ValueError):
    """A URL to which no webhook can be sent; the message says why."""


class NoConnection(Exception):
    """There is no connection to a receiver; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a URL says."""

    is_tls: bool
    host: str
    """A name or an address, in lower case and without brackets."""
    port: int
    authority: str
    """Host and port, as in the URL."""
    path: str
    """With the query."""

    @classmethod
    def parse(cls, url: str, *, https_only: bool) -> Self:
        """Read a URL; raise InvalidURL if no webhook can be sent to it."""
        if len(url) > LONGEST_URL:
            raise InvalidURL(f"The URL is longer than {LONGEST_URL} characters.")
        if re.fullmatch("[!-~]+", url) is None:
            raise InvalidURL(
                "The URL has spaces, control characters or letters outside of ASCII. Write them"
                " percent-encoded, and those of the host in Punycode."
            )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidURL(f"The URL is not valid: {error}.") from None
        schemes = ("https",) if https_only else ("https", "http")
        if parts.scheme not in schemes:
            raise InvalidURL(f"The URL does not begin with {':// or '.join(schemes)}://.")
        if parts.username is not None or parts.password is not None:
            raise InvalidURL("The URL has a user name or a password.")
        host = parts.hostname or ""
        if port == 0 or not (_HOST.fullmatch(host) or _is_ipv6(host)):
            raise InvalidURL("The URL has no valid host and port.")
        is_tls = parts.scheme == "https"
        return cls(
            is_tls=is_tls,
            host=host,
            port=port or (443 if is_tls else 80),
            authority=parts.netloc,
            path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        )


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an attempt ends, by monotonic time."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds that are left; raise TimeoutError if there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an address is of a machine in the internet, and of no network of ours."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _UNICAST:  # so neither NAT64 nor site-local nor IPv4-compatible
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_PUBLIC)
    )


def connect(
    target: Target, deadline: Deadline, *, allow_private: bool, context: ssl.SSLContext | None
) -> socket.socket:
    """Return a connection, with TLS for https, to an address that was checked.

    Raises:
        NoConnection: There is none; the message says why.
        TimeoutError: The time is over.

    """
    found = _resolve(target, deadline)
    allowed = [
        (family, address)
        for family, address in found
        if allow_private or is_public(ipaddress.ip_address(address[0]))
    ]
    if not allowed:  # the message names none of them, as strangers read it
        raise NoConnection(f"{target.host} has no public address, and others are not allowed.")
    connection = _connect_to_any(target, allowed, deadline)
    if not target.is_tls:
        return connection
    with connection:  # wrap_socket detaches it
        try:
            connection.settimeout(deadline.left())
            return (context or _default_context()).wrap_socket(
                connection, server_hostname=target.host
            )
        except TimeoutError:
            raise
        except OSError as error:
            reason = getattr(error, "verify_message", "") or error.strerror or str(error)
            raise NoConnection(f"TLS with {target.host} failed: {reason.rstrip('.')}.") from None


def _resolve(target: Target, deadline: Deadline) -> Sequence[_Found]:
    """Return the addresses of a host."""
    try:
        if _is_address(target.host):  # no server is asked
            return _look_up(target)
        return _look_up_name(target, deadline)
    except socket.gaierror as error:
        raise NoConnection(f"{target.host} could not be resolved: {error.strerror}.") from None


def _look_up_name(target: Target, deadline: Deadline) -> Sequence[_Found]:
    """Look up a name in a thread, which goes on alone if the time is over.

    Nothing can interrupt getaddrinfo. The resolver's own time limits, usually some tens of seconds,
    end it.
    """
    found: Future[Sequence[_Found]] = Future()

    def look_up() -> None:
        try:
            found.set_result(_look_up(target))
        except OSError as error:
            found.set_exception(error)

    Thread(target=look_up, daemon=True, name=f"resolve {target.host}").start()
    return found.result(deadline.left())


def _look_up(target: Target) -> Sequence[_Found]:
    # As bytes, which are resolved as they are: a str is encoded by an old version of IDNA.
    infos = socket.getaddrinfo(target.host.encode(), target.port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in infos]


def _connect_to_any(
    target: Target, addresses: Sequence[_Found], deadline: Deadline
) -> socket.socket:
    """Return a connection to the first address that accepts it.

    Each may take half of the time that is left, and the last one all of it.
    """
    problem = ""
    for number, (family, address) in enumerate(addresses, 1):
        left = deadline.left()
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(left if number == len(addresses) else left / 2)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = f"{address[0]}: {error.strerror or error}"
        else:
            return connection
    raise NoConnection(f"Could not connect to {target.host} ({problem}).")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False


@cache
def _default_context() -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those that requests trusts.

    It is made once, as reading the authorities takes longer than a handshake.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
