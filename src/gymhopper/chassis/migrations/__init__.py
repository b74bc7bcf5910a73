"""The chassis' own tables, and the environment in which every context migrates."""
