from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.config import Config, explain_config, json_schema, load_config, shipped_models
from daemon.config_schema import all_keys
from daemon.config_sources import given_by_file
from daemon.errors import ConfigInvalid, InputMissing
from daemon.records import Limits

SHIPPED = Path(__file__).parent.parent / "config.yaml"

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing around that says anything: no file, no variables."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DIGITD_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a config.yaml and gives its path, relative to the folder of the test."""

    def write(text: str) -> Path:
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        return Path("config.yaml")

    return write


def mistakes(path: Path | None = None) -> list[str]:
    """The lines of the message, without the first."""
    with pytest.raises(ConfigInvalid) as caught:
        load_config(path)
    count, *lines = str(caught.value).splitlines()
    expected = "a mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
    assert count == f"the configuration holds {expected}"
    return lines


# What is said where


def test_without_a_file_there_are_defaults_relative_to_the_current_folder() -> None:
    config = load_config()
    assert (config.inbox, config.outbox, config.state) == (
        Path("inbox"),
        Path("outbox"),
        Path("state"),
    )
    assert (config.model, config.workers, config.cluster) == ("current", "auto", None)
    assert config.limits.for_decoding() == Limits()


def test_the_file_that_comes_along_says_the_defaults(write: Write) -> None:
    write(SHIPPED.read_text(encoding="utf-8"))
    from_file = load_config()
    Path("config.yaml").unlink()
    Path("models").mkdir()
    assert from_file == load_config()


def test_the_file_that_comes_along_holds_every_key() -> None:
    sections = {key[0] for key in all_keys() if len(key) > 1}
    said, found = given_by_file(SHIPPED, sections)
    assert found == []
    assert {each.key for each in said} == set(all_keys())


def test_the_file_that_comes_along_explains_every_key() -> None:
    """A comment stands beside it, above it, or above its section."""
    explained = False
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            explained = False
        elif "#" in line:
            explained = True
        assert explained or not line.strip(), line


def test_the_file_in_the_current_folder_is_found(write: Write) -> None:
    write("quiet_s: 10\n")
    assert load_config().quiet_s == 10


def test_the_variable_names_a_file_and_a_path_given_wins_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    write("quiet_s: 1\n")
    named, told = tmp_path / "named.yaml", tmp_path / "told.yaml"
    named.write_text("quiet_s: 7\n", encoding="utf-8")
    told.write_text("quiet_s: 8\n", encoding="utf-8")
    monkeypatch.setenv("DIGITD_CONFIG", str(named))
    assert load_config().quiet_s == 7
    assert load_config(told).quiet_s == 8


@pytest.mark.parametrize("path", ["nowhere.yaml", "."])
def test_a_file_that_cannot_be_read_is_missing_input(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputMissing, match="cannot be read"):
        load_config(Path(path))
    monkeypatch.setenv("DIGITD_CONFIG", path)
    with pytest.raises(InputMissing, match="cannot be read"):
        load_config()


