"""The Copydesk page in the Airflow UI, for an Airflow that does not find the package's own entry point.

Airflow executes every file of this folder: keep it the only one.
"""

from pipeline.airflow_provider.plugin import CopydeskPlugin as CopydeskPlugin
