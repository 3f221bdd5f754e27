"""The pages in the Airflow UI, and the address that WebSub hubs call."""
