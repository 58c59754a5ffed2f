"""The staff pages of webhooks: endpoints, events, and deliveries with their attempts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from vid_trans_api.admin.base import LongListAdmin, format_instant
from vid_trans_api.admin.lists import StateFilter
from vid_trans_api.models import Delivery, DeliveryAttempt, Endpoint, Event
from vid_trans_api.operations.endpoints import send_again
from vid_trans_api.operations.errors import DeliveryNotFound, EndpointNotFound
from vid_trans_api.web.deliveries import format_payload
from vid_trans_api.web.links import delivery_path, webhooks_path
from vid_trans_api.web.plans import EMPTY
from vid_trans_api.web.webhooks import enable


def instant_field(name: str, description: str) -> Any:
    """Return an admin field that formats an instant, which may be empty."""

    @admin.display(description=description)
    def field(self: Any, row: Any) -> str:
        instant = getattr(row, name)
        return format_instant(instant) if instant else EMPTY

    return field


class WebhookAdmin(LongListAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False  # the page that asks would list all deliveries that are deleted, too


@admin.register(Endpoint)
class EndpointAdmin(WebhookAdmin):
    list_display = ("url", "format", "is_listed", "state", "deliveries", "workspace")
    list_select_related = ("workspace",)
    search_fields = ("public_id__exact",)
    search_help_text = "An id."
    actions = ("enable",)
    fields = (
        *("public_id", "workspace", "url", "format", "events", "entity_id", "is_listed"),
        *("created", "state", "failing", "due", "deliveries"),
    )
    readonly_fields = ("created", "state", "failing", "due", "deliveries")

    created = instant_field("created_at", "created")
    failing = instant_field("failing_since", "failing since")
    due = instant_field("due_at", "next delivery")

    def view_on_site(self, endpoint: Endpoint) -> str:
        return webhooks_path(endpoint.workspace)

    def has_update_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("vid_trans_api.change_endpoint")

    @admin.action(description="Enable", permissions=["update"])
    def enable(self, request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
        count = 0
        for endpoint in endpoints:
            if endpoint.is_enabled:
                continue
            try:
                enable(endpoint)
            except EndpointNotFound as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                count += 1
                self.log_change(request, endpoint, "Enabled.")
        self.message_user(request, f"Enabled: {count}.", messages.SUCCESS)

    @admin.display(description="state")
    def state(self, endpoint: Endpoint) -> str:
        return "enabled" if endpoint.is_enabled else f"disabled: {endpoint.disabled_reason}"

    @admin.display(description="deliveries")
    def deliveries(self, endpoint: Endpoint) -> str:
        return _link_to_deliveries("endpoint__id__exact", endpoint.pk)


@admin.register(Event)
class EventAdmin(WebhookAdmin):
    list_display = ("public_id", "type", "subject", "created", "deliveries", "workspace")
    list_select_related = ("workspace",)
    search_fields = ("public_id__exact",)
    search_help_text = "An id."
    fields = (
        *("public_id", "workspace", "format", "type", "subject", "created", "payload"),
        "deliveries",
    )
    readonly_fields = ("created", "payload", "deliveries")

    created = instant_field("created_at", "created")

    @admin.display(description="payload")
    def payload(self, event: Event) -> str:
        return format_html("<pre>{}</pre>", format_payload(event))

    @admin.display(description="deliveries")
    def deliveries(self, event: Event) -> str:
        return _link_to_deliveries("event__number__exact", event.pk)


class AttemptInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = DeliveryAttempt
    fields = ("made", "status", "milliseconds", "error", "response", "sent_headers")
    readonly_fields = fields
    extra = 0
    verbose_name_plural = "attempts"
    can_delete = False

    made = instant_field("at", "at")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="headers as sent")
    def sent_headers(self, attempt: DeliveryAttempt) -> str:
        lines = "\n".join(f"{name}: {value}" for name, value in attempt.headers)
        return format_html("<pre>{}</pre>", lines)


@admin.register(Delivery)
class DeliveryAdmin(WebhookAdmin):
    list_display = ("number", "type", "badge", "attempts", "next_try", "endpoint", "workspace")
    list_filter = (StateFilter,)
    list_select_related = ("event", "endpoint__workspace")
    search_fields = ("event__public_id__exact",)
    search_help_text = "The id of an event."
    actions = ("send_again",)
    inlines = (AttemptInline,)
    fields = (
        *("event", "endpoint", "workspace", "kind", "slow_seconds", "badge", "attempts"),
        "next_try",
    )
    readonly_fields = ("workspace", "badge", "attempts", "next_try")

    next_try = instant_field("due_at", "next try")

    def view_on_site(self, delivery: Delivery) -> str:
        return delivery_path(delivery)

    def has_update_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("vid_trans_api.change_delivery")

    @admin.action(description="Send again", permissions=["update"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        count = 0
        for delivery in reversed(deliveries):  # the oldest first
            try:
                send_again(delivery)
            except DeliveryNotFound as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                count += 1
                self.log_change(request, delivery, "Sent again.")
        self.message_user(request, f"To be sent again: {count}.", messages.SUCCESS)

    @admin.display(description="type")
    def type(self, delivery: Delivery) -> str:
        return delivery.event.type

    @admin.display(description="state")
    def badge(self, delivery: Delivery) -> str:
        return format_html(
            '<span class="badge badge-{}">{}</span>', delivery.state, delivery.state.capitalize()
        )

    @admin.display(description="attempts")
    def attempts(self, delivery: Delivery) -> int:
        return delivery.attempt_count

    @admin.display(description="workspace")
    def workspace(self, delivery: Delivery) -> str:
        return str(delivery.endpoint.workspace)


def _link_to_deliveries(lookup: str, value: Any) -> str:
    path = reverse("admin:vid_trans_api_delivery_changelist")
    return format_html('<a href="{}?{}={}">Deliveries</a>', path, lookup, value)
