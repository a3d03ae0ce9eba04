"""What make runs, and the real Airflow that tests and demo share. Nothing here is shipped."""
