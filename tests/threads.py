"""Running a function in many threads at once."""

from collections.abc import Callable
from threading import Barrier, Thread


def run_at_once(count: int, function: Callable[[int], None]) -> None:
    """Call a function with 0 … count - 1, each in its own thread; raise what the calls raise."""
    barrier = Barrier(count)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            function(number)
        except BaseException as error:  # noqa: BLE001 (raised below)
            errors.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise BaseExceptionGroup(f"{len(errors)} of {count} threads failed", errors)
