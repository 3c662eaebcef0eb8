"""A release's tasks go into projects of a fresh Label Studio server, and its export says what the release said."""

import json

import pytest

from tests.integration.readback.projects import imported
from tests.releases.reading import write
from tests.releases.release_examples import record
from tests.simulation.screens import pack_configs, sample_task
from toolkit.labelstudio.answers import answers_from_results, results_from_answers
from toolkit.labelstudio.rest import Rest
from toolkit.models import MEDIA_FIELDS
from toolkit.releases.formats.labelstudio import LABELSTUDIO, META
from toolkit.releases.records import storable
from toolkit.releases.sheets import Sheet
from toolkit.simulation.truth import latent_truth

pytestmark = pytest.mark.labelstudio

CONFIGS = pack_configs()
N_ROWS = 12
NASTY = "  Grüße,\n\t\"你好\" 'x' <b>fett</b> & 🙂 \u202eاب\u202c a\u2028b\x85c\u2029\r\nd\\ne "


@pytest.fixture
def admin(label_studio):
    return Rest(label_studio.url, label_studio.token)


def sheet_of(config):
    """Return a label config as a release describes it."""
    return Sheet(
        domain=config.domain,
        config=config.name,
        title=config.title,
        modality=config.modality,
        fields=config.fields,
        controls=tuple(control for control in config.controls if not control.per_region),
        xml=config.xml,
        encode=lambda labels, fields: results_from_answers(labels, config.controls, fields=fields),
    )


def rows_of(config):
    """Return rows with answers to every question, the last one undecided."""
    found = []
    for number in range(N_ROWS):
        task = sample_task(config, number)
        fields = {name: made_nasty(name, task.fields[name]) for name in config.fields}
        task = type(task)(f"task-{number:02}", task.document, task.source, config.modality, fields)
        decided = number < N_ROWS - 1
        found.append(
            record(
                task.id,
                domain=config.domain,
                config=config.name,
                config_version=config.version,
                modality=config.modality.value,
                fields=fields,
                labels=latent_truth(task, config, None, number) if decided else {},
                support={},
                confidence={},
                status="decided" if decided else "undecided",
            )
        )
    return list(storable(found))


def made_nasty(name, value):
    if isinstance(value, list):
        return [{key: made_nasty(name, item) for key, item in turn.items()} for turn in value]
    return value if name in MEDIA_FIELDS else NASTY + value


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.key)
def test_what_is_imported_is_exported_again(admin, config, tmp_path):
    sheet, rows = sheet_of(config), rows_of(config)
    write(LABELSTUDIO, tmp_path, sheet, rows)
    path = tmp_path / sheet.stem / "train.json"
    written = json.loads(path.read_bytes())

    exported = imported(admin, config.key, config.xml, path)

    assert [one["data"] for one in exported] == [one["data"] for one in written]
    assert [one["meta"] for one in exported] == [one["meta"] for one in written]
    found = [[answer["result"] for answer in one["annotations"]] for one in exported]
    assert found == [[answer["result"] for answer in one["annotations"]] for one in written]
    assert {answer["ground_truth"] for one in exported for answer in one["annotations"]} == {False}
    for row, task, results in zip(rows, exported, found, strict=True):
        assert task["meta"][META]["task"] == row.task
        answers, problems = (
            answers_from_results(results[0], config.controls, fields=row.fields) if results else ({}, [])
        )
        assert problems == []
        assert {name: answer for name, answer in answers.items() if answer} == {
            name: answer for name, answer in row.labels.items() if answer
        }


def test_every_question_of_the_packs_is_answered_somewhere():
    for config in CONFIGS:
        answered = {name for row in rows_of(config) for name, answer in row.labels.items() if answer}
        asked = {control.name for control in config.controls if not (control.per_region or control.conditional)}
        assert answered == asked


def test_a_file_is_imported_as_the_browser_sends_it(admin, tmp_path):
    config = next(config for config in CONFIGS if config.key == "general/categorize")
    write(LABELSTUDIO, tmp_path, sheet_of(config), rows_of(config))
    path = tmp_path / "general.categorize" / "train.json"

    exported = imported(admin, config.key, config.xml, path, as_file=True)

    assert [one["data"] for one in exported] == [one["data"] for one in json.loads(path.read_bytes())]
    assert [len(one["annotations"]) for one in exported] == [1] * (N_ROWS - 1) + [0]
