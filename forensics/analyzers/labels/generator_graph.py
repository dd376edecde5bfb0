"""Graphs of ComfyUI as they lie in files: what was run (`prompt`) and what the editor showed (`workflow`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.analyzers.labels import generator_value

MOST_NODES = 5000
"""Nodes that are read; graphs of people have fewer than a thousand."""
_INACTIVE = frozenset({2, 4})
"""Modes of a node in the editor: never, and bypassed. *Source:* ComfyUI_frontend, LiteGraph, LGraphEventMode."""
_WIDGETS: Mapping[str, tuple[str, ...]] = {
    "CLIPTextEncode": ("text",),
    "KSampler": ("seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "LoadImage": ("image",),
}
"""Order of the values that the editor keeps without names; the sampler's seed is followed by what to do with it.
*Source:* comfyanonymous/ComfyUI, nodes.py, INPUT_TYPES."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step.

    Attributes:
        id: Its number in the graph; steps within a group of steps have the group's before it.
        type: What it does: `KSampler`.
        title: What its author called it; empty where that is not kept.
        inputs: Its settings by name, and links `[id, slot]` to the steps that they come from.
        is_active: Whether it was switched on.
    """

    id: str
    type: str
    title: str
    inputs: Mapping[str, Any]
    is_active: bool = True


def find(value: Any) -> tuple[str, dict[str, Node]] | None:
    """Finds a graph in a JSON value.

    Returns:
        `prompt` or `workflow`, whichever it was read from, and the steps by their id; None where there is no graph.
    """
    if not isinstance(value, dict):
        return None
    if nodes := _run(value):
        return "prompt", nodes
    if nodes := _shown(value):
        return "workflow", nodes
    for name in ("prompt", "workflow"):
        inner = value.get(name)
        inner = generator_value.loads(inner) if isinstance(inner, str) else inner
        if isinstance(inner, dict) and (nodes := _run(inner) or _shown(inner)):
            return name, nodes
    return None


def _run(value: Mapping[str, Any]) -> dict[str, Node]:
    """Reads a graph that was run: an object of steps with `class_type`; nothing where it is none."""
    nodes: dict[str, Node] = {}
    for key, entry in list(value.items())[:MOST_NODES]:
        if not isinstance(entry, dict) or not isinstance(entry.get("class_type"), str):
            continue
        inputs, meta = entry.get("inputs"), entry.get("_meta")
        title = meta.get("title") if isinstance(meta, dict) else ""
        nodes[key] = Node(
            generator_value.clean(key, longest=40),
            generator_value.clean(entry["class_type"], longest=120),
            generator_value.clean(title, longest=120) if isinstance(title, str) else "",
            inputs if isinstance(inputs, dict) else {},
        )
    return nodes


def _shown(value: Mapping[str, Any]) -> dict[str, Node]:
    """Reads a graph as the editor keeps it: a list of nodes and a list of links; nothing where it is none."""
    if not isinstance(value.get("links"), list) and "last_node_id" not in value:
        return {}
    nodes = dict(_listed(value, ""))
    definitions = value.get("definitions")
    groups = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for group in groups[:MOST_NODES] if isinstance(groups, list) else ():
        if isinstance(group, dict) and len(nodes) < MOST_NODES:
            nodes |= dict(_listed(group, f"{str(group.get('id', ''))[:36]}:"))
    return nodes


def _listed(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Node]]:
    links = dict(_links(value.get("links"), prefix))
    listed = value.get("nodes")
    for entry in listed[:MOST_NODES] if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("type"), str):
            key = f"{prefix}{entry.get('id')}"[:80]
            title = entry.get("title")
            yield (
                key,
                Node(
                    generator_value.clean(key, longest=80),
                    generator_value.clean(entry["type"], longest=120),
                    generator_value.clean(title, longest=120) if isinstance(title, str) else "",
                    _settings(entry) | dict(_connected(entry, links)),
                    entry.get("mode") not in _INACTIVE if isinstance(entry.get("mode"), int) else True,
                ),
            )


def _links(listed: Any, prefix: str) -> Iterator[tuple[Any, list[Any]]]:
    """Gives where each link comes from. A link is `[id, from, slot, to, slot, type]`, in groups an object."""
    for link in listed[: 4 * MOST_NODES] if isinstance(listed, list) else ():
        if isinstance(link, list) and len(link) > 2 and isinstance(link[0], int):  # noqa: PLR2004 -- id, from, slot
            yield link[0], [f"{prefix}{link[1]}"[:80], link[2]]
        elif isinstance(link, dict) and isinstance(link.get("id"), int):
            yield link["id"], [f"{prefix}{link.get('origin_id')}"[:80], link.get("origin_slot")]


def _connected(entry: Mapping[str, Any], links: Mapping[Any, list[Any]]) -> Iterator[tuple[str, list[Any]]]:
    inputs = entry.get("inputs")
    for item in inputs[:200] if isinstance(inputs, list) else ():
        if isinstance(item, dict) and isinstance(item.get("link"), int) and item["link"] in links:
            yield str(item.get("name"))[:80], links[item["link"]]


def _settings(entry: Mapping[str, Any]) -> dict[str, Any]:
    values = entry.get("widgets_values")
    if isinstance(values, dict):
        return {str(key)[:80]: item for key, item in list(values.items())[:200]}
    if not isinstance(values, list):
        return {}
    names = _WIDGETS.get(entry["type"], ())
    named = {name: item for name, item in zip(names, values, strict=False) if name}
    return named or {f"widget_{at}": item for at, item in enumerate(values[:200])}