def test_variables_win_over_the_file(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    path = write("quiet_s: 1\nbatch: {max_scans: 2, max_wait_s: 3}\ncluster: tcp://a:1\n")
    monkeypatch.setenv("DIGITD_QUIET_S", "4.5")
    monkeypatch.setenv("DIGITD_BATCH__MAX_SCANS", "64")
    monkeypatch.setenv("DIGITD_CLUSTER", "null")
    monkeypatch.setenv("DIGITD_MODEL", "")  # as good as not set
    config = load_config(path)
    assert (config.quiet_s, config.batch.max_scans, config.batch.max_wait_s) == (4.5, 64, 3)
    assert config.cluster is None
    assert config.model == "current"


def test_every_setting_knows_its_place(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    path = write("# first\nmodel: a\nbatch:\n  max_scans: 2\n")
    monkeypatch.setenv("DIGITD_LOG__LEVEL", "debug")
    loaded = explain_config(path)
    assert loaded.file == path
    assert loaded.places == {
        ("model",): "config.yaml:2",
        ("batch", "max_scans"): "config.yaml:4",
        ("log", "level"): "DIGITD_LOG__LEVEL",
    }
    assert "  level: debug                   # DIGITD_LOG__LEVEL" in loaded.as_yaml().splitlines()


def test_the_settings_shown_are_a_file_that_says_the_same(write: Write) -> None:
    path = write(
        "inbox: 'a # b: c'\nmodel: '007'\noutputs: {json: none}\nworkers: 3\nreview_below: 0.9\n"
    )
    before = explain_config(path)
    write(before.as_yaml())
    assert load_config(path) == before.config


# Folders


def test_folders_are_relative_to_what_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc" / "models").mkdir(parents=True)
    path = tmp_path / "etc" / "config.yaml"
    path.write_text("inbox: scans\noutbox: /srv/out\n", encoding="utf-8")
    monkeypatch.setenv("DIGITD_STATE", "here")
    config = load_config(path)
    assert config.inbox == tmp_path / "etc" / "scans"
    assert config.outbox == Path("/srv/out")
    assert config.state == Path("here")
    assert config.models == tmp_path / "etc" / "models"


def test_a_tilde_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_config(write("inbox: ~/scans\n")).inbox == tmp_path / "scans"
    assert mistakes(write("inbox: ~nobody-of-that-name/x\n")) == [
        "config.yaml:1: inbox: must be a folder, not ~nobody-of-that-name/x"
    ]


def test_models_are_those_that_come_along_unless_there_are_others(write: Write) -> None:
    assert load_config().models == shipped_models() == SHIPPED.parent / "models"
    assert load_config(write("models: mine\n")).models == Path("mine")
    assert load_config(write("models: models\n")).models == Path("models")
    Path("models").mkdir()
    assert load_config(write("")).models == Path("models")


# Mistakes


def test_all_mistakes_come_at_once_from_top_to_bottom_each_with_its_place(
    monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setenv("DIGITD_WORKERS", "0")
    monkeypatch.setenv("DIGITD_BATCH__MAX_SCAN", "4")
    text = """\
inbx: scans
batch:
  max_wait_s: soon
  max_scan: 3
quiet_s: 2
max_pages: 4
quiet_s: 3
outputs: files
limits: {max_megapixels: 5000, timeout_s: 1e9}
"""
    assert mistakes(write(text)) == [
        "config.yaml:1: inbx: there is no such key; did you mean inbox?",
        "config.yaml:3: batch.max_wait_s: must be a number, 0 or more, not soon",
        "config.yaml:4: batch.max_scan: there is no such key; did you mean batch.max_scans?",
        "config.yaml:6: max_pages: there is no such key; did you mean limits.max_pages?",
        "config.yaml:7: quiet_s: is there twice, first in line 5",
        "config.yaml:8: outputs: must be a group of keys (annotated, json), not files",
        "config.yaml:9: limits.max_megapixels: must be a number above 0, at most 1000, not 5000",
        "config.yaml:9: limits.timeout_s: must be a number above 0, at most 1000000, not 1e9",
        "DIGITD_BATCH__MAX_SCAN: there is no such key; did you mean DIGITD_BATCH__MAX_SCANS?",
        "DIGITD_WORKERS: must be auto, or a whole number, 1 or more, not 0",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("inbox:", "inbox: must be a folder, not nothing"),
        ("inbox: ''", "inbox: must be a folder, not nothing"),
        ("inbox: [a, b]", "inbox: must be a folder, not [a, b]"),
        ("inbox: [a, [b]]", "inbox: must be a folder, not a list of lists"),
        ("inbox: {a: b}", "inbox: must be a folder, not a group of keys"),
        ("model: a/b", "model: must be current, or the name of a version, not a/b"),
        ("originals: burn", "originals: must be archive, keep or delete, not burn"),
        ("originals: no", "originals: must be archive, keep or delete, not no"),
        ("quiet_s: -1", "quiet_s: must be a number, 0 or more, not -1"),
        ("quiet_s: .inf", "quiet_s: must be a number, 0 or more, not .inf"),
        ("quiet_s: yes", "quiet_s: must be a number, 0 or more, not yes"),
        ("rescan_s: 0", "rescan_s: must be a number above 0, not 0"),
        ("workers: 1.5", "workers: must be auto, or a whole number, 1 or more, not 1.5"),
        ("workers: true", "workers: must be auto, or a whole number, 1 or more, not true"),
        ("cluster: x", "cluster: must be null, or an address such as tcp://scheduler:8786, not x"),
        ("review_below: 90", "review_below: must be auto, or a number from 0 to 1, not 90"),
        ("max_error_read: nan", "max_error_read: must be a number above 0, at most 1, not nan"),
        ("log: {level: loud}", "log.level: must be debug, info, warning or error, not loud"),
        ("log: loud", "log: must be a group of keys (level, format), not loud"),
        ("xyzzy: 1", "xyzzy: there is no such key"),
        ("hints: {expect: x}", "hints.expect: must be number, digit, page or null, not x"),
        ("hints: {check: null}", "hints.check: must be luhn, mod97, ean13 or none, not null"),
        ("hints: {rotate: 45}", "hints.rotate: must be 0, 90, 180, 270 or null, not 45"),
        ("hints: {digit: 5}", "hints.digit: there is no such key; did you mean hints.digits?"),
        ("digits: 5", "digits: there is no such key; did you mean hints.digits?"),
        ("limit: {max_pages: 3}", "limit: there is no such key; did you mean limits?"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_words(line: str, expected: str, write: Write) -> None:
    assert mistakes(write(line)) == [f"config.yaml:1: {expected}"]


@pytest.mark.parametrize("digits", ["0", "x", "101", "[6, 4]", "[4]", "[4, five]", "[4, 5, 6]"])
def test_digits_are_a_number_or_a_least_and_a_most(digits: str, write: Write) -> None:
    expected = "a whole number from 1 to 100, [least, most] or null"
    said = mistakes(write(f"hints: {{digits: {digits}}}"))
    assert said == [f"config.yaml:1: hints.digits: must be {expected}, not {digits}"]


@pytest.mark.parametrize(
    "region", ["[0, 0, 1]", "[0, 0, 0, 1]", "[0.5, 0, 0.6, 1]", "[-1, 0, 1, 1]", "[0, 0, 100, 5]"]
)
def test_a_region_lies_inside_the_page(region: str, write: Write) -> None:
    (said,) = mistakes(write(f"hints: {{region: {region}}}"))
    assert said.endswith(
        f"in fractions of the page, such as [0.5, 0, 0.5, 0.25], or null, not {region}"
    )


def test_hints_are_taken_as_they_are_written(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    path = write(
        "hints:\n  digits: [4, 6]\n  rotate: 270\n  region: [0, 0.1, 1, 0.9]\n  check: luhn\n"
    )
    hints = load_config(path).hints
    assert (hints.digits, hints.rotate, hints.region) == ((4, 6), 270, (0, 0.1, 1, 0.9))
    monkeypatch.setenv("DIGITD_HINTS__DIGITS", "[2, 3]")
    monkeypatch.setenv("DIGITD_HINTS__EXPECT", "number")
    loaded = explain_config(path)
    assert (loaded.config.hints.digits, loaded.config.hints.expect) == ((2, 3), "number")
    assert "  digits: [2, 3]                 # DIGITD_HINTS__DIGITS" in loaded.as_yaml()
    assert yaml.safe_load(loaded.as_yaml())["hints"]["region"] == [0, 0.1, 1, 0.9]


def test_hints_that_contradict_each_other_are_mistakes(write: Write) -> None:
    assert mistakes(
        write("hints:\n  check: ean13\n  expect: digit\n  digits: [4, 6]\n  lines: 2\n")
    ) == [
        "config.yaml:3: hints.expect: digit does not go with check: ean13",
        "config.yaml:4: hints.digits: [4, 6] does not go with expect: digit",
        "config.yaml:4: hints.digits: [4, 6] does not go with check: ean13",
        "config.yaml:5: hints.lines: 2 does not go with expect: digit",
    ]


@pytest.mark.parametrize("line", ["quiet_s: 1e1", "quiet_s: '10'", "quiet_s: 10.0", "quiet_s: 10"])
def test_a_number_is_a_number_however_it_is_written(line: str, write: Write) -> None:
    assert load_config(write(line)).quiet_s == 10


def test_a_name_of_digits_stays_as_it_is(write: Write) -> None:
    assert load_config(write("model: 0017")).model == "0017"
    assert load_config(write("model: 2026-11-21")).model == "2026-11-21"


@pytest.mark.parametrize("text", ["", "# nothing\n", "batch:\n", "limits:\n  # max_pages: 3\n"])
def test_what_says_nothing_is_no_mistake(text: str, write: Write) -> None:
    assert load_config(write(text)) == load_config()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("inbox: a\nbatch: [1\nb: 2\n", "config.yaml:3: this is not YAML: "),
        ("inbox: a\n\tmodel: b\n", "config.yaml:2: this is not YAML: "),
        ("inbox: a\n---\ninbox: b\n", "config.yaml:2: this is not YAML: "),
        ("inbox: \x07\n", "config.yaml: this is not YAML: "),
        ("just words\n", "config.yaml:1: there must be keys with values"),
        ("model: a\n[x, y]: 3\n", "config.yaml:2: a key must be a word"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, place: str, write: Write) -> None:
    (mistake,) = mistakes(write(text))
    assert mistake.startswith(place)
    assert len(mistake) > len(place) or mistake == place


@pytest.mark.parametrize(
    "text", ["\tinbox: a\n", "inbox: a\n\tmodel: b\n", "batch:\n\tmax_scans: 2\n"]
)
def test_who_indents_by_tabs_hears_that_these_are_wrong(text: str, write: Write) -> None:
    (mistake,) = mistakes(write(text))
    assert mistake.endswith("; indent by spaces, not tabs")
    assert "tabs" not in mistakes(write("batch: [1\nb: 2\n"))[0]


def test_a_file_in_another_encoding_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes("inbox: Eingänge\n".encode("latin-1"))
    assert mistakes() == ["config.yaml: this is not UTF-8 text"]


@settings(max_examples=100, deadline=None)
@given(
    values=st.dictionaries(
        st.sampled_from([".".join(key) for key in all_keys()]) | st.text(max_size=8),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        max_size=4,
    )
)
def test_whatever_a_file_says_is_a_configuration_or_a_list_of_mistakes(
    values: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    nested: dict[str, object] = {}
    for name, value in values.items():
        section, _, key = name.rpartition(".")
        if section in ("batch", "outputs", "hints", "limits", "log"):
            group = nested.setdefault(section, {})
            if isinstance(group, dict):
                group[key] = value
        else:
            nested[name] = value
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(yaml.safe_dump(nested, allow_unicode=True), encoding="utf-8")
    try:
        assert isinstance(load_config(path), Config)
    except ConfigInvalid as error:
        for line in str(error).splitlines()[1:]:
            assert re.match(r".*any\.yaml(:\d+)?: ", line)
            assert line.isprintable()


# Schema


def test_the_schema_holds_for_the_file_that_comes_along_and_for_nothing_else() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    values = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    jsonschema.validate(values, schema)
    for wrong in ({"inbx": "a"}, {"workers": 0}, {"log": {"level": "loud"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(values | wrong, schema)
    assert set(schema["properties"]) == {each.name for each in fields(Config)}
