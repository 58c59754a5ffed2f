"""Requests as bytes, and the check of a response that refuses them."""

from tests.server_processes import API, PROBLEM, Response


def post(body: bytes, *headers: bytes, path: str = "/jobs", length: bytes | None = None) -> bytes:
    size = str(len(body)).encode() if length is None else length
    sent = [b"Content-Type: application/json", b"Content-Length: " + size, *headers]
    return request(f"POST {API}{path}", *sent, body=body)


def request(
    line: str, *headers: bytes, body: bytes = b"", host: bytes = b"Host: localhost"
) -> bytes:
    return b"\r\n".join([f"{line} HTTP/1.1".encode(), host, *headers, b"", body])


def assert_problem(response: Response, status: int) -> None:
    assert (response.status, response.content_type) == (status, PROBLEM), response.body[:300]
    assert response.document["status"] == status
    assert response.document["detail"] != ""
