"""Reads what a project has published, from a folder or S3, checked and with the right types."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import re
import warnings
from typing import Any, Dict, List, Mapping, Optional, Union

from .errors import HexError

MANIFEST = ".hex/manifest.json"
FORMAT = 1

Store = Union[str, "os.PathLike[str]", Mapping[str, Any]]


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
    opened = _open(store)
    commit = _find_commit(_read_manifest(opened), version, opened)
    full_name = _find_name(name, commit, inputs, opened)
    entry = commit["frames"][full_name]
    place = f"frame {full_name} of version {commit['generation']} in {opened.location}"
    return _read_frame(entry, opened, place, _form_of(into))


def frames(*, store: Optional[Store] = None, version: Optional[int] = None) -> List[str]:
    """Names of the frames of the newest version, or of the one with the number."""
    opened = _open(store)
    return sorted(_find_commit(_read_manifest(opened), version, opened)["frames"])


def _read_manifest(opened: "_Opened") -> Dict[str, Any]:
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
    manifest: Mapping[str, Any], version: Optional[int], opened: "_Opened"
) -> Dict[str, Any]:
    commits = manifest["commits"]
    for commit in commits:
        if version is None or commit["generation"] == version:
            return commit
    kept = [commit["generation"] for commit in commits]
    which = f"versions {kept[-1]} to {kept[0]} are kept" if kept else "nothing is published yet"
    raise HexError(f"Expected version {version} in {opened.location}, got none ({which})")


def _find_name(
    name: str, commit: Mapping[str, Any], inputs: Optional[Mapping[str, Any]], opened: "_Opened"
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


def _read_frame(entry: Mapping[str, Any], opened: "_Opened", place: str, form: str) -> Any:
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


def _read_checked(file: Mapping[str, Any], opened: "_Opened", place: str) -> bytes:
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


class _Opened:
    """A place where objects lie, as far as reading needs it."""

    location: str

    def read(self, key: str) -> Optional[bytes]:
        raise NotImplementedError


class _Folder(_Opened):
    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.location = str(folder)

    def read(self, key: str) -> Optional[bytes]:
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None


class _S3(_Opened):
    """A bucket, through boto3 where it is installed, else through pyarrow; credentials are theirs to find."""

    def __init__(self, url: str, settings: Mapping[str, Any]) -> None:
        bucket, _, prefix = url[len("s3://") :].rstrip("/").partition("/")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._get = _boto3_reader(settings) or _pyarrow_reader(settings)
        self.location = url
        if self._get is None:
            raise HexError(
                f"Expected boto3 or pyarrow to be installed to read {url}, got neither "
                "(python -m pip install boto3)"
            )

    def read(self, key: str) -> Optional[bytes]:
        try:
            return self._get(self._bucket, self._prefix + key)
        except HexError:
            raise
        except Exception as error:
            line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise HexError(f"Expected {self.location} to answer, got {line}") from error


def _boto3_reader(settings: Mapping[str, Any]) -> Any:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError
    except ImportError:
        return None
    style = "path" if _is_path_style(settings) else "auto"
    client = boto3.client(
        "s3",
        endpoint_url=settings.get("endpoint"),
        region_name=_region_of(settings),
        config=Config(s3={"addressing_style": style}),
        **_credentials_of(settings, "aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
    )

    def get(bucket: str, key: str) -> Optional[bytes]:
        try:
            return client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    return get


def _pyarrow_reader(settings: Mapping[str, Any]) -> Any:
    try:
        from pyarrow import fs
    except ImportError:
        return None
    options: Dict[str, Any] = {}
    endpoint = settings.get("endpoint")
    if endpoint:
        scheme, _, host = endpoint.rstrip("/").partition("://")
        options.update(scheme=scheme, endpoint_override=host)
        options["force_virtual_addressing"] = not _is_path_style(settings)
    region = _region_of(settings)
    if region:
        options["region"] = region
    options.update(_credentials_of(settings, "access_key", "secret_key", "session_token"))
    system = fs.S3FileSystem(**options)

    def get(bucket: str, key: str) -> Optional[bytes]:
        try:
            with system.open_input_stream(f"{bucket}/{key}") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    return get


def _is_path_style(settings: Mapping[str, Any]) -> bool:
    return bool(settings.get("forcePathStyle", settings.get("endpoint") is not None))


def _region_of(settings: Mapping[str, Any]) -> Optional[str]:
    return settings.get("region") or ("us-east-1" if settings.get("endpoint") else None)


_CREDENTIALS = ("accessKeyIdSecret", "secretAccessKeySecret", "sessionTokenSecret")


def _credentials_of(settings: Mapping[str, Any], *names: str) -> Dict[str, str]:
    """The values of the secrets that the config names, which are variables of the environment."""
    values = {}
    for option, key in zip(names, _CREDENTIALS):
        secret = settings.get(key)
        if secret is None:
            continue
        if secret not in os.environ:
            raise HexError(
                f"Expected the environment to have {secret}, which `store.{key}` names, got nothing"
            )
        values[option] = os.environ[secret]
    return values


def _open(store: Optional[Store]) -> _Opened:
    base = pathlib.Path.cwd()
    if store is None:
        store, base = _configured(base)
    settings: Mapping[str, Any] = {}
    if isinstance(store, Mapping):
        settings = store
        store = str(store.get("url", ""))
    url = os.fspath(store)
    if url.startswith("s3://"):
        return _S3(url, settings)
    if url.startswith("file:"):
        from urllib.parse import unquote

        path = unquote(url[len("file:") :])
        url = path[2:] if path.startswith("///") else path
    return _Folder(base / url)


def _configured(start: pathlib.Path) -> Any:
    """The store that the environment names, else that of the project around a folder."""
    project = next((each for each in (start, *start.parents) if _has_config(each)), start)
    named = os.environ.get("HEX_STORE", "")
    if named:
        return (json.loads(named) if named.startswith("{") else named), project
    if not _has_config(project):
        raise HexError(
            f"Expected `store` to be given, or a hex.config.json in {start} or above it, got neither"
        )
    with io.open(project / "hex.config.json", encoding="utf-8") as file:
        return json.load(file).get("store", "file:.hex/store"), project


def _has_config(folder: pathlib.Path) -> bool:
    return (folder / "hex.config.json").is_file()
