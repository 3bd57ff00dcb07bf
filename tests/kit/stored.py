"""What lies in a storage, on a disk or in a bucket."""

from django.core.files.storage import storages


def content(storage, name: str) -> bytes:
    with storage.local(name) as file:
        return file.read()


def put(storage, name: str, bytes_: bytes) -> None:
    """Write past everything that guards a storage, as a broken disk would."""
    if hasattr(storage, "client"):
        storage.client.put_object(Bucket=storage.bucket_name, Key=storage.key(name), Body=bytes_)
    else:
        path = storage.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes_)


def listed(storage, folder: str) -> set[str]:
    return {file.name for file in storage.stored(folder)}


def leftovers() -> list:
    return [path for name in ("originals", "research") for path in storages[name].incoming().iterdir()]
