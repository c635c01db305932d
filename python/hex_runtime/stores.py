"""Opens a store to read what lies in it: a folder, or a bucket on S3."""

from __future__ import annotations

import io
import json
import os
import pathlib
from typing import Any, Dict, Mapping, Optional, Union

from .errors import HexError

Store = Union[str, "os.PathLike[str]", Mapping[str, Any]]


class OpenStore:
    """A place where objects lie, as far as reading needs it."""

    location: str

    def read(self, key: str) -> Optional[bytes]:
        raise NotImplementedError


class _Folder(OpenStore):
    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.location = str(folder)

    def read(self, key: str) -> Optional[bytes]:
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None


class _S3(OpenStore):
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


def open_store(store: Optional[Store]) -> OpenStore:
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
