"""Nodes of a JSON-LD graph with names that follow from the case, so that the same case gives the same graph."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forensics.codec import format_time

Node = dict[str, Any]

_UCO = "https://ontology.unifiedcyberontology.org/uco/"
CONTEXT: Mapping[str, str] = {
    **{
        name: f"{_UCO}{name}/"
        for name in ("action", "analysis", "core", "identity", "observable", "tool", "types", "vocabulary")
    },
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes. *Source:* UCO 1.4.0 and CASE 1.4.0; spelt out, because nothing is fetched when the file is read."""


def reference(node_id: str) -> Node:
    """Gives a reference to a node."""
    return {"@id": node_id}


def moment(at: datetime) -> Node:
    """Gives a time as a typed value."""
    return {"@type": "xsd:dateTime", "@value": format_time(at)}


def count(number: int) -> Node:
    """Gives a whole number as a typed value; as text, because JSON's numbers are floating ones to some readers."""
    return {"@type": "xsd:integer", "@value": str(number)}


def hexadecimal(digest: str) -> Node:
    """Gives a digest as a typed value."""
    return {"@type": "xsd:hexBinary", "@value": digest}


class Graph:
    """Collects the nodes of one case; a node's id follows from the case and from the key of what it stands for.

    Args:
        case_id: The case's UUID.
    """

    def __init__(self, case_id: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"forensics case {case_id}")
        self._nodes: dict[str, Node] = {}

    @property
    def ids(self) -> list[str]:
        """Ids of the nodes that stand for something by themselves, in the order in which they were added."""
        return [key for key, node in self._nodes.items() if not _is_part(node)]

    def named(self, key: str) -> Node:
        """Gives a reference to what a key stands for, whether it is written yet or not."""
        return reference(self._id(key))

    def has(self, key: str) -> bool:
        """Whether a key's node is written."""
        return self._id(key) in self._nodes

    def add(self, kind: str, key: str, members: Mapping[str, Any]) -> Node:
        """Writes a node and gives its reference.

        Raises:
            KeyError: The key has a node already.
        """
        if self.has(key):
            raise KeyError(key)
        return self.once(kind, key, members)

    def once(self, kind: str, key: str, members: Mapping[str, Any]) -> Node:
        """Writes a node unless its key has one, and gives its reference."""
        name = self._id(key)
        self._nodes.setdefault(name, {"@id": name, "@type": kind, **{one: _clean(members[one]) for one in members}})
        return reference(name)

    def bundle(self, description: str) -> Node:
        """Gives the bundle of everything that was written."""
        return {
            "@id": self._id("bundle"),
            "@type": "core:Bundle",
            "core:description": description,
            "core:object": [node for node in self._nodes.values() if not _is_part(node)],
            "@included": [node for node in self._nodes.values() if _is_part(node)],
        }

    def _id(self, key: str) -> str:
        return f"urn:uuid:{uuid.uuid5(self._space, key)}"


def _is_part(node: Node) -> bool:
    """Whether a node is a part of another one: a facet or a hash, which a bundle does not list."""
    return str(node["@type"]).endswith("Facet") or node["@type"] == "types:Hash"


def _clean(value: Any) -> Any:
    """Replaces what no UTF-8 file can hold: halves of surrogate pairs in names from outside."""
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, list):
        return [_clean(one) for one in value]
    return value
