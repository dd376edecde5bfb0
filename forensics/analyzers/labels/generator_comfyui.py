"""Parameters in a graph of ComfyUI: texts and their role, models, seeds, and the steps that exchange faces."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import Any

from forensics.analyzers.labels import generator_graph, generator_value
from forensics.analyzers.labels.generator_catalogue import Match, catalogue
from forensics.analyzers.labels.generator_graph import Node
from forensics.analyzers.labels.generator_site import Site

_TEXTS = frozenset({"text", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "llama", "prompt", "string", "value"})
_TEXTS_MORE = frozenset({"positive", "negative", "positive_prompt", "negative_prompt", "populated_text", "text_a"})
_TEXT_KEYS = _TEXTS | _TEXTS_MORE | {"text_b", "string_a", "string_b", "text1", "text2", "widget_0"}
"""Inputs that hold texts. *Source:* comfyanonymous/ComfyUI, nodes.py and comfy_extras/nodes_clip_sdxl.py, nodes_flux.py
and nodes_string.py."""
_NO_TEXT = frozenset({"model", "clip", "vae", "latent_image", "samples", "image", "images", "pixels", "mask", "noise"})
_NO_TEXT_MORE = frozenset({"control_net", "sigmas", "sampler", "clip_vision", "clip_vision_output", "audio", "video"})
_MODEL_ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth", ".gguf", ".onnx", ".bin", ".sft")
_CHECKPOINT_KEYS = ("ckpt", "unet", "checkpoint", "diffusion_model", "model_name", "gguf")
_SEED_KEYS = ("seed", "noise_seed", "value", "int")
_ROLES = {
    "positive": "prompt",
    "positive_prompt": "prompt",
    "negative": "negative_prompt",
    "negative_prompt": "negative_prompt",
}
_MOST_TYPES = 200
_MOST_FILES = 16
"""Model files of one step that are looked at."""


def read(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads the graph; None where the text is none."""
    del match, others
    found = generator_graph.find(generator_value.loads(site.text))
    if found is None:
        return None
    graph, nodes = found
    prompts = list(_prompts(nodes))
    parameters: dict[str, Any] = {"graph": graph}
    for role in ("prompt", "negative_prompt"):
        if said := generator_value.unique(text["text"] for text in prompts if text["role"] == role):
            parameters[role] = "\n".join(said)
    parameters |= _settings(nodes) | _files(nodes)
    types = Counter(node.type for node in nodes.values())
    parameters["node_types"] = dict(sorted(types.items())[:_MOST_TYPES])
    parameters["node_count"] = len(nodes)
    parameters["prompts"] = prompts[: generator_value.MOST]
    parameters["face_swap_nodes"] = list(_face_steps(nodes))[: generator_value.MOST]
    return parameters | generator_value.raw(site.text)


def _face_steps(nodes: Mapping[str, Node]) -> Iterator[dict[str, Any]]:
    """Gives steps whose type, or whose model file, exchanges or animates faces."""
    known = catalogue()
    for node in nodes.values():
        files = itertools.islice(_model_files(node), _MOST_FILES)
        named = (known.face_tool(file_name=name) for name in files)
        tool = known.face_tool(type_name=node.type) or next((tool for tool in named if tool), None)
        if tool:
            is_on = node.is_active and node.inputs.get("enabled") is not False
            yield {"id": node.id, "type": node.type, "title": node.title, "tool": tool, "active": is_on}


