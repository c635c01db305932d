"""Reads what a project has published, from a folder or S3, checked and with the right types."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from typing import Any, Dict, List, Mapping, Optional

from .errors import HexError
from .stores import OpenStore, Store, open_store

MANIFEST = ".hex/manifest.json"
FORMAT = 1


def read(
    name: str,
    *,
    store: Optional[Store] = None,
    version: Optional[int] = None,
    inputs: Optional[Mapping[str, Any]] = None,
    into: Optional[str] = None,
) -> Any:
    """Gives a published frame of the newest version, or of the one with the number.

    store: a folder, "file:PATH", "s3://BUCKET/PREFIX", or what `store` of hex.config.json is; without
    it `HEX_STORE`, or the config of the folder that Python runs in.
    inputs: values of the inputs by which a cell's variants are told apart (`key`); the defaults without.
    into: "pandas", "polars" or "pyarrow"; without it pandas, pyarrow or polars, the first that is installed.

    Raises HexError when there is no such frame or version, or when its files are not what the version
    says, by size and SHA-256.

    >>> planets = hex_runtime.read("planets/planet_data", store="s3://data/apps")  # doctest: +SKIP
    """
    opened = open_store(store)
    commit = _find_commit(_read_manifest(opened), version, opened)
    full_name = _find_name(name, commit, inputs, opened)
    entry = commit["frames"][full_name]
    place = f"frame {full_name} of version {commit['generation']} in {opened.location}"
    return _read_frame(entry, opened, place, _form_of(into))


def frames(*, store: Optional[Store] = None, version: Optional[int] = None) -> List[str]:
    """Names of the frames of the newest version, or of the one with the number."""
    opened = open_store(store)
    return sorted(_find_commit(_read_manifest(opened), version, opened)["frames"])


def _read_manifest(opened: OpenStore) -> Dict[str, Any]:
    data = opened.read(MANIFEST)
    if data is None:
        raise HexError(
            f"Expected a published version in {opened.location}, got none "
            "(run `hex run --context logic`, or name another store)"
        )
    try:
        manifest = json.loads(data)
        found = manifest["format"]
    except (ValueError, KeyError, TypeError):
        raise HexError(
            f"Expected {MANIFEST} in {opened.location} to be a manifest, got something else"
        ) from None
    if found != FORMAT:
        raise HexError(
            f"Expected {MANIFEST} in {opened.location} to be of format {FORMAT}, got {found!r} "
            "(install the hex_runtime of the newer hex-runtime)"
        )
    return manifest


def _find_commit(
    manifest: Mapping[str, Any], version: Optional[int], opened: OpenStore
) -> Dict[str, Any]:
    commits = manifest["commits"]
    for commit in commits:
        if version is None or commit["generation"] == version:
            return commit
    kept = [commit["generation"] for commit in commits]
    which = f"versions {kept[-1]} to {kept[0]} are kept" if kept else "nothing is published yet"
    raise HexError(f"Expected version {version} in {opened.location}, got none ({which})")


def _find_name(
    name: str, commit: Mapping[str, Any], inputs: Optional[Mapping[str, Any]], opened: OpenStore
) -> str:
    entries = commit["frames"]
    if name in entries and not inputs:
        return name
    variant = re.compile(re.escape(name) + r"/[A-Za-z0-9_-]+\.[0-9a-f]{32}")
    variants = {each: _inputs_of(entries[each]) for each in entries if variant.fullmatch(each)}
    defaults = {each: told["value"] for each, told in commit.get("defaults", {}).items()}
    asked = {**defaults, **(inputs or {})}
    found = [each for each, computed in variants.items() if _is_of(computed, asked)]
    if len(found) == 1:
        return found[0]
    place = f"version {commit['generation']} of {opened.location}"
    if variants:
        choices = " or ".join(f"inputs={json.dumps(each)}" for each in variants.values())
        got = "none of them" if inputs else "no inputs"
        raise HexError(f"Expected one variant of frame {name} in {place}, got {got} (say {choices})")
    kept = ", ".join(sorted(entries)) or "none"
    raise HexError(f"Expected frame {name} in {place}, got none (its frames are {kept})")


def _inputs_of(entry: Mapping[str, Any]) -> Dict[str, Any]:
    return dict(entry.get("state", {}).get("inputs", {}))


def _is_of(computed: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether all inputs of a variant are those that are asked for, or are the defaults."""
    return all(name in asked and asked[name] == value for name, value in computed.items())


def _read_frame(entry: Mapping[str, Any], opened: OpenStore, place: str, form: str) -> Any:
    from .frame_inputs import read_frame

    if "arrow" in entry:
        try:
            return read_frame(_read_checked(entry["arrow"], opened, place), form)
        except _Damaged as damage:
            warnings.warn(f"{damage}; its CSV is read instead", stacklevel=4)
    try:
        data = _read_checked(entry["csv"], opened, place)
    except _Damaged as damage:
        raise HexError(f"{damage} (read another version, or publish again)") from None
    from .published_csv import read_csv

    return read_csv(data, [(column["name"], column["type"]) for column in entry["columns"]], form)


class _Damaged(Exception):
    """A file that is missing, or of other content than the version says."""


def _read_checked(file: Mapping[str, Any], opened: OpenStore, place: str) -> bytes:
    data = opened.read(file["key"])
    if data is None:
        raise _Damaged(f"Expected {file['key']} for {place}, got nothing")
    if len(data) != file["sizeBytes"]:
        raise _Damaged(
            f"Expected {file['key']} for {place} to have {file['sizeBytes']} bytes, got {len(data)}"
        )
    if hashlib.sha256(data).hexdigest() != file["sha256"]:
        raise _Damaged(
            f"Expected {file['key']} for {place} to have the SHA-256 that was published, got another"
        )
    return data


def _form_of(into: Optional[str]) -> str:
    """The form of a frame as the reader of frames calls it."""
    from .frame_inputs import installed_form

    form = installed_form() if into is None else {"pyarrow": "arrow"}.get(into, into)
    if form in ("pandas", "arrow", "polars"):
        return form
    if into is None:
        raise HexError(
            "Expected pandas, polars or pyarrow to be installed, got none (python -m pip install pandas)"
        )
    raise HexError(f'Expected `into` to be "pandas", "polars" or "pyarrow", got {into!r}')
