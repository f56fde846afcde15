"""SQL of readers over datasets, in a process that can reach nothing but their companions."""
