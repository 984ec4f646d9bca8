"""Processes that are forked, or spawned, from one that has uploaded files and reads manifests."""

from __future__ import annotations

import os

import pytest

from .workshop import Workshop

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.long)])
def test_multiprocessing(workshop: Workshop, method: str) -> None:
    """Workers of a pool do so, and the parent does before and after."""
    workshop.run(
        f"""
        import multiprocessing
        import shop

        if __name__ == "__main__":
            shop.work("before")
            with multiprocessing.get_context({method!r}).Pool(2) as pool:
                assert pool.map(shop.work, ["one", "two"], 1) == ["done by one", "done by two"]
            shop.work("after")
        """
    )
    workshop.expect_uploads("before", "one", "two", "after")


def test_a_fork_beside_busy_threads(workshop: Workshop) -> None:
    """Whatever lock a thread of the parent holds just then, no child waits for it."""
    workshop.run(
        """
        import os
        import threading
        import shop

        shop.work("parent")
        over = threading.Event()

        def upload():
            while not over.is_set():
                shop.upload("parent", force_refresh=True)

        def look():
            while not over.is_set():
                shop.CDN.reload(shop.app)
                shop.ask()

        threads = [threading.Thread(target=target) for target in (upload, look, look)]
        for thread in threads:
            thread.start()
        children = []
        for number in range(3):
            child = os.fork()
            if not child:
                shop.work(f"child-{number}")
                os._exit(0)
            children.append(child)
        failures = [os.waitpid(child, 0)[1] for child in children]
        over.set()
        assert not any(failures), failures
        """
    )
    workshop.expect_uploads("parent", *(f"child-{number}" for number in range(3)))


@pytest.mark.parametrize(
    ("module", "task"),
    [
        ("flask_cdn_stack.compat.create_all", "shop.upload(name)"),
        ("boto3", "shop.upload(name)"),
        ("urllib.request", "assert shop.ask().endswith('?c=abc')"),
    ],
)
def test_a_fork_while_a_thread_imports(workshop: Workshop, module: str, task: str) -> None:
    """Waits for it: no child ever sees the end of an import that was begun before it."""
    (workshop.folder / "manifest.txt").write_text("abc  static/app.css\n")
    workshop.environment["MANIFEST"] = (workshop.folder / "manifest.txt").as_uri()
    workshop.run(
        f"""
        import os
        import sys
        import threading
        import time
        import shop

        class Slow:
            begun = threading.Event()

            def find_spec(self, name, path, target=None):
                if name == {module!r}:
                    self.begun.set()
                    time.sleep(0.3)

        def work(name):
            {task}

        sys.meta_path.insert(0, Slow())
        thread = threading.Thread(target=work, args=["parent"])
        thread.start()
        assert Slow.begun.wait(10)
        child = os.fork()
        if not child:
            work("child")
            os._exit(0)
        thread.join()
        assert os.waitpid(child, 0)[1] == 0
        """
    )
