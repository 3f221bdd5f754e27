"""Quality and speed, measured beside other tools in the same run."""
