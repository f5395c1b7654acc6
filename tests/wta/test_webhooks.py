"""Where results may be sent, and what they are signed with."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from wta.cli.keys import keys
from wta.settings import Settings
from wta.webhooks import check_secret, endpoints, new_secret


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example/hook", "a.example"),
        ("https://10.0.0.5:8443/hook", "10.0.0.5"),
        ("http://localhost:9000/", "localhost"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://[::1]:80/x", "::1"),
        ("http://receiver:8080/hook", "receiver"),
    ],
)
def test_a_good_address_of_a_webhook_is_taken(url: str, host: str) -> None:
    (endpoint,) = endpoints(f" {url} ,", "receiver")
    assert (endpoint.url, endpoint.host) == (url, host)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/t0ken", "http://10.0.0.5/t0ken", "http://169.254.169.254/t0ken",
        "https://169.254.169.254/t0ken", "https://[fe80::1]/t0ken", "https://0.0.0.0/t0ken", "https://224.0.0.1/t0ken",
        "ftp://a.example/t0ken", "file:///t0ken", "a.example/t0ken", "https://", "https://[t0ken",
        "https://a.example:t0ken/", "http://127.0.0.1.a.example/t0ken", "http://localhost@a.example/t0ken",
    ],
)  # fmt: skip
def test_a_forbidden_address_of_a_webhook_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(webhook_urls=url, webhook_secret=new_secret(), _env_file=None)
    message = caught.value.errors(include_input=False)[0]["msg"]
    assert "WTA_WEBHOOK_URLS" in message and "t0ken" not in message


def test_an_address_needs_a_secret() -> None:
    with pytest.raises(ValidationError, match="WTA_WEBHOOK_SECRET"):
        Settings(webhook_urls="https://a.example/", _env_file=None)
    with pytest.raises(ValueError, match="twice"):
        endpoints("https://a.example/,https://a.example/")


@pytest.mark.parametrize("secret", ["", "t0ken", "whsec_", "whsec_dDBrZW4=", "whsec_t0ken!", new_secret()[6:]])
def test_a_malformed_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and 24 to 64") as caught:
        check_secret(secret)
    assert "t0ken" not in str(caught.value)


def test_a_secret_is_not_shown() -> None:
    secret = new_secret()
    check_secret(secret)
    assert secret not in repr(Settings(webhook_secret=secret, _env_file=None))


def test_the_command_line_makes_a_webhook_secret() -> None:
    made = CliRunner().invoke(keys, ["webhook"])
    name, _, secret = made.stdout.strip().partition("=")
    assert (made.exit_code, name) == (0, "WTA_WEBHOOK_SECRET")
    check_secret(secret)
