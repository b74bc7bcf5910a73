"""Takes over the data of other systems, through the use cases of the contexts."""
