from collections.abc import Iterator

import pytest
from exports import Exports

from fakejobs import FakeJobs


@pytest.fixture
def exports(fakejobs: FakeJobs) -> Iterator[Exports]:
    client = Exports(fakejobs.url, fakejobs.auth("shop-a"), sleep=fakejobs.clock.sleep)
    yield client
    client.close()
