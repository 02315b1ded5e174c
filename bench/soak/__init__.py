"""Whether memory, descriptors, tasks and the state file stay as they are while days pass."""
