"""Writes a case as CASE/UCO JSON-LD, the form in which laboratories exchange what was done with which evidence.

It says what the report says and hides what the report hides: names and statements about masked items, registered
persons, members of chats, paths on the examiner's machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forensics import __version__
from forensics.codec import canonical
from forensics.model import Acquisition, Artifact, Committed, Finding, Item, Snapshot, Tool
from forensics.reporter.case_uco_node import CONTEXT, Graph, Node, count, hexadecimal, moment, reference
from forensics.reporter.facts import CaseFacts, ItemFacts, Observation, gather, seq_of

ONTOLOGY = "CASE 1.4"
"""Version of the ontology that the names are of; later ones of the same major number accept them."""

FILE_NAME = "case.jsonld"
_ROLES = ("original", "warc", "wacz", "html", "dom", "mhtml", "pdf-print", "screenshot-full", "screenshot-viewport")
"""Roles of artifacts that show the evidence itself; the others tell of the attempt and stay in the case."""


def render(snapshot: Snapshot) -> bytes:
    """Gives `case.jsonld`. The same snapshot gives the same bytes.

    Source: CASE 1.4.0 and UCO 1.4.0 (https://caseontology.org).
    """
    writer = _Writer(gather(snapshot, program=f"forensics {__version__}"), Graph(snapshot.info.id))
    return canonical({"@context": dict(CONTEXT), **writer.bundle()}) + b"\n"


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the nodes of one case; every node is named after the record that it stands for."""

    case: CaseFacts
    graph: Graph

    def bundle(self) -> Node:
        """Writes everything, and gives the bundle that holds it."""
        self._identity()
        for facts in self.case.items:
            self._item(facts)
        for act in self.case.snapshot.acts:
            self._act(act.ref)
        self._findings()
        self._accounts()
        self._investigation()
        return self.graph.bundle(self._summary())

    def _summary(self) -> str:
        snapshot = self.case.snapshot
        root = f"; evidence root {snapshot.root}" if snapshot.root else ""
        return f"Case {snapshot.info.id} as of event {snapshot.as_of}{root}; {ONTOLOGY}."

    def _identity(self) -> None:
        name = ", ".join(filter(None, [self.case.snapshot.info.examiner, self.case.snapshot.info.organisation]))
        self.graph.add("identity:Identity", "examiner", {"core:name": name})

    def _investigation(self) -> None:
        info = self.case.snapshot.info
        self.graph.add(
            "investigation:Investigation",
            "investigation",
            {
                "core:name": info.title,
                "core:description": [self._summary(), *([info.reference] if info.reference else [])],
                "core:startTime": moment(info.opened_at),
                "investigation:investigationForm": "case",
                "core:object": [reference(one) for one in self.graph.ids],
            },
        )

    def _tool(self, tool: Tool) -> Node:
        """Gives the reference of a tool, which is written once for each version."""
        return self.graph.once(
            "tool:Tool", f"tool {tool.name} {tool.version}", {"core:name": tool.name, "tool:version": tool.version}
        )

    def _act(self, ref: str) -> None:
        act = next(one.record for one in self.case.snapshot.acts if one.ref == ref)
        end = next((one.record.ended_at for one in self.case.snapshot.act_ends if one.record.act == ref), None)
        program = act.environment.get("program")
        version = str(program.get("version", "")) if isinstance(program, Mapping) else ""
        self.graph.add(
            "investigation:InvestigativeAction",
            f"act {ref}",
            {
                "core:name": act.verb,
                "core:description": f"Run of the verb {act.verb}; record {ref}.",
                "action:startTime": moment(act.started_at),
                **({"action:endTime": moment(end)} if end else {}),
                "action:performer": self.graph.named("examiner"),
                "action:instrument": [self._tool(Tool("forensics", version))],
            },
        )

    def _item(self, facts: ItemFacts) -> None:
        source = self._source(facts)
        for done in facts.acquisitions:
            self._acquisition(facts, done, source)

    def _source(self, facts: ItemFacts) -> Node | None:
        """Writes the address of an online source; other items have none that may be told."""
        if facts.item.kind != "url" or facts.masked:
            return None
        facet = self.graph.add(
            "observable:URLFacet", f"url facet {facts.item.id}", {"observable:fullValue": str(facts.item.locator)}
        )
        members = {"core:name": facts.item.id, "core:hasFacet": [facet]}
        return self.graph.add("observable:URL", f"url {facts.item.id}", members)

    def _acquisition(self, facts: ItemFacts, done: Committed[Acquisition], source: Node | None) -> None:
        record = done.record
        shown = {one.content_sha256: one for one in record.artifacts if one.role in _ROLES}
        files = [self._file(facts, one) for one in shown.values()]
        objects = {"core:object": files} if files else {}
        told = f"Item {facts.item.id}, {_kind(facts.item)}; record {done.ref}; outcome {record.outcome.value}."
        exhibit = {"investigation:exhibitNumber": facts.item.id, "core:description": told, **objects}
        provenance = self.graph.add("investigation:ProvenanceRecord", f"provenance {done.ref}", exhibit)
        gaps = [f"Not obtained: {gap.what} ({gap.why.value})." for gap in record.gaps if not facts.masked]
        self.graph.add(
            "investigation:InvestigativeAction",
            f"acquisition {done.ref}",
            {
                "core:name": "collect",
                "core:description": [told, *gaps],
                "action:startTime": moment(record.started_at),
                "action:endTime": moment(record.ended_at),
                "action:performer": self.graph.named("examiner"),
                "action:instrument": [self._tool(record.collector)],
                **({"action:object": [source]} if source else {}),
                "action:result": [*files, provenance],
                **self._informed(record.act),
            },
        )

    def _informed(self, act: str) -> dict[str, object]:
        known = any(one.ref == act for one in self.case.snapshot.acts)
        return {"investigation:wasInformedBy": self.graph.named(f"act {act}")} if known else {}

    def _file(self, facts: ItemFacts, artifact: Artifact) -> Node:
        """Writes a content once, whoever acquired it: size and SHA-256, and its name where that is shown."""
        sha256 = artifact.content_sha256
        plain = (artifact.sealed or {}).get("plain")
        size = int(plain["size"]) if plain else artifact.digests.size
        hashed = {"types:hashMethod": "SHA256", "types:hashValue": hexadecimal(sha256)}
        digest = self.graph.once("types:Hash", f"hash {sha256}", hashed)
        content = {
            "observable:hash": [digest],
            "observable:sizeInBytes": count(size),
            "observable:mimeType": artifact.media_type,
        }
        facets = [self.graph.once("observable:ContentDataFacet", f"content {sha256}", content)]
        if not facts.masked:
            names = {"observable:fileName": str(artifact.name), "observable:sizeInBytes": count(size)}
            facets.append(self.graph.once("observable:FileFacet", f"name {sha256}", names))
        members = {"core:description": f"{facts.item.id}: {artifact.role}", "core:hasFacet": facets}
        return self.graph.once("observable:File", f"file {sha256}", members)

    def _findings(self) -> None:
        """Writes one analysis for each event and analyzer, with all that it observed."""
        runs: dict[tuple[int, str, str], list[Observation]] = defaultdict(list)
        for found in self.case.findings:
            runs[seq_of(found.ref), found.finding.analyzer.name, found.finding.analyzer.version].append(found)
        times = {event.seq: event.at for event in self.case.snapshot.events}
        hidden = self._hidden_contents()
        for (seq, name, version), observations in sorted(runs.items()):
            results = [self._finding(found, hidden=hidden) for found in observations]
            subjects = dict.fromkeys(sha256 for found in observations for sha256 in found.finding.subject)
            files = [self.graph.named(f"file {sha256}") for sha256 in subjects if self.graph.has(f"file {sha256}")]
            tools = {(one.name, one.version): one for found in observations for one in _tools(found.finding)}
            self.graph.add(
                "investigation:InvestigativeAction",
                f"analysis {seq} {name} {version}",
                {
                    "core:name": "analyze",
                    "core:description": f"Examination by {name}; recorded by event {seq}.",
                    **({"action:endTime": moment(times[seq])} if seq in times else {}),
                    "action:performer": self.graph.named("examiner"),
                    "action:instrument": [self._tool(tools[key]) for key in sorted(tools)],
                    **({"action:object": files} if files else {}),
                    "action:result": results,
                },
            )

    def _finding(self, found: Observation, *, hidden: Mapping[str, bool]) -> Node:
        """Writes one observation; of what is masked only its kind and result."""
        finding = found.finding
        members: dict[str, object] = {
            "core:name": finding.kind,
            "core:description": f"Record {found.ref}; result {finding.result.value}.",
        }
        if not any(hidden.get(sha256, True) for sha256 in finding.subject):
            limits = [f"Limit: {limit.text}" for limit in finding.limits]
            members["core:statement"] = [finding.statement.text, *limits]
        if finding.kind == "chat.messages" and not any(hidden.get(sha256, True) for sha256 in finding.subject):
            self._thread(found)
        return self.graph.add("analysis:AnalyticResult", f"finding {found.ref}", members)

    def _hidden_contents(self) -> dict[str, bool]:
        """Gives whether anything may be said about a content: of what no item has, and what a masked one has, not."""
        hidden: dict[str, bool] = {}
        for facts in self.case.items:
            for done in facts.acquisitions:
                for artifact in done.record.artifacts:
                    for sha256 in (artifact.content_sha256, artifact.digests.sha256):
                        hidden[sha256] = hidden.get(sha256, False) or facts.masked
        return hidden

    def _thread(self, found: Observation) -> None:
        """Writes a chat with its counts; neither its messages nor its members."""
        values = found.finding.values
        parts = [f"{name}: {values[name]}" for name in _THREAD if values.get(name) is not None]
        facet = self.graph.add("observable:MessageThreadFacet", f"thread facet {found.ref}", {})
        members = {"core:name": found.ref, "core:description": parts or ["no counts"], "core:hasFacet": [facet]}
        self.graph.add("observable:MessageThread", f"thread {found.ref}", members)

    def _accounts(self) -> None:
        """Writes the accounts in question, as persons named them for the case."""
        for one in self.case.stated("account"):
            name = str(one.record.values.get("name", ""))
            facet = self.graph.add(
                "observable:AccountFacet", f"account facet {one.record.id}", {"observable:accountIdentifier": name}
            )
            told = f"An account in question as stated in {one.record.id}; whose it is, is not shown."
            members = {"core:description": told, "core:hasFacet": [facet]}
            self.graph.add("observable:DigitalAccount", f"account {one.record.id}", members)


_THREAD = ("format", "count", "members", "first_at", "last_at")
"""Values of a finding `chat.messages` that are written, where they are numbers or short words."""


def _kind(item: Item) -> str:
    return f"kind {item.kind}, sensitivity {item.sensitivity.value}"


def _tools(finding: Finding) -> Iterable[Tool]:
    return (finding.analyzer, *finding.tools)