def _link(nodes: Mapping[str, Node], value: Any) -> str | None:
    """Gives the id of the step that an input comes from; None where it is no link."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], int):  # noqa: PLR2004 -- id and slot
        return None
    return value[0] if isinstance(value[0], str) and value[0] in nodes else None


def _literal(nodes: Mapping[str, Node], value: Any, names: tuple[str, ...]) -> Any:
    """Gives the number or text of an input, from up to four steps away."""
    for _ in range(4):
        key = _link(nodes, value)
        if key is None:
            break
        inputs = nodes[key].inputs
        value = next((inputs[name] for name in names if name in inputs), None)
    return generator_value.scalar(value)


def _prompts(nodes: Mapping[str, Node]) -> Iterator[dict[str, Any]]:
    """Gives the texts of a graph with their role, by following the inputs `positive` and `negative` to texts."""
    roles: dict[str, set[str]] = {}
    for role in ("prompt", "negative_prompt"):
        for key in _reached(nodes, [start for start, wanted in _starts(nodes) if wanted == role]):
            roles.setdefault(key, set()).add(role)
    for key, node in nodes.items():
        for name, text in node.inputs.items():
            if name in _TEXT_KEYS and isinstance(text, str) and text.strip() and (key in roles or _is_text(node, name)):
                role = _role(name, roles.get(key, set()))
                yield {"role": role, "text": generator_value.clean(text.strip()), "node": node.id, "type": node.type}


def _is_text(node: Node, name: str) -> bool:
    """Whether an input holds a prompt although no sampler is reached from it."""
    words = node.type.lower()
    return name in {"prompt", *_ROLES} or any(word in words for word in ("textencode", "text encode", "prompt"))


def _role(name: str, roles: set[str]) -> str:
    if name in _ROLES:
        return _ROLES[name]
    if name == "prompt" and not roles:
        return "prompt"
    return next(iter(roles)) if len(roles) == 1 else "both" if roles else "unlinked"


def _starts(nodes: Mapping[str, Node]) -> Iterator[tuple[Any, str]]:
    for node in nodes.values():
        inputs = node.inputs
        if "positive" in inputs or "negative" in inputs:
            yield inputs.get("positive"), "prompt"
            yield inputs.get("negative"), "negative_prompt"
        elif "guider" in node.type.lower() and "conditioning" in inputs:
            yield inputs["conditioning"], "prompt"


def _reached(nodes: Mapping[str, Node], starts: list[Any]) -> Iterator[str]:
    """Gives the steps from which conditionings come, each once, also in a graph with a circle.

    A step with two conditionings gives the positive one at its first output and the negative one at its second.
    """
    queue, seen = deque(starts), set()
    while queue:
        link = queue.popleft()
        key = _link(nodes, link)
        if key is None or (key, link[1]) in seen or "zeroout" in nodes[key].type.lower():
            continue
        seen.add((key, link[1]))
        yield key
        inputs = nodes[key].inputs
        both = {"positive", "negative"} <= set(inputs)
        other_side = {0: {"negative"}, 1: {"positive"}}.get(link[1], _ROLES.keys()) if both else set()
        unwanted = _NO_TEXT | _NO_TEXT_MORE | other_side
        queue.extend(value for name, value in inputs.items() if name not in unwanted and isinstance(value, list))


def _settings(nodes: Mapping[str, Node]) -> dict[str, Any]:
    """Gives seeds, steps, scale, sampler and size; of samplers first, then of any step."""
    ordered = sorted(nodes.values(), key=lambda node: "sampler" not in node.type.lower())
    found: dict[str, Any] = {}
    seeds = [
        _literal(nodes, node.inputs[name], _SEED_KEYS)
        for node in ordered
        for name in ("seed", "noise_seed")
        if name in node.inputs
    ]
    if numbers := generator_value.unique(seed for seed in seeds if isinstance(seed, int)):
        found |= {"seed": numbers[0], "seeds": numbers}
    for name, keys in (
        ("steps", ("steps",)),
        ("cfg_scale", ("cfg", "guidance")),
        ("sampler", ("sampler_name",)),
        ("scheduler", ("scheduler",)),
        ("denoise", ("denoise",)),
    ):
        values = (
            _literal(nodes, node.inputs[key], (*keys, "value"))
            for node in ordered
            for key in keys
            if key in node.inputs
        )
        value = next((value for value in values if value is not None), None)
        if value is not None:
            found[name] = value
    sizes = (_size(nodes, node) for node in sorted(nodes.values(), key=lambda node: "latent" not in node.type.lower()))
    size = next((size for size in sizes if size), None)
    return found | ({"size": size} if size else {})


def _size(nodes: Mapping[str, Node], node: Node) -> str | None:
    sides = [_literal(nodes, node.inputs.get(name), (name, "value", "int")) for name in ("width", "height")]
    return f"{sides[0]}x{sides[1]}" if all(isinstance(side, int) and side > 0 for side in sides) else None


def _model_files(node: Node) -> Iterator[str]:
    for text in generator_value.texts(dict(node.inputs)):
        if text.lower().endswith(_MODEL_ENDINGS) and len(text) <= 300:  # noqa: PLR2004 -- longer is no file name
            yield generator_value.clean(text)


def _files(nodes: Mapping[str, Node]) -> dict[str, Any]:
    """Gives names of models by what they are, and of pictures, clips and sounds that were loaded."""
    named: dict[str, list[str]] = {"checkpoints": [], "loras": [], "other_models": [], "input_files": []}
    for node in nodes.values():
        words = node.type.lower()
        for name, value in node.inputs.items():
            inner = Node(node.id, node.type, "", {name: value})
            for file in itertools.islice(_model_files(inner), generator_value.MOST):
                is_checkpoint = any(word in name for word in _CHECKPOINT_KEYS) and "control" not in words
                is_lora = "lora" in name.lower() or "lora" in words
                named["loras" if is_lora else "checkpoints" if is_checkpoint else "other_models"].append(file)
            if "load" in words and name in {"image", "video", "audio", "file"} and isinstance(value, str):
                named["input_files"].append(generator_value.clean(value, longest=300))
    found: dict[str, Any] = {name: generator_value.unique(iter(files)) for name, files in named.items() if files}
    return ({"model": found["checkpoints"][0]} if "checkpoints" in found else {}) | found
