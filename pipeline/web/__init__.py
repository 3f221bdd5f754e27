"""The pages in the Airflow UI."""
