"""What can go wrong with an engine."""

from gymhopper.kernel.errors import GymhopperError


class EngineError(GymhopperError):
    """An engine could not be found, started or stopped."""

    code = "engine_error"


class DataFolderHeld(EngineError):
    """Another live process owns the data folder."""

    code = "data_folder_held"
