"""The account of a key in v3."""

from typing import Final

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api import operations
from vid_trans_api.heygen.documents import USERNAME
from vid_trans_api.heygen.v3 import schema_of_accounts as schema
from vid_trans_api.heygen.v3.base import V3View, respond

_ACCOUNT: Final = {
    "username": USERNAME,
    "email": "user@example.com",
    "first_name": "Simulated",
    "last_name": "User",
    "billing_type": "wallet",
}


@schema.user
class UserView(V3View):
    def get(self, request: Request) -> HttpResponse:
        balance = operations.balance_of(self.request_context.key_digest)
        wallet = {"currency": "usd", "remaining_balance": float(balance)}
        return respond({**_ACCOUNT, "wallet": wallet})
