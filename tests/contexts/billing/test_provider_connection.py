"""The provider's connections begin with their first use and end with the process."""

import pytest

from fixtures.runtimes import NewRuntime
from gymhopper.contexts.billing.gateways.providers import ProviderConnection, payment_provider
from gymhopper.kernel.errors import Unavailable


async def test_work_that_goes_on_after_the_end_opens_nothing_again(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime()
    runtime.url = "http://127.0.0.1:9"
    connection = ProviderConnection(runtime)
    await connection.start()
    provider = payment_provider(runtime)
    await connection.stop()
    assert payment_provider(runtime) is provider
    with pytest.raises(Unavailable):
        await provider.cards("cus_1", subscription_id=None)
    await connection.start()
    assert payment_provider(runtime) is not provider
    await connection.stop()
