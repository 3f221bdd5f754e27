-- Airflow's own database, beside the store's, which the image makes.
CREATE DATABASE airflow;
