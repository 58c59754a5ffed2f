"""Which deliveries an event has, by the faults of its job."""

import pytest

from vid_trans_api.simulation.webhook_faults import (
    DeliveryKind,
    PlannedDelivery,
    WebhookFault,
    WebhookRule,
    plan_deliveries,
)

ONCE = PlannedDelivery()


def planned(*rules: WebhookRule, next_end_in: float | None = None) -> list[PlannedDelivery]:
    return plan_deliveries(rules, next_end_in=next_end_in)


@pytest.mark.parametrize(
    ("rule", "deliveries"),
    [
        (WebhookRule(fault=WebhookFault.DUPLICATE), [ONCE, ONCE]),
        (WebhookRule(fault=WebhookFault.DUPLICATE, times=3), [ONCE] * 4),
        (WebhookRule(fault=WebhookFault.LATE, seconds=30), [PlannedDelivery(delay=30)]),
        (WebhookRule(fault=WebhookFault.LOST), [PlannedDelivery(is_lost=True)]),
        (WebhookRule(fault=WebhookFault.SLOW, seconds=5), [PlannedDelivery(slow_seconds=5)]),
        (WebhookRule(fault=WebhookFault.OUT_OF_ORDER), [PlannedDelivery(delay=60)]),
        *(
            (WebhookRule(fault=WebhookFault(kind.value)), [ONCE, PlannedDelivery(kind=kind)])
            for kind in DeliveryKind
            if kind is not DeliveryKind.GENUINE
        ),
    ],
)
def test_fault_changes_the_deliveries(rule: WebhookRule, deliveries: list[PlannedDelivery]) -> None:
    assert planned(rule) == deliveries


def test_event_without_faults_is_sent_once() -> None:
    assert planned() == [ONCE]


def test_event_out_of_order_follows_the_next_end() -> None:
    (delivery,) = planned(WebhookRule(fault=WebhookFault.OUT_OF_ORDER), next_end_in=20)

    assert 20 < delivery.delay < 20.01


def test_faults_are_combined() -> None:
    deliveries = planned(
        WebhookRule(fault=WebhookFault.DUPLICATE),
        WebhookRule(fault=WebhookFault.LATE, seconds=30),
        WebhookRule(fault=WebhookFault.FORGED),
    )

    late = PlannedDelivery(delay=30)
    assert deliveries == [late, late, PlannedDelivery(kind=DeliveryKind.FORGED, delay=30)]


@pytest.mark.parametrize(
    "rule",
    [
        WebhookRule(fault=WebhookFault.LOST),
        WebhookRule(fault=WebhookFault.DUPLICATE, times=3),
        WebhookRule(fault=WebhookFault.LATE, seconds=2.5),
    ],
)
def test_rule_is_stored_and_read(rule: WebhookRule) -> None:
    assert WebhookRule.from_json(rule.to_json()) == rule
