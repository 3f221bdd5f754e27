"""What is new, told by one of Airflow's notifiers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

    from pipeline.config.settings import NotifyConfig


def send_notice(config: NotifyConfig, title: str, text: str, context: Mapping[str, Any]) -> None:
    """Have the notifier send what is new. Raises ConfigError where it cannot be made, and whatever it raises itself."""
    make_notifier(config)({**context, "copydesk": {"title": title, "text": text}})


def make_notifier(config: NotifyConfig) -> BaseNotifier:
    """Return the notifier that the config names. Raises ConfigError."""
    module_name, _, name = config.notifier.rpartition(".")
    try:
        notifier: BaseNotifier = getattr(import_module(module_name), name)(**config.arguments)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        todo = "name a class that is installed, and the arguments that it takes"
        raise ConfigError(f"cannot be made: {error}", concerns="[notify] notifier", todo=todo) from error
    return notifier
