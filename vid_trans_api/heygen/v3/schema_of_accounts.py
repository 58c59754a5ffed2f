"""What OpenAPI says about v3's accounts beyond what the code says."""

from drf_spectacular.utils import extend_schema, extend_schema_view

from vid_trans_api.heygen.schema import RESPONSE_HEADERS, enveloped
from vid_trans_api.heygen.v3.responses import UserResponse
from vid_trans_api.heygen.v3.schema import errors

user = extend_schema_view(
    get=extend_schema(
        operation_id="get_user",
        summary="Get the account of the key, with its wallet",
        description="The balance is 100 dollars if the workspace has no wallet.",
        tags=["account"],
        parameters=[*RESPONSE_HEADERS],
        responses={200: enveloped("UserEnvelope", UserResponse()), **errors.of_key()},
    )
)
