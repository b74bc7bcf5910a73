"""PostgreSQL and Valkey as child processes of ours, from the wheels that carry their programs.

This package finds the programs, starts, health-checks and stops them; everything else talks to
them by URL and cannot tell them from servers that somebody else runs.
"""

from gymhopper.chassis.engines.embedded import EmbeddedEngines, Engines
from gymhopper.chassis.engines.errors import DataFolderHeld, EngineError
from gymhopper.chassis.engines.programs import postgres_program

__all__ = ["DataFolderHeld", "EmbeddedEngines", "EngineError", "Engines", "postgres_program"]
