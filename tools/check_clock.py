"""Names every place that asks the machine or the database for the time.

python tools/check_clock.py [ROOT]; exits 1 when there is one under src. Time is handed in by a
clock (gymhopper.kernel.clock), so that demos and tests move it for the whole system at once.
Seconds that only measure (`time.monotonic`) are free.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from project_files import project_files

THE_CLOCK = "src/gymhopper/kernel/clock.py"
# Ids are ordered by when they were really made, whatever the demo says the time is (RFC 9562).
WALL_TIME = {THE_CLOCK, "src/gymhopper/kernel/ids.py"}
CALLS = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "func": {"now"}}
TIME_CALLS = {"time", "time_ns", "localtime", "gmtime"}
IN_SQL = re.compile(
    r"(?<![\w.])(?:(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)"
    r"\s*\(\s*\)|(?:current_timestamp|localtimestamp|current_date|current_time)\b)",
    re.IGNORECASE,
)


def main(root: Path) -> int:
    found = []
    for path in project_files(root, "src/*.py", "src/*.sql"):
        name = str(path.relative_to(root))
        look = in_python if path.suffix == ".py" else in_sql
        found += [f"{name}:{line}: {what}" for line, what in look(path.read_text(), name)]
    print("\n".join(found) or "clock: nothing asks the machine or the database for the time")
    return 1 if found else 0


def in_sql(text: str, _name: str) -> Iterator[tuple[int, str]]:
    """SQL's own clocks, outside comments."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := IN_SQL.search(line.partition("--")[0]):
            yield number, f"SQL asks for the time: {match[0]}"


def in_python(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Calls that read the machine's clock, and SQL in strings that reads the database's."""
    tree = ast.parse(text, filename=name)
    prose = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if node.attr in CALLS.get(owner, set()) and name != THE_CLOCK:
                yield node.lineno, f"asks for the time: {owner}.{node.attr}"
            if owner == "time" and node.attr in TIME_CALLS and name not in WALL_TIME:
                yield node.lineno, f"asks for the time: time.{node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = IN_SQL.search(node.value)
            if match and node not in prose:
                yield node.lineno, f"SQL asks for the time: {match[0]}"


def docstrings(tree: ast.Module) -> set[ast.Constant]:
    """The strings that are docstrings, or stand alone as a comment would."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
