"""A bill of materials of locked models in CycloneDX 1.6, as JSON: files and digests, origin, license, figures.

The library writes everything but model cards, which it has no records for; these are added to its answer. The same
manifests and cards give the same bytes.
"""

# pyright: reportCallIssue=false
# The library's decorator of records hides their parameters from pyright; mypy checks the calls.

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ocrzoo_registry.cards.figures import ErrorRate, Metric
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.spdx import spdx
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.sources import aistudio, huggingface, modelscope
from ocrzoo_registry.store.manifest import Manifest

if TYPE_CHECKING:
    from cyclonedx.model import ExternalReference, Property, XsUri
    from cyclonedx.model.component import Component, Pedigree
    from cyclonedx.model.license import License
    from packageurl import PackageURL

_PAGES = {
    "huggingface": huggingface.ENDPOINT,
    "modelscope": f"{modelscope.ENDPOINT}/models",
    "aistudio": aistudio.ENDPOINT,
}
"""Where hubs show the repository ``owner/name``."""

_SPACE = uuid.UUID("b8d0b6a4-7c0f-5a54-9d7c-3a1f4d1c2f6e")
"""The namespace of serial numbers."""


@dataclass(frozen=True)
class Material:
    """A model in one format."""

    manifest: Manifest
    card: ModelCard | None = None
    """``None`` if no plugin here has it; the model's license and figures are then missing."""
    distribution: str | None = None
    """The distribution that the card is from: the supplier of a model that is in no repository."""

    @property
    def reference(self) -> str:
        """What it is called inside the document."""
        return f"{self.manifest.name}@{self.manifest.format}"


def write(materials: Sequence[Material], made: datetime | None) -> bytes:
    """Return the bill of materials of models; ``made`` is its time, if it should have one.

    Raises:
        UsageError: The extra ``sbom`` is not installed.
    """
    try:
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.model.tool import ToolRepository
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError as error:
        raise UsageError(f"CycloneDX needs another package ({error}): run pip install 'ocrzoo[sbom]'") from error
    own = Component(
        name="ocrzoo", type=ComponentType.APPLICATION, version=version("ocrzoo"), bom_ref=f"ocrzoo@{version('ocrzoo')}"
    )
    bom = Bom(
        components=[_component(one) for one in materials],
        serial_number=_SPACE,
        metadata=BomMetaData(tools=ToolRepository(components=[own]), timestamp=made or datetime.fromtimestamp(0, UTC)),
    )
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    if made is None:
        del document["metadata"]["timestamp"]
    cards = {one.reference: one.card for one in materials}
    for component in document["components"]:
        if (card := cards[component["bom-ref"]]) is not None:
            component["modelCard"] = _model_card(card)
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid.uuid5(_SPACE, content).urn
    return f"{json.dumps(document, ensure_ascii=False, indent=1)}\n".encode()


def _component(material: Material) -> Component:
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.contact import OrganizationalEntity

    manifest, card = material.manifest, material.card
    supplier = (card and _publisher(card)) or material.distribution
    return Component(
        name=manifest.name,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=material.reference,
        version=manifest.revision if card is None else card.version,
        description=None if card is None else card.summary,
        supplier=OrganizationalEntity(name=supplier) if supplier else None,
        licenses=[] if card is None else [_license(card.license)],
        purl=None if card is None else _package_url(manifest, card),
        external_references=[] if card is None else list(_links(manifest, card)),
        properties=list(_properties(manifest, card)),
        pedigree=None if card is None or not card.base_model else _pedigree(material.reference, card),
        components=list(_files(material)),
    )


def _license(text: str) -> License:
    """A license by its SPDX identifier, as an SPDX expression, or else by name."""
    from cyclonedx.contrib.license.exceptions import InvalidSpdxLicenseException
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.license import LicenseExpression

    try:
        return LicenseFactory().make_with_id(text)
    except InvalidSpdxLicenseException:
        expression = spdx(text)
    return LicenseExpression(expression) if expression else LicenseFactory().make_with_name(text)


def _files(material: Material) -> Iterator[Component]:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component, ComponentType

    for file in material.manifest.files:
        yield Component(
            name=file.path,
            type=ComponentType.FILE,
            bom_ref=f"{material.reference}/{file.path}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)],
            properties=[
                Property(name="ocrzoo:size", value=str(file.size)),
                Property(name="ocrzoo:digest_origin", value=file.digest_origin),
            ],
        )


