"""What a test does to the simulator: data put in, faults, the truth asked for."""
