"""The world that meets the faults."""

from exporter.simulator.world.people import hire

SEED, DEVELOPERS = 1, 5
SOMEBODY = hire(SEED, DEVELOPERS)[0]
