"""Pre-training and fine-tuning loops, schedules, checkpoints."""
