"""Answers what pages want of their user, as nobody is there: alerts are seen, everything else is declined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage.recorder_guard import INSIDE
from forensics.collectors.webpage.recorder_ledger import Ledger
from forensics.collectors.webpage.recorder_targets import Targets
from forensics.web.cdp import Connection

ACCEPTED = ("alert", "beforeunload")
"""Dialogs that are accepted: one that only tells something, and the question whether to leave a page."""
OPENED = ("about", "file", "ftp", "http", "https", "javascript", *INSIDE)
"""Schemes that a browser opens itself; others it hands to other programs, and here to none."""

Event = Mapping[str, Any]


class Prompts:
    """Answers dialogs and file choosers at once, and writes down what was asked."""

    def __init__(self, connection: Connection, *, targets: Targets, ledger: Ledger) -> None:
        self._connection, self._targets, self._ledger = connection, targets, ledger
        connection.on("Page.javascriptDialogOpening", self._dialog)
        connection.on("Page.fileChooserOpened", self._file_chooser)
        connection.on("Network.requestWillBeSent", self._request)
        connection.on("Target.attachedToTarget", self._attached)

    def _dialog(self, event: Event, session: str) -> None:
        kind = str(event["type"])
        is_accepted = kind in ACCEPTED
        self._ledger.dialog(
            kind,
            str(event["message"]),
            answer="accepted" if is_accepted else "dismissed",
            url=str(event["url"]),
            page=self._targets.page_of(session),
        )
        answer = self._connection.call("Page.handleJavaScriptDialog", {"accept": is_accepted}, session=session)
        self._connection.spawn(answer)

    def _file_chooser(self, event: Event, session: str) -> None:
        page = self._targets.page_of(session)
        self._ledger.dialog("file-chooser", str(event.get("mode", "")), answer="denied", page=page)

    def _request(self, event: Event, session: str) -> None:
        url = str(event["request"]["url"])
        if urlsplit(url).scheme not in OPENED:
            page = self._targets.page_of(session)
            self._ledger.dialog("external-protocol", "", answer="denied", url=url, page=page)

    def _attached(self, event: Event, session: str) -> None:
        info = event["targetInfo"]
        if info["type"] == "service_worker" and session:
            page = self._targets.page_of(session)
            self._ledger.dialog("service-worker", "", answer="denied", url=str(info["url"]), page=page)
