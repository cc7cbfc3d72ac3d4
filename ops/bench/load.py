"""Load: clients that each send the next request as soon as their last is answered."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from ledger.batch import Request
from ops.bench.figure import Laps

CLIENTS = 64
Submit = Callable[[Request], Awaitable[object]]


@dataclass(slots=True)
class Load:
    """What clients did together: seconds in all, and of each request."""

    seconds: float = 0.0
    count: int = 0
    waited: Laps = field(default_factory=Laps)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.count / self.seconds

    async def drive(self, submit: Submit, requests: Sequence[Request], clients: int) -> None:
        """Add what so many clients need for the requests."""
        waiting = deque(requests)

        async def client() -> None:
            while waiting:
                request = waiting.popleft()
                started = perf_counter()
                await submit(request)
                self.waited.seconds.append(perf_counter() - started)

        started = perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        self.seconds += perf_counter() - started
        self.count += len(requests)
