"""botocore's descriptions of services, which take most of the time in which a client is made."""

from __future__ import annotations

import gzip
import json
import os
from typing import Any

import botocore.session
from botocore.loaders import JSONFileLoader, Loader, create_loader


class ModelFiles(JSONFileLoader):
    """Reads them in a third of botocore's time, whose ``OrderedDict`` is from when a dict kept no order."""

    def load_file(self, file_path: str) -> Any:
        """Return what a file says, given its path without the end; None where there is none."""
        for end, open_file in ((".json", open), (".json.gz", gzip.open)):
            if os.path.isfile(f"{file_path}{end}"):
                with open_file(f"{file_path}{end}", "rb") as file:
                    return json.loads(file.read())
        return None


class ModelLoader(Loader):
    """Knows services by their folders. botocore looks into each of its nine hundred, twice for every client."""

    def list_available_services(self, type_name: str) -> list[str]:
        """Return the names of all services, also of those that have no description of a type."""
        return sorted({name for path in self.search_paths if os.path.isdir(path) for name in os.listdir(path)})


def use_model_files(session: botocore.session.Session) -> None:
    """Let a session read its descriptions so, from the folders that ``AWS_DATA_PATH`` names, too."""
    if isinstance(session.get_component("data_loader"), ModelLoader):
        return
    paths = create_loader(session.get_config_variable("data_path")).search_paths
    loader = ModelLoader(extra_search_paths=paths, file_loader=ModelFiles(), include_default_search_paths=False)
    session.register_component("data_loader", loader)
