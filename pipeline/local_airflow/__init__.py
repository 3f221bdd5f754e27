"""A real Airflow on this machine, for ``copydesk up``, the demo and the tests."""

from pipeline.local_airflow.api import task_log
from pipeline.local_airflow.ports import choose_port, free_port
from pipeline.local_airflow.progress import Progress, printed_progress
from pipeline.local_airflow.standalone import AirflowError, Standalone
from pipeline.local_airflow.up import for_config, interruptible, login_line, stay, up

__all__ = [
    "AirflowError", "Progress", "Standalone", "choose_port", "for_config", "free_port", "interruptible", "login_line",
    "printed_progress", "stay", "task_log", "up",
]  # fmt: skip
