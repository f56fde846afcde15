"""What a worker does with a run: claim it, execute its kind of job, publish, or say why not."""
