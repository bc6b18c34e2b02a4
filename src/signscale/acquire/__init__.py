"""The stage acquire: a corpus's raw data, its ledger, its manifest."""
