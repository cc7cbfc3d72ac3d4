"""Who reads all that there is spends more than a party may: here nobody counts."""

import pytest

from service.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The settings of every test, without an allowance."""
    return settings.model_copy(update={"rate_points": 0})
