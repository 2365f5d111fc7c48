"""One card from everything that is known of a model; what cannot be known is marked as to be filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.to_fill import MARK, to_fill, unfilled
from ocrzoo_registry.drafting import characters, front_matter, tasks
from ocrzoo_registry.drafting.facts import NOTHING, ModelFacts, Shape, Statements
from ocrzoo_registry.files import write_atomically
from ocrzoo_registry.languages.tags import UNKNOWN_SCRIPT, language_of_tag
from ocrzoo_registry.plugins.registrations import Registrations
from ocrzoo_registry.plugins.specs import PredictorSpec

_NO_FILE: dict[str, Any] = {"onnx": [{"path": "inference.onnx"}]}
"""What a card of weights that are not there yet lists."""


@dataclass(frozen=True)
class Draft:
    """A drafted card, before it is written or used."""

    data: Mapping[str, Any]
    """As the YAML file states it."""
    charset: tuple[str, ...] | None
    found: tuple[str, ...]
    """What the network and its configuration say, a line each, for people."""
    doubts: tuple[str, ...]
    """What is wrong, a line each."""

    def card(self) -> ModelCard:
        """Return it as a card.

        Raises:
            CardError: What was found breaks the schema.
        """
        return build_card(dict(self.data), origin=str(self.data["name"]))

    @property
    def unfilled(self) -> tuple[str, ...]:
        """The keys that are to be filled in; ``charset``: its file is not there yet."""
        lacks_charset = "charset" in self.data and self.charset is None
        return (*unfilled(self.card()), *(["charset"] if lacks_charset else []))

    def write_charset(self, folder: Path) -> None:
        """Write the charset where the card names it, below a folder.

        Raises:
            OSError: It cannot be written.
        """
        if self.charset is not None:
            write_atomically(folder / str(self.data["charset"]), ("\n".join(self.charset) + "\n").encode("utf-8"))


def draft_card(
    name: str,
    facts: ModelFacts,
    predictors: Registrations[PredictorSpec],
    stated: Statements = NOTHING,
    *,
    family: str = "",
    charset_path: str = "charset.txt",
) -> Draft:
    """Draft the card of a model; ``name`` also names it in errors, ``charset_path`` is where its charset will be.

    Raises:
        CardError: Its configuration is none that a card can state.
    """
    config = facts.config
    charset = _charset(name, facts, stated)
    task = stated.task or _task(facts, charset, predictors)
    predictor = _predictor(task, predictors)
    labels = _labels(facts, charset, task) if task != "text_recognition" else ()
    fault = ""
    if task == "text_recognition" and charset is not None:
        charset, fault = characters.fitted(charset, facts.network.classes if facts.network else None)
    kept = charset if task in {"text_recognition", MARK} or "charset" in _requires(predictor, predictors) else None
    read = front_matter.read(facts.front_matter)
    languages = stated.languages or read.languages
    inference = _inference(task, predictor, facts, labels)
    data: dict[str, Any] = {
        "name": name,
        "family": family or name,
        "task": task,
        "version": "1",
        "summary": stated.summary or read.summary or to_fill("one or two sentences: what the model is good for"),
        "license": stated.license or read.license or to_fill("an SPDX identifier, such as Apache-2.0"),
        "base_model": list(read.base_model),
        "languages": list(languages),
        "scripts": list(_scripts(languages, kept)),
        "charset": charset_path if kept is not None or task == "text_recognition" else None,
        "labels": list(labels),
        "metrics": list(read.metrics),
        "artifacts": {kind: {"files": list(files)} for kind, files in (facts.files or _NO_FILE).items()},
        "sources": dict(facts.sources),
        "inference": inference,
    }
    data = {key: value for key, value in data.items() if value not in (None, [], {})}
    doubts = [*([fault] if fault else []), *_color_doubts(config), *_language_doubts(languages)]
    return Draft(data, kept, tuple(_found(facts, kept, inference)), tuple(doubts))


def _charset(name: str, facts: ModelFacts, stated: Statements) -> tuple[str, ...] | None:
    found = stated.charset
    if found is None and facts.config is not None:
        found = characters.of_config(facts.config, name)
    if found is None and facts.network is not None:
        found = characters.of_metadata(facts.network.metadata)
    return None if found is None else characters.checked(found, name)


def _task(facts: ModelFacts, charset: object, predictors: Registrations[PredictorSpec]) -> str:
    """The task by the decoder that the configuration names, else by its labels, else by the shape of the output."""
    post = facts.config["PostProcess"] if facts.config is not None else {}
    decoder = post.get("name")
    for spec in predictors:
        if decoder is not None and decoder in spec.postprocess and len(spec.tasks) == 1:
            return spec.tasks[0]
    if found := tasks.of_labels(len(_label_list(facts))):
        return found
    if facts.network is not None and (found := tasks.of_network(facts.network)):
        return found
    return "text_recognition" if charset is not None and facts.config is None and facts.network is None else MARK


def _predictor(task: str, predictors: Registrations[PredictorSpec]) -> str:
    """The predictor of a task, where there is no choice."""
    found = [spec.name for spec in predictors if task in (spec.tasks or (spec.name,))]
    return found[0] if len(found) == 1 or (found and task in tasks.USUAL) else MARK


def _requires(predictor: str, predictors: Registrations[PredictorSpec]) -> tuple[str, ...]:
    return predictors.get(predictor).requires if predictor in predictors else ()


def _labels(facts: ModelFacts, charset: tuple[str, ...] | None, task: str) -> tuple[str, ...]:
    """The classes of a classifier: of its configuration, of its file's metadata, else the usual ones."""
    if listed := _label_list(facts):
        return tuple(str(one) for one in listed)
    usual = tasks.USUAL[task].labels if task in tasks.USUAL else ()
    return charset if charset is not None and usual and len(charset) == len(usual) else usual


