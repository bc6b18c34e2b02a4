"""The networks over the pose encoder that the tasks choose from; here, so that a task's file needs no torch."""
