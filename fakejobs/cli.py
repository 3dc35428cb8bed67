"""The command line: a thin reader of the library. Exit 0 is fine, 1 what was checked is wrong, 2 wrong usage."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from fakejobs.errors import DocumentError, ExpectationError, UsageError


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
    check.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a folder of JSON files")
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
    pace.add_argument("--manual", action="store_true", help="let time stand until POST /__fakejobs__/advance")
    _add_dialects(serve)
    serve.set_defaults(run=_serve)

    dialects = commands.add_parser("dialects", help="list the dialects, and the scenarios that come along")
    _add_dialects(dialects)
    dialects.set_defaults(run=_dialects)
    return parser


def _add_dialects(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dialects", action="append", default=[], type=Path, metavar="DIR", help="a folder that holds further dialects"
    )


def _demo(_chosen: argparse.Namespace) -> int:
    from fakejobs.demo import demo  # noqa: PLC0415 - each command imports what it needs

    demo(print)
    return 0


def _reference(text: str) -> str | Path:
    """Return what a command's argument means: a file that is there, or a name."""
    path = Path(text)
    return path if path.exists() or text.endswith(".json") else text


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for text in paths:
        path = Path(text)
        if not path.is_dir():
            yield path
            continue
        found = sorted(path.rglob("*.json"))
        if not found:
            raise UsageError(f"{path}: the folder holds no JSON file")
        yield from found


def _check(chosen: argparse.Namespace) -> int:
    from fakejobs.conformance import check_document  # noqa: PLC0415
    from fakejobs.scenario.search import Search, find_scenario  # noqa: PLC0415

    if chosen.document and not chosen.dialect:
        raise UsageError("--document goes with --dialect")
    checked = wrong = 0
    for file in _files(chosen.paths):
        checked += 1
        try:
            if chosen.dialect:
                check_document(file, dialect=chosen.dialect, kind=chosen.document, dialects=chosen.dialects)
            else:
                find_scenario(file, Search(dialects=tuple(chosen.dialects)))
        except DocumentError as error:
            print(error)
            wrong += 1
    verdict = "all are right" if not wrong else f"{wrong} {'is' if wrong == 1 else 'are'} wrong"
    print(f"{checked} file{'' if checked == 1 else 's'} checked: {verdict}")
    return 1 if wrong else 0


def _show(chosen: argparse.Namespace) -> int:
    from fakejobs.scenario.search import Search, find_scenario  # noqa: PLC0415
    from fakejobs.show import lifecycle_text  # noqa: PLC0415

    scenario = find_scenario(_reference(chosen.scenario), Search(dialects=tuple(chosen.dialects)))
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