def _properties(manifest: Manifest, card: ModelCard | None) -> Iterator[Property]:
    from cyclonedx.model import Property

    values = {"format": manifest.format, "source": manifest.source, "revision": manifest.revision}
    if card is not None:
        values |= {"family": card.family, "languages": " ".join(card.languages), "scripts": " ".join(card.scripts)}
        values |= {"card_version": card.card_version or "", "aliases": " ".join(card.aliases)}
    yield from (Property(name=f"ocrzoo:{key}", value=value) for key, value in values.items() if value)


def _publisher(card: ModelCard) -> str | None:
    """The owner of the model's first repository on a hub."""
    references = (reference for formats in card.sources.values() for reference in formats.values())
    repositories = (str(reference["repository"]) for reference in references if "repository" in reference)
    return next((repository.partition("/")[0] for repository in repositories), None)


def _package_url(manifest: Manifest, card: ModelCard) -> PackageURL | None:
    """The package URL of the files, where their source has such a type."""
    from packageurl import PackageURL

    reference = card.sources.get(manifest.source, {}).get(manifest.format, {})
    if manifest.source == "huggingface" and isinstance(repository := reference.get("repository"), str):
        owner, _, name = repository.partition("/")
        return PackageURL("huggingface", owner, name, manifest.revision if manifest.has_commit else None)
    if isinstance(distribution := reference.get("distribution"), str):
        return PackageURL("pypi", None, distribution, str(reference.get("version") or "") or None)
    return None


def _links(manifest: Manifest, card: ModelCard) -> Iterator[ExternalReference]:
    """Where the model is published, and the page about it."""
    from cyclonedx.model import ExternalReference, ExternalReferenceType

    for source, formats in card.sources.items():
        if uri := _uri(_address(source, formats.get(manifest.format, {}))):
            is_origin = source == manifest.source
            comment = f"{source}, the source of these files" if is_origin else source
            yield ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=uri, comment=comment)
    if uri := _uri(card.links.homepage):
        yield ExternalReference(type=ExternalReferenceType.WEBSITE, url=uri)


def _uri(text: str | None) -> XsUri | None:
    """A link; ``None`` if there is none, or it is no URI, such as one with a stray percent sign."""
    from cyclonedx.exception.model import InvalidUriException
    from cyclonedx.model import XsUri

    try:
        return XsUri(text) if text else None
    except InvalidUriException:
        return None


def _address(source: str, reference: Mapping[str, Any]) -> str | None:
    if source in _PAGES and isinstance(repository := reference.get("repository"), str):
        return f"{_PAGES[source]}/{quote(repository)}"
    return url if isinstance(url := reference.get("url"), str) else None


def _pedigree(reference: str, card: ModelCard) -> Pedigree:
    from cyclonedx.model.component import Component, ComponentType, Pedigree

    ancestors = [
        Component(name=one.name, type=ComponentType.MACHINE_LEARNING_MODEL, bom_ref=f"{reference} from {one.name}")
        for one in card.base_model
    ]
    return Pedigree(ancestors=ancestors, notes="; ".join(f"{one.name}: {one.relation}" for one in card.base_model))


def _model_card(card: ModelCard) -> dict[str, Any]:
    """The card in CycloneDX's terms."""
    data_sets = dict.fromkeys(one.dataset for one in card.metrics if one.dataset)
    parameters: dict[str, Any] = {"task": card.task}
    if data_sets:
        parameters["datasets"] = [{"type": "dataset", "name": name} for name in data_sets]
    metrics = [_metric(one) for one in card.metrics if one.value is not None]
    metrics += [_error_rate(one) for one in card.error_rates]
    analysis = {"quantitativeAnalysis": {"performanceMetrics": metrics}} if metrics else {}
    return {"modelParameters": parameters, **analysis}


def _metric(metric: Metric) -> dict[str, str]:
    unit = " %" if metric.unit == "percent" else ""
    piece = ", ".join(filter(None, (metric.language, metric.dataset)))
    return {"type": metric.name, "value": f"{metric.value:g}{unit}"} | ({"slice": piece} if piece else {})


def _error_rate(rate: ErrorRate) -> dict[str, str]:
    kind = f"cer, {rate.engine}, {rate.precision}, {rate.batching}"
    return {"type": kind, "value": f"{rate.percent:g} %", "slice": rate.pages}
