"""The stage finetune: one model for every benchmark, start and seed."""
