"""Keyed digests tell data apart without letting anybody confirm a guess; plain ones follow the bytes that were read."""

import hashlib
import hmac
import stat
import subprocess
import sys

import pandas as pd
import pytest
from spec_stand_in import data_section

from privnb.errors import DataError
from privnb.subject import content_digest, controller_secret, keyed_digest, load_builtin
from privnb.subject.digests import BUILTIN

FRAME = pd.DataFrame({"age": [1, 2, 3], "town": ["a", None, "c"]})


def test_bytes_are_hmac_sha256():
    assert keyed_digest(b"data", b"key") == hmac.new(b"key", b"data", hashlib.sha256).hexdigest()
    assert keyed_digest(b"data", "key") == keyed_digest(b"data", b"key") != keyed_digest(b"data", b"other")


@pytest.mark.parametrize("dtype", [object, "category", "str"])
def test_tables_count_by_content_not_storage(dtype):
    assert keyed_digest(FRAME.astype({"town": dtype}), b"k") == keyed_digest(FRAME, b"k")


@pytest.mark.parametrize(
    "other",
    [
        FRAME.assign(age=[1, 2, 4]),
        FRAME.assign(town=["a", "c", None]),
        FRAME.assign(town=["a", "None", "c"]),
        FRAME.rename(columns={"age": "Age"}),
        FRAME[["town", "age"]],
        FRAME.iloc[::-1],
        FRAME.iloc[:2],
        FRAME.assign(age=FRAME["age"].astype(float)),
    ],
)
def test_any_change_changes_the_digest(other):
    assert keyed_digest(other, b"k") != keyed_digest(FRAME, b"k")


def test_empty_secret_is_refused():
    with pytest.raises(DataError, match="PRIVNB_SECRET"):
        keyed_digest(b"data", b"")


def test_secret_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PRIVNB_SECRET", "mine")
    assert controller_secret(tmp_path) == b"mine"
    assert not list(tmp_path.iterdir())


def test_secret_is_made_once_for_its_owner_alone(monkeypatch, tmp_path):
    monkeypatch.delenv("PRIVNB_SECRET", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    first = controller_secret()
    assert first == controller_secret() and len(first) == 64
    assert stat.S_IMODE((tmp_path / "privnb" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "privnb").iterdir()] == ["secret"]
    assert controller_secret(tmp_path / "elsewhere") != first


def test_no_secret_where_none_can_be_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("PRIVNB_SECRET", raising=False)
    (tmp_path / "file").write_text("in the way")
    assert controller_secret(tmp_path / "file") is None


def test_content_follows_every_file(tmp_path):
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    FRAME.to_csv(tmp_path / "b.csv", index=False)
    before = content_digest(data_section(path="a.csv"), tmp_path)
    assert content_digest(data_section(path="b.csv"), tmp_path) == before  # by bytes, not by name
    assert content_digest(data_section(train="a.csv", holdout="b.csv"), tmp_path) != before
    (tmp_path / "country.csv").write_text("a;*\nc;*\n")
    (tmp_path / "d.yaml").write_text(
        "columns: {town: {type: categorical, categories: [a, c], hierarchy: {file: country.csv}}}"
    )
    described = content_digest(data_section(path="a.csv", dictionary="d.yaml"), tmp_path)
    assert described != before
    (tmp_path / "country.csv").write_text("a;x;*\nc;x;*\n")
    assert content_digest(data_section(path="a.csv", dictionary="d.yaml"), tmp_path) != described
    with pytest.raises(DataError, match="cannot be read"):
        content_digest(data_section(path="none.csv"), tmp_path)


def test_built_in_data_have_recorded_digests(tmp_path):
    digests = {content_digest(data_section(builtin=name), tmp_path) for name in BUILTIN}
    assert len(digests) == len(BUILTIN)
    for name in BUILTIN:
        load_builtin(name)  # refuses content that is not as recorded


def test_digests_and_the_package_load_nothing_heavy():
    code = (
        "import sys, privnb.subject, privnb.subject.digests as d;"
        "d.keyed_digest(b'x', b'y');"
        "print([m for m in ('numpy', 'pandas', 'sklearn', 'scipy', 'skops') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    import privnb.subject

    for name in privnb.subject.__all__:
        assert getattr(privnb.subject, name) is not None
    assert set(privnb.subject.__all__) <= set(dir(privnb.subject))
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = privnb.subject.nonesuch
