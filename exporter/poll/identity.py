"""By what a sample is found again, whatever its labels become."""

from exporter.model import Sample


def key_of_labels(labels: tuple[str, ...]) -> str:
    """The key of a folded sample that has none of its own: its original labels."""
    return "\x1f".join(("", *labels))


def keyed(sample: Sample) -> Sample:
    """A sample that is found again whatever its labels become: by its partition and key, or its labels."""
    if sample.partition or sample.key:
        return sample
    return sample._replace(key=key_of_labels(sample.labels))