def _label_list(facts: ModelFacts) -> list[Any]:
    """The classes that the configuration of a classifier lists."""
    best = facts.config["PostProcess"].get("Topk") if facts.config is not None else None
    listed = best.get("label_list") if isinstance(best, Mapping) else None
    return listed if isinstance(listed, list) else []


def _scripts(languages: Iterable[str], charset: tuple[str, ...] | None) -> Iterable[str]:
    if languages:
        found = dict.fromkeys(language_of_tag(tag).script for tag in languages)
        return [script for script in found if script != UNKNOWN_SCRIPT]
    return characters.right_to_left(charset or ())


def _inference(task: str, predictor: str, facts: ModelFacts, labels: tuple[str, ...]) -> dict[str, Any]:
    """How the model is run: as its configuration says, else as is usual for the task."""
    config = facts.config
    if config is None:
        post = dict(tasks.USUAL[task].postprocess) if task in tasks.USUAL else {}
        if labels:
            post = {"Topk": {"topk": 1, "label_list": list(labels)}}
        steps, shapes = tasks.preprocess_of(task, facts.network), {}
    else:
        post = {key: value for key, value in config["PostProcess"].items() if key != "character_dict"}
        steps = _steps(config)
        shapes = _dynamic_shapes(config)
    inference = {"predictor": predictor, "preprocess": steps, "postprocess": post, "dynamic_shapes": shapes}
    return {key: value for key, value in inference.items() if value}


def _dynamic_shapes(config: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes that a configuration states for Paddle's engine; the schema checks them."""
    found: Any = config.get("Hpi")
    for key in ("backend_configs", "paddle_infer", "trt_dynamic_shapes"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def _color_doubts(config: Mapping[str, Any] | None) -> Iterator[str]:
    """What its configuration says of the order of the channels, where it is not the one that networks are given."""
    for step in _steps(config):
        decode = step.get("DecodeImage") if isinstance(step, Mapping) else None
        if isinstance(decode, Mapping) and str(decode.get("img_mode", "BGR")).upper() != "BGR":
            stated = str(decode["img_mode"])[:20]
            yield f"inference.yml says img_mode {stated!r}; networks are given BGR: swap those of its first layer"


def _language_doubts(tags: Iterable[str]) -> Iterator[str]:
    """Languages of which nothing can be checked."""
    unknown = [str(language) for language in map(language_of_tag, tags) if not language.letters]
    if unknown:
        names = ", ".join(unknown)
        yield f"no letters are known of {names}, so nothing of them is checked: see that the tags are right"


def _steps(config: Mapping[str, Any] | None) -> list[Any]:
    return list((config.get("PreProcess") or {}).get("transform_ops") or []) if config is not None else []


def _found(facts: ModelFacts, charset: tuple[str, ...] | None, inference: Mapping[str, Any]) -> Iterator[str]:
    """What the network and its configuration say, for people."""
    network = facts.network
    if network is None and facts.files:
        yield "the network was not read: no engine that is installed here tells its shapes"
    if network is not None and network.inputs:
        yield f"input: {' or '.join(map(_sides, network.inputs))}, channels in the order blue, green, red"
    if network is not None and network.outputs:
        yield f"output: {', '.join(map(_sides, network.outputs))}"
    if charset is not None:
        yield f"charset: {len(charset)} entries, so {len(charset) + 2} classes (blank first, space last)"
    steps = [step.get("NormalizeImage") for step in inference.get("preprocess", ()) if isinstance(step, Mapping)]
    scaled = next((one for one in steps if isinstance(one, Mapping)), None)
    if scaled is not None:
        mean, std, scale = (str(scaled.get(key))[:80] for key in ("mean", "std", "scale"))
        yield f"normalization: mean {mean}, std {std}, scale {scale}"
    elif inference.get("predictor") == "text_recognition":
        yield "normalization: (x / 255 - 0.5) / 0.5, as recognition networks are given"
    if facts.config is None and inference.get("preprocess"):
        yield "without an inference.yml, preprocess and postprocess are those of PaddleX's models of this task"


def _sides(shape: Shape) -> str:
    return " x ".join("?" if side is None else str(side) for side in shape) or "a single number"
