"""Label Studio's JSON: read as it is, and imported into projects of a server and exported again."""

import json
from functools import partial

from toolkit.labelconfig import read_controls
from toolkit.labelstudio.answers import answers_from_results
from toolkit.releases.formats.labelstudio import META, ROW


def compare_tasks(released):
    """Compare what the tasks of the files show and answer."""
    folder = released.folder("labelstudio", released.sheets)
    for sheet, split, records in released.cells(released.sheets):
        _same(sheet, records, json.loads((folder / sheet.stem / f"{split}.json").read_text("utf-8")))
    return len(released.rows)


def compare_imported(released, admin):
    """Import every file into a project of its own, and compare what the server exports with what was released."""
    n_tasks = 0
    for sheet, split, records in released.cells(released.sheets):
        path = released.path / "data" / "labelstudio" / sheet.stem / f"{split}.json"
        if not records:  # Label Studio imports no empty list
            assert json.loads(path.read_text("utf-8")) == []
            continue
        tasks = imported(admin, f"{sheet.key} {split}", sheet.xml, path)
        assert len(tasks) == len({task["id"] for task in tasks})
        assert {answer["ground_truth"] for task in tasks for answer in task["annotations"]} <= {False}
        _same(sheet, records, tasks)
        n_tasks += len(tasks)
    return n_tasks


def imported(admin, title, xml, path, *, as_file=False):
    """Make a project, import a file of a release and return what the server exports, by row."""
    made = admin.send("POST", "/api/projects/", json={"title": title[:50], "label_config": xml})
    where = f"/api/projects/{made['id']}"
    send = partial(admin.send, "POST", f"{where}/import", answer_s=120)
    if as_file:
        with path.open("rb") as file:
            send(files={"file": (path.name, file, "application/json")})
    else:
        send(json=json.loads(path.read_bytes()))
    tasks = admin.get(f"{where}/export", params={"exportType": "JSON", "download_all_tasks": "true"})
    return sorted(tasks, key=lambda task: task["data"][ROW])


def _same(sheet, records, tasks):
    """See that tasks are the rows: what is shown, what is told of it and what is answered."""
    controls = read_controls(sheet.xml)
    assert [task["data"] for task in tasks] == [{**record.fields, ROW: record.row} for record in records]
    for record, task in zip(records, tasks, strict=True):
        told = task["meta"][META]
        assert told == {name: getattr(record, name) for name in told}
        assert {"task", "document", "source", "split", "status", "config_version", "support"} <= told.keys()
        if record.status != "decided":
            assert task["annotations"] == []
            continue
        [annotation] = task["annotations"]
        answers, problems = answers_from_results(annotation["result"], controls, fields=task["data"])
        assert problems == []
        assert {name: value for name, value in answers.items() if value} == {
            name: value for name, value in record.labels.items() if value
        }
