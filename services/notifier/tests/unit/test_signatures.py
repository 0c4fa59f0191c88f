from __future__ import annotations

import time
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from unavez_notifier.channels.webhook.signatures import signature_headers
from unavez_notifier.domain.signing_secrets import new_secret, spoken_secret

BODY = b'{"subject":"synthetic"}'


def test_signature_verifies_with_the_reference_library() -> None:
    secret = new_secret()
    headers = signature_headers(uuid4(), BODY, timestamp=int(time.time()), keys=[secret])
    Webhook(spoken_secret(secret)).verify(BODY, headers)


def test_rotated_secret_signs_beside_the_new_one() -> None:
    old, new = new_secret(), new_secret()
    headers = signature_headers(uuid4(), BODY, timestamp=int(time.time()), keys=[new, old])
    Webhook(spoken_secret(old)).verify(BODY, headers)
    Webhook(spoken_secret(new)).verify(BODY, headers)


def test_changed_body_does_not_verify() -> None:
    secret = new_secret()
    headers = signature_headers(uuid4(), BODY, timestamp=int(time.time()), keys=[secret])
    with pytest.raises(WebhookVerificationError):
        Webhook(spoken_secret(secret)).verify(BODY + b" ", headers)


def test_secret_is_shown_as_standard_webhooks_writes_it() -> None:
    shown = spoken_secret(bytes(32))
    assert shown == "whsec_" + "A" * 43 + "="
