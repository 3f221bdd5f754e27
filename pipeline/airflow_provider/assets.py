"""The two Assets that ``ingest`` tells of: in Airflow 3.3 a partitioned event starts no plain DAG, a plain one no
partitioned DAG.

Of each, an event says only that something changed; what changed stands in the change log.
"""

from __future__ import annotations

from airflow.sdk import Asset

# Each run that changed a story; ``extra``: ``changes`` and ``last``, the last line's number.
STORIES = Asset("copydesk_stories", uri="copydesk://stories")
# A partition for each day (UTC, YYYY-MM-DD) on which a changed story was first seen; ``extra``: ``stories`` by day.
DAYS = Asset("copydesk_days", uri="copydesk://days")
