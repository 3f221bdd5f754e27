"""Stories handed over as files: one view of the store, each file whole or not there, the manifest last."""
