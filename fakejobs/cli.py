"""The command line: a thin reader of the library. Exit 0 is fine, 1 what was checked is wrong, 2 wrong usage."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fakejobs.errors import DocumentError, ExpectationError, UsageError

if TYPE_CHECKING:
    from fakejobs.scenario.search import Search


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
    except UsageError as error:
        print(f"fakejobs: {error}", file=sys.stderr)
        return 2
    except (DocumentError, ExpectationError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fakejobs", description="A fake of asynchronous-job HTTP APIs, for tests.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="watch a poller follow scripted jobs, in no time")
    demo.set_defaults(run=_demo)

    check = commands.add_parser("check", help="check scenarios, or with --dialect a vendor's documents")
    check.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or the name of one that comes along")
    check.add_argument("--dialect", help="the paths hold a vendor's documents or replies of this dialect")
    check.add_argument("--document", help="which of the dialect's documents they are (with --dialect), like item")
    _add_dialects(check)
    check.set_defaults(run=_check)

    show = commands.add_parser("show", help="print a scenario's lifecycles as text")
    show.add_argument("scenario", metavar="PATH", help="a file, or the name of a scenario that comes along")
    show.add_argument("--documents", action="store_true", help="print the document of each step too")
    _add_dialects(show)
    show.set_defaults(run=_show)

    new = commands.add_parser("new", help="print a scenario to begin with")
    new.add_argument("dialect", metavar="DIALECT")
    new.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to a file that is not there yet")
    _add_dialects(new)
    new.set_defaults(run=_new)

    serve = commands.add_parser("serve", help="serve scenarios over HTTP, for clients in any language")
    serve.add_argument("scenarios", nargs="+", metavar="PATH", help="files, or names of scenarios that come along")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=0, help="the port to listen on (default: any that is free)")
    pace = serve.add_mutually_exclusive_group()
    pace.add_argument("--speed", type=float, default=1.0, metavar="N", help="let time run N times as fast")
    pace.add_argument("--manual", action="store_true", help="move time by POST /__fakejobs__/advance and delays alone")
    _add_dialects(serve)
    serve.set_defaults(run=_serve)

    dialects = commands.add_parser("dialects", help="list the dialects, and the scenarios that come along")
    _add_dialects(dialects)
    dialects.set_defaults(run=_dialects)
    return parser


def _add_dialects(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dialects", action="append", default=[], type=_dialects_in, metavar="DIR", help="a folder of further dialects"
    )


def _dialects_in(text: str) -> Path:
    """Return the folder of an argument, in which dialects lie, each in a folder of its own name."""
    folder = Path(text)
    wrong = None
    if not folder.is_dir():
        wrong = "there is no such folder"
    elif (folder / "dialect.json").is_file():
        wrong = f"found the folder of one dialect; right would be the one it lies in, {folder.resolve().parent}"
    elif not any(folder.glob("*/dialect.json")):
        wrong = "found a folder without dialects; right would be one that holds NAME/dialect.json"
    if wrong is not None:
        raise argparse.ArgumentTypeError(f"{text}: {wrong}")
    return folder


def _demo(_chosen: argparse.Namespace) -> int:
    from fakejobs.demo import demo  # noqa: PLC0415 - each command imports what it needs

    demo(print)
    return 0


def _reference(text: str) -> str | Path:
    """Return what a command's argument means: a file that is there or should be, or a name that comes along."""
    path = Path(text)
    is_path = path.exists() or path.is_absolute() or text.startswith(".") or text.endswith(".json")
    return path if is_path else text


def _search(chosen: argparse.Namespace) -> Search:
    """Return where scenarios and dialects are looked for: files from here, dialects where the option says."""
    from fakejobs.scenario.search import Search  # noqa: PLC0415

    return Search(folders=(Path(),), dialects=tuple(chosen.dialects))


def _files(path: Path) -> list[Path]:
    """Return a file, or the JSON files of a folder."""
    if not path.is_dir():
        return [path]
    from fakejobs.documents.neighbours import json_files_below  # noqa: PLC0415

    found = sorted(path / name for name in json_files_below(path, sys.maxsize))
    if not found:
        raise UsageError(f"{path}: the folder holds no JSON file")
    return found


def _checks(chosen: argparse.Namespace) -> Iterator[Callable[[], object]]:
    """Yield the check of each file or name of a command; it raises `DocumentError` for what is wrong."""
    from fakejobs.conformance import check_document  # noqa: PLC0415
    from fakejobs.scenario.search import find_scenario  # noqa: PLC0415

    of = {"dialect": chosen.dialect, "kind": chosen.document, "dialects": chosen.dialects}
    for text in chosen.paths:
        if chosen.dialect:
            yield from (partial(check_document, file, **of) for file in _files(Path(text)))
            continue
        reference = _reference(text)
        found = _files(reference) if isinstance(reference, Path) else [reference]
        yield from (partial(find_scenario, each, _search(chosen)) for each in found)


def _check(chosen: argparse.Namespace) -> int:
    if chosen.document and not chosen.dialect:
        raise UsageError("--document goes with --dialect")
    checked = wrong = 0
    for check in _checks(chosen):
        checked += 1
        try:
            check()
        except DocumentError as error:
            print(error)
            wrong += 1
    verdict = "all are right" if not wrong else f"{wrong} {'is' if wrong == 1 else 'are'} wrong"
    print(f"{checked} file{'' if checked == 1 else 's'} checked: {verdict}")
    return 1 if wrong else 0


def _show(chosen: argparse.Namespace) -> int:
    from fakejobs.scenario.search import find_scenario  # noqa: PLC0415
    from fakejobs.show import lifecycle_text  # noqa: PLC0415

    scenario = find_scenario(_reference(chosen.scenario), _search(chosen))
    print(lifecycle_text(scenario, documents=chosen.documents))
    return 0


def _new(chosen: argparse.Namespace) -> int:
    from fakejobs.dialect.loader import dialect  # noqa: PLC0415
    from fakejobs.show import starter  # noqa: PLC0415

    text = json.dumps(starter(dialect(chosen.dialect, chosen.dialects)), indent=2) + "\n"
    if chosen.output is None:
        print(text, end="")
        return 0
    try:
        with chosen.output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{chosen.output}: there is such a file, which stays as it is; name another") from error
    except OSError as error:
        raise UsageError(f"{chosen.output}: {error.strerror}") from error
    print(f"wrote {chosen.output}")
    return 0


def _serve(chosen: argparse.Namespace) -> int:
    from fakejobs.serve import serve  # noqa: PLC0415

    scenarios = [_reference(text) for text in chosen.scenarios]
    serve(
        scenarios,
        host=chosen.host,
        port=chosen.port,
        speed=None if chosen.manual else chosen.speed,
        dialects=chosen.dialects,
        say=lambda line: print(line, flush=True),
    )
    return 0


def _dialects(chosen: argparse.Namespace) -> int:
    from fakejobs.dialect.loader import dialect, dialect_names  # noqa: PLC0415
    from fakejobs.scenario.search import shipped_names  # noqa: PLC0415

    for name in dialect_names(chosen.dialects):
        found = dialect(name, chosen.dialects)
        print(f"{name}: {found.title} ({', '.join(found.states)})")
        for scenario in shipped_names():
            if scenario.startswith(f"{name}/"):
                print(f"  {scenario}")
    return 0
