"""The account of a key."""

from decimal import Decimal

from tests.conftest import Api
from tests.heygen.v3.conftest import V3, error_of, simulated
from vid_trans_api.models import Workspace

ME = "/v3/users/me"


def test_account_without_a_wallet_has_100_dollars(v3: V3) -> None:
    assert v3.data(ME) == {
        "username": "simulated-user",
        "email": "user@example.com",
        "first_name": "Simulated",
        "last_name": "User",
        "billing_type": "wallet",
        "wallet": {"currency": "usd", "remaining_balance": 100.0},
    }


def test_balance_is_what_creations_have_left(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(wallet=20)
    v3.create(simulated(duration=10))

    balance = v3.data(ME)["wallet"]["remaining_balance"]

    assert 0 < balance < 20
    assert Decimal(str(balance)) == Workspace.objects.get().wallet


def test_empty_wallet_has_no_dollars(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(wallet=0)

    assert v3.data(ME)["wallet"]["remaining_balance"] == 0


def test_key_is_required(db: None) -> None:
    assert error_of(V3("").get(ME)) == (401, "unauthorized", None)
