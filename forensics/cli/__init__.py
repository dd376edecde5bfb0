"""The command line: one file per group of verbs, loaded only when a verb is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from forensics import __version__
from forensics.cli.output import run

VERBS: dict[str, str] = {
    "new": "forensics.cli.case:new",
    "collect": "forensics.cli.collect:collect",
    "analyze": "forensics.cli.analyze:analyze",
    "subject": "forensics.cli.subject:subject",
    "faces": "forensics.cli.faces:faces",
    "compare": "forensics.cli.compare:compare",
    "match": "forensics.cli.match:match",
    "compare-labels": "forensics.cli.compare_labels:compare_labels",
    "confirm": "forensics.cli.confirm:confirm",
    "state": "forensics.cli.state:state",
    "money": "forensics.cli.money:money",
    "spread": "forensics.cli.spread:spread",
    "search": "forensics.cli.search:search",
    "exhibit": "forensics.cli.exhibit:exhibit",
    "status": "forensics.cli.case:status",
    "report": "forensics.cli.report:report",
    "notice": "forensics.cli.notice:notice",
    "bundle": "forensics.cli.report:bundle",
    "verify": "forensics.cli.verify:verify",
    "log": "forensics.cli.case:log",
    "stamp": "forensics.cli.case:stamp",
    "erase": "forensics.cli.case:erase",
    "validate": "forensics.cli.validate:validate",
    "doctor": "forensics.cli.doctor:doctor",
    "key": "forensics.cli.key:key",
}
"""Verb to `module:command`, in the order of work."""

SUMMARIES: dict[str, str] = {
    "new": "Open a new case.",
    "collect": "Capture pages, media and files into a case, hashed and time-stamped.",
    "analyze": "Examine what was collected.",
    "subject": "Register whose face may be compared, with photos and legal basis.",
    "faces": "Show who appears where, and compare faces where a legal basis is recorded.",
    "compare": "Hold a questioned clip or picture against its suspected original.",
    "match": "Find which items show the same footage or picture, whole or in part.",
    "compare-labels": "State which labels one of two copies has and the other has not.",
    "confirm": "Say what a screenshot shows, as its text was read.",
    "state": "Record what a person states: accounts, costs, the mandate, facts.",
    "money": "Add up payments that chats, screenshots and bills state, apart by how sure it is.",
    "spread": "Show how far posted files were passed on.",
    "search": "Find words in chats, pages, pictures that were read, labels and bills.",
    "exhibit": "Select items and findings as exhibits for elements of proof.",
    "status": "Show what a case holds and what it lacks, element by element.",
    "report": "Write the PDF and HTML report, the papers and the catalogue of evidence.",
    "notice": "Write a notice to a platform, from fields that are checked first.",
    "bundle": "Build the signed evidence packet.",
    "verify": "Check a case, a packet or a sealed PDF, offline.",
    "log": "Show the custody log.",
    "stamp": "Ask for the time stamps that are still missing.",
    "erase": "Erase an item, visibly, to meet a duty to delete.",
    "validate": "Measure error rates of a method on labelled media.",
    "doctor": "Show what this machine can do, and how to mend what it cannot.",
    "key": "Make, show, add, retire and revoke signing keys.",
}


class Verbs(click.Group):
    """A group whose commands are imported when they are used, so that `--help` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names the verbs in the order of work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Imports one verb."""
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Lists the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="forensics")
def forensics() -> None:
    """Collect media into a case, examine it, and build evidence packets that anyone can verify.

    A case is a folder. `forensics VERB --help` explains a verb. Exit codes: 0 done, 1 error, 2 usage, 3 done with gaps,
    10 integrity failure, 20 nothing captured, 30 tool missing.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Runs the command line and exits with its code."""
    run(forensics, arguments)
