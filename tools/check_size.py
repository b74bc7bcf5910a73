"""Names every file over 400 lines and every Python function over 50 statements.

python tools/check_size.py [ROOT]; exits 1 when there is one. Both are signs to split by meaning.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from project_files import project_files

MAX_LINES = 400
MAX_STATEMENTS = 50
SOURCES = ("*.py", "*.sql", "*.lua", "*.ts", "*.tsx", "*.css", "*.sh")


def main(root: Path) -> int:
    found = [line for path in project_files(root, *SOURCES) for line in oversized(path, root)]
    print("\n".join(found) or "sizes: all files and functions are small enough")
    return 1 if found else 0


def oversized(path: Path, root: Path) -> Iterator[str]:
    """A line for the file and for each of its functions that are too long."""
    text, name = path.read_text(), path.relative_to(root)
    lines = len(text.splitlines())
    if lines > MAX_LINES:
        yield f"{name}: {lines} lines, {MAX_LINES} at most"
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text, filename=str(name))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                statements = statements_of(node)
                if statements > MAX_STATEMENTS:
                    where = f"{name}:{node.lineno}: {node.name}"
                    yield f"{where} has {statements} statements, {MAX_STATEMENTS} at most"


def statements_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """All statements in its body, those of inner blocks and functions too, but no docstring."""
    inside = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
    return inside - (ast.get_docstring(function, clean=False) is not None)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
