"""CloudFront Functions, run for real: by QuickJS in this process, or by node where that is on the path.

QuickJS has no wheels for every Python. Neither of the two has what only CloudFront's own runtime has: the modules
``crypto`` and ``querystring``, and of the module ``cloudfront`` all but ``updateRequestOrigin``.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any, Protocol

#: Seconds that one call may take. CloudFront's own limit is a share of a millisecond, which it names "compute
#: utilization"; this one only ends what never would.
TIME_LIMIT = 0.5

#: Where an outcome says what its function gave to ``updateRequestOrigin``.
ORIGIN = "updatedOrigin"

# The module ``cloudfront`` as a plain object. Each event is answered before the next one comes.
_MODULE = """
const __cloudfront = {
    updated: null,
    updateRequestOrigin(properties) { this.updated = Object.assign(this.updated || {}, properties); },
};
async function __answer(event) {
    __cloudfront.updated = null;
    const made = await handler(event);
    return __cloudfront.updated && made ? Object.assign({}, made, {updatedOrigin: __cloudfront.updated}) : made;
}
"""
_IMPORT = re.compile(r"^\s*import\s+(\w+)\s+from\s+(['\"])cloudfront\2;?")

# Code that was changed is not run again.
_MOST_CONTEXTS = 32

_MEMORY_LIMIT = 64 * 1024 * 1024


class FunctionError(Exception):
    """A function failed, or nothing can run it."""


class FunctionRunner(Protocol):
    """Runs the code of functions."""

    def run(self, code: str, event: Mapping[str, Any]) -> Any:
        """Return what a function makes of an event.

        :raises FunctionError: it made nothing.
        """

    def stop(self) -> None:
        """Let go of everything."""


def find_runner(environment_path: str | None = None) -> FunctionRunner:
    """Return what runs functions on this machine.

    :param environment_path: where to look for node; None for the process's own path.
    """
    if importlib.util.find_spec("quickjs"):
        return QuickJSRunner()
    node = shutil.which("node", path=environment_path)
    return NodeRunner(node) if node else NoRunner()


class NoRunner:
    """Says that there is nothing to run functions with."""

    def run(self, code: str, event: Mapping[str, Any]) -> Any:
        """Refuse."""
        raise FunctionError("The distribution has a function: install node, or the Python package quickjs, to run it.")

    def stop(self) -> None:
        """There is nothing to stop."""


_QUICKJS_START = """
var __made, __error, console = {log() {}, error() {}};
function __run(text) {
    __made = __error = null;
    __answer(JSON.parse(text)).then(
        (made) => { __made = JSON.stringify(made); }, (error) => { __error = String(error); });
}
"""


class QuickJSRunner:
    """Runs each code in a context of its own. All calls have to come from one thread."""

    def __init__(self) -> None:
        self._contexts: dict[str, Any] = {}

    def run(self, code: str, event: Mapping[str, Any]) -> Any:
        """Return what a function makes of an event."""
        import quickjs

        try:
            context = self._contexts.get(code)
            if context is None:
                if len(self._contexts) == _MOST_CONTEXTS:
                    self._contexts.clear()
                context = self._contexts[code] = self._start(quickjs.Context(), code)
            context.get("__run")(json.dumps(event))
            while context.execute_pending_job():
                pass
            failed, made = context.get("__error"), context.get("__made")
        except quickjs.JSException as error:
            raise FunctionError(str(error).strip()) from error
        return _read_made(failed, made)

    def stop(self) -> None:
        """Forget all contexts."""
        self._contexts.clear()

    def _start(self, context: Any, code: str) -> Any:
        context.set_memory_limit(_MEMORY_LIMIT)
        context.set_time_limit(TIME_LIMIT)
        context.eval(_QUICKJS_START)
        context.eval(_write_script(code))
        return context


_NODE_START = """
const vm = require('vm'), contexts = {};
require('readline').createInterface({input: process.stdin}).on('line', async (line) => {
    const {code, text, timeout} = JSON.parse(line);
    let answer = {};
    try {
        if (!contexts[code]) {
            contexts[code] = vm.createContext({console: {log() {}, error() {}}});
            vm.runInContext(code, contexts[code], {timeout});
        }
        contexts[code].__text = text;
        answer.made = JSON.stringify(await vm.runInContext('__answer(JSON.parse(__text))', contexts[code], {timeout}));
    } catch (error) {
        answer.failed = String(error);
    }
    console.log(JSON.stringify(answer));
});
"""


class NodeRunner:
    """Runs functions in one process of node.

    :param node: the program.
    """

    def __init__(self, node: str) -> None:
        self._node = node
        self._process: subprocess.Popen[str] | None = None

    def run(self, code: str, event: Mapping[str, Any]) -> Any:
        """Return what a function makes of an event."""
        if self._process is None:
            self._process = subprocess.Popen(
                [self._node, "-e", _NODE_START], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
        assert self._process.stdin
        assert self._process.stdout
        question = {"code": _write_script(code), "text": json.dumps(event), "timeout": int(TIME_LIMIT * 1000)}
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            self.stop()
            raise FunctionError("node ended before it answered.") from error
        return _read_made(answer.get("failed"), answer.get("made"))

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()


def _write_script(code: str) -> str:
    """Return code as neither of the two takes it for a module."""
    return _MODULE + _IMPORT.sub(r"const \1 = __cloudfront;", code)


def _read_made(failed: str | None, made: str | None) -> Any:
    if failed is not None:
        raise FunctionError(failed)
    if made is None:
        raise FunctionError("handler returned nothing.")
    return json.loads(made)
