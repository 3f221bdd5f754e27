"""What installing the package brings to an Airflow: hook and connection type, trigger, sensor, operator, task, page.

Airflow finds it by the entry point ``apache_airflow_provider``. The one part of the package, beside ``local_airflow``,
that knows Airflow; its modules import it, this one does not.
"""

from __future__ import annotations

from typing import Any

ROOM = "pipeline.airflow_provider"
NAME = "Copydesk"


def get_provider_info() -> dict[str, Any]:
    """Return what is here, as Airflow's ``provider_info.schema.json`` has it."""
    return {
        "package-name": "copydesk",
        "name": NAME,
        "description": "One canonical version of each syndicated story: read its store, follow its change log.",
        "integrations": [{"integration-name": NAME, "external-doc-url": "", "tags": ["service"]}],
        "hooks": [{"integration-name": NAME, "python-modules": [f"{ROOM}.hook"]}],
        "triggers": [{"integration-name": NAME, "python-modules": [f"{ROOM}.changes_trigger"]}],
        "sensors": [{"integration-name": NAME, "python-modules": [f"{ROOM}.changes_sensor"]}],
        "operators": [{"integration-name": NAME, "python-modules": [f"{ROOM}.export_operator"]}],
        "connection-types": [
            {"connection-type": "copydesk", "hook-class-name": f"{ROOM}.hook.CopydeskHook", "hook-name": NAME}
        ],
        "task-decorators": [{"name": "copydesk_changes", "class-name": f"{ROOM}.changes_task.copydesk_changes"}],
        "plugins": [{"name": "copydesk", "plugin-class": f"{ROOM}.plugin.CopydeskPlugin"}],
    }
