"""The error of a simulator whose server refuses a request."""


class RefusedError(Exception):
    """The server refused to change or report the simulation; the message has its response."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
