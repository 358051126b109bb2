"""The key under which telephone numbers become pseudonyms, and the pseudonyms (HMAC-SHA256, RFC 2104).

A plain hash of a telephone number can be undone by hashing all numbers; a keyed one only by who has the key.
"""

import hashlib
from pathlib import Path

from hotline.errors import InputError
from hotline.run import current_run

SHORTEST = 16  # characters
# Of the simulated export, whose numbers are invented: open to all, so that all get the same results.
OF_SIMULATION = b"simulated numbers belong to nobody"
HOW = """Make a key once, keep it where the raw export is kept, and never share it:
    (umask 077; python3 -c "import secrets; print(secrets.token_hex(32))" > data-raw/private/key)
  and run: HOTLINE_KEY_FILE=data-raw/private/key make paper EXPORT=..."""


def key(simulated: bool, root: str | Path = ".") -> bytes:
    """Return the key as bytes: the fixed one for simulated numbers, else from HOTLINE_KEY_FILE or HOTLINE_KEY.

    A relative HOTLINE_KEY_FILE starts at `root`. Raises InputError where there is no key or it is too short.
    """
    if simulated:
        return OF_SIMULATION
    file, text = current_run().key_file, current_run().key
    if file:
        path = Path(root) / file
        if not path.is_file():
            raise InputError(f"HOTLINE_KEY_FILE: there is no file {file}.\n  {HOW}")
        text = path.read_bytes().decode("utf-8", errors="replace")
    if not text.strip():
        raise InputError(
            f"A real export needs a key, under which callers' numbers become hashes; there is none.\n  {HOW}"
        )
    if len(text.strip()) < SHORTEST:
        raise InputError(f"The key for callers' numbers is shorter than {SHORTEST} characters.\n  {HOW}")
    return text.strip().encode()


def mark(secret: bytes) -> str:
    """Return what distinguishes one key from another without revealing it: 16 hexadecimal digits for run.json.

    With another key callers get other numbers, so cleaning must run again. scrypt (RFC 7914) makes it slow to try
    out keys.
    """
    return hashlib.scrypt(secret, salt=b"hotline", n=2**14, r=8, p=1, dklen=8).hex()


def hmac_sql(text: str, secret: bytes) -> str:
    """Return the SQL for the HMAC-SHA256 of a text under a key: a BLOB of 32 bytes, NULL for NULL.

    Why not Python's hmac, as a function of DuckDB's: it takes 1.6 times as long on 200,000 numbers, and the tests hold
    this against it.
    """
    if len(secret) > 64:
        secret = hashlib.sha256(secret).digest()
    inner, outer = (bytes(byte ^ pad for byte in secret.ljust(64, b"\0")).hex() for pad in (0x36, 0x5C))
    first = f"unhex(sha256(unhex('{inner}') || encode({text})))"
    return f"unhex(sha256(unhex('{outer}') || {first}))"
