"""`route`, `agreement` and `consensus` on plain files: no workspace, no server."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def votes(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_bytes((EXAMPLES / "votes.csv").read_bytes())
    return path


def test_agreement_of_a_csv_as_json(toolkit, votes):
    code, out, _ = toolkit("agreement", "--input", votes, "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["format"], report["n_tasks"], report["n_annotators"], report["n_judgments"]) == (1, 10, 3, 37)
    assert [group["control"] for group in report["groups"]] == ["refund", "urgency"]
    alpha = report["groups"][1]["coefficients"]["krippendorff_alpha"]
    assert alpha["low"] <= alpha["value"] <= alpha["high"]
    assert alpha["n_tasks"] == 9


def test_agreement_of_a_csv_as_a_table(toolkit, votes):
    code, out, _ = toolkit("agreement", "-i", votes)
    assert code == 0
    assert "37 judgments of 3 annotators on 10 tasks" in out
    assert "urgency" in out
    assert "urgency" in out
    assert "few (under 30 tasks)" in " ".join(out.split())


@pytest.mark.parametrize(("threshold", "expected"), [(-1, 0), (0.99, 1)])
def test_fail_under_is_the_exit_code(toolkit, votes, threshold, expected):
    assert toolkit("agreement", "-i", votes, "--fail-under", threshold, "--control", "urgency")[0] == expected


def test_what_is_undefined_fails_a_threshold_and_says_why(toolkit, tmp_path):
    path = tmp_path / "same.csv"
    path.write_text("task,annotator,label\n1,a,x\n1,b,x\n2,a,x\n2,b,x\n", encoding="utf-8")
    code, out, err = toolkit("agreement", "-i", path, "--fail-under", "-1")
    assert "below -1: label: undefined, no variation" in err
    assert code == 1
    assert "– no variation" in out


def test_agreement_written_to_a_file(toolkit, votes, tmp_path):
    code, out, _ = toolkit("agreement", "-i", votes, "-o", "agreement.csv")
    assert (code, out) == (0, "")
    rows = list(csv.DictReader((tmp_path / "agreement.csv").read_text("utf-8").splitlines()))
    assert {row["control"] for row in rows} == {"refund", "urgency"}
    values = {(row["control"], row["coefficient"]): row for row in rows}
    assert float(values["refund", "percent_agreement"]["value"]) == 0.8
    assert values["urgency", "cohen_kappa"]["reason"] == "not_two_annotators"


def test_consensus_of_a_csv_leaves_ties_open(toolkit, votes, tmp_path):
    code, out, _ = toolkit("consensus", "--input", votes, "--output", "out.csv")
    assert (code, out) == (0, "")
    found = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False).set_index(["control", "task"])
    assert found.loc[("urgency", "ticket-01"), "label"] == "high"
    assert found.loc[("urgency", "ticket-04"), ["label", "status"]].tolist() == ["", "tie"]
    assert found.loc[("refund", "ticket-05"), "status"] == "tie"
    assert json.loads(found.loc[("urgency", "ticket-02"), "shares"]) == pytest.approx({"low": 2 / 3, "medium": 1 / 3})


def test_consensus_as_table_and_json(toolkit, votes):
    code, out, _ = toolkit("consensus", "-i", votes, "--control", "refund", "--min-support", "0.6")
    assert code == 0
    assert "4 decided, 1 tie" in out
    _, out, _ = toolkit("consensus", "-i", votes, "--json")
    assert {row["method"] for row in json.loads(out)["consensus"]} == {"vote"}


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_route_reads_and_writes_every_table_format(toolkit, tmp_path, suffix):
    texts = [
        "The patient received 5 mg of amlodipine for hypertension.",
        "The library opens on Saturday with a concert.",
    ]
    frame = pd.DataFrame({"id": ["a", "b"], "text": texts})
    source = tmp_path / f"docs.{suffix}"
    if suffix == "csv":
        frame.to_csv(source, index=False)
    elif suffix == "jsonl":
        frame.to_json(source, orient="records", lines=True)
    else:
        frame.to_parquet(source)
    code, out, _ = toolkit("route", "--input", source, "--json")
    routes = json.loads(out)["routes"]
    assert code == 0
    assert [(route["task"], route["domain"]) for route in routes] == [("a", "medicine"), ("b", "general")]
    assert routes[0]["evidence"][0]["domain"] == "medicine"
    assert toolkit("route", "--input", source, "--output", f"routes.{suffix}")[0] == 0
    assert (tmp_path / f"routes.{suffix}").stat().st_size > 0
    code, out, _ = toolkit("route", "--input", source)
    assert "2 texts" in out


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("missing.csv", None, "missing.csv"),
        ("columns.csv", b"item,worker,vote\n1,a,x\n", "found"),
        ("empty.csv", b"", "empty.csv"),
        ("header.csv", b"task,annotator,label\n", "no "),
        ("latin.csv", "task,annotator,label\n1,a,é\n".encode("latin-1"), "UTF-8"),
        ("broken.json", b"{not json", "broken.json"),
        ("votes.xlsx", b"PK", ".xlsx"),
    ],
)
@pytest.mark.parametrize("command", ["agreement", "consensus"])
def test_a_file_that_cannot_be_used_exits_with_2_and_says_why(toolkit, tmp_path, command, name, content, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = toolkit(command, "--input", name)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert expected in err


def test_an_export_is_read_as_it_comes(toolkit):
    source, config = EXAMPLES / "export.json", EXAMPLES / "export_config.xml"
    code, out, _ = toolkit("agreement", "-i", source, "--label-config", config, "--json")
    groups = {group["control"]: group for group in json.loads(out)["groups"]}
    assert code == 0
    assert set(groups) == {"sentiment", "clarity", "mentions"}
    assert list(groups["sentiment"]["labels"]) == ["positive", "neutral", "negative"]
    assert "@" not in out
    plain = toolkit("agreement", "-i", source, "--json")
    assert plain[0] == 0


def test_a_result_never_replaces_its_input(toolkit, votes):
    before = votes.read_bytes()
    for command in ("agreement", "consensus"):
        code, _, err = toolkit(command, "-i", votes, "-o", votes)
        assert code == 2
        assert "is the input" in err
    assert votes.read_bytes() == before


@pytest.mark.parametrize(("name", "expected"), [("out.xlsx", "the suffix says which"), ("no/out.csv", "is no folder")])
def test_where_a_result_cannot_go_is_said_before_the_work(toolkit, votes, name, expected):
    for command in ("agreement", "consensus"):
        code, _, err = toolkit(command, "-i", votes, "-o", name)
        assert (code, expected in err) == (2, True)


def test_questions_that_make_no_sense_are_usage_errors(toolkit, votes):
    assert toolkit("agreement", "-i", votes, "--by", "label")[0] == 2
    assert toolkit("agreement", "-i", votes, "--by", "nothing")[0] == 2
    assert toolkit("agreement", "-i", votes, "--fail-under", "2")[0] == 2
    assert toolkit("consensus", "-i", votes, "--control", "nothing")[0] == 2


def test_a_failed_threshold_names_what_failed(toolkit, votes):
    _, _, err = toolkit("agreement", "-i", votes, "--fail-under", "0.6")
    assert "below 0.6: urgency: 0.496" in err
    assert "refund" not in err
    assert toolkit("agreement", "-i", votes, "--fail-under", "nan")[0] == 2


def test_without_a_label_config_nothing_marked_is_still_an_answer(toolkit):
    config = ("--label-config", EXAMPLES / "export_config.xml")
    with_config = toolkit("agreement", "-i", EXAMPLES / "export.json", "--json", *config)
    without = toolkit("agreement", "-i", EXAMPLES / "export.json", "--json")

    def marked(shown):
        return next(group for group in json.loads(shown)["groups"] if group["control"] == "mentions")

    assert marked(with_config[1]) == marked(without[1])
    assert "--label-config" in without[2]


def test_labels_and_their_order_can_be_declared(toolkit, tmp_path):
    path = tmp_path / "rated.csv"
    path.write_text("task,annotator,label\n1,a,low\n1,b,mid\n2,a,high\n2,b,high\n", encoding="utf-8")
    plain = toolkit("agreement", "-i", path, "--level", "ordinal", "--json")
    assert json.loads(plain[1])["groups"][0]["coefficients"]["krippendorff_alpha"]["reason"] == "order_unknown"
    declared = toolkit("agreement", "-i", path, "--level", "ordinal", "--labels", "low,mid,high,huge", "--json")
    group = json.loads(declared[1])["groups"][0]
    assert list(group["labels"]) == ["low", "mid", "high", "huge"]
    assert group["coefficients"]["krippendorff_alpha"]["value"] > 0
    assert toolkit("agreement", "-i", path, "--labels", "low,low")[0] == 2
    assert toolkit("agreement", "-i", path, "--level", "nonsense")[0] == 2


def test_labels_of_one_control_among_several_need_its_name(toolkit, votes):
    code, _, err = toolkit("agreement", "-i", votes, "--labels", "low,medium,high")
    assert (code, "--control NAME" in err) == (2, True)
    assert toolkit("agreement", "-i", votes, "--labels", "low,medium,high", "--control", "urgency")[0] == 0


@pytest.mark.parametrize("view", ["labels", "annotators", "pairs", "tasks", "changes", "confusions"])
def test_every_view_is_shown_and_written(toolkit, votes, tmp_path, view):
    code, _, _ = toolkit("agreement", "-i", votes, "--view", view, "--min-shared", "3")
    assert code == 0
    code, out, _ = toolkit("agreement", "-i", votes, "--view", view, "--min-shared", "3", "-o", "view.csv")
    assert (code, out) == (0, "")
    rows = list(csv.DictReader((tmp_path / "view.csv").read_text("utf-8").splitlines()))
    assert bool(rows) == (view != "changes")


def test_csv_parquet_and_json_lines_give_the_same(toolkit, votes, tmp_path):
    from toolkit.storage.tables import read_judgments, write_table

    shown = {toolkit("agreement", "-i", votes, "--json")[1]}
    for suffix in (".parquet", ".jsonl"):
        write_table(read_judgments(votes), tmp_path / f"votes{suffix}")
        shown.add(toolkit("agreement", "-i", tmp_path / f"votes{suffix}", "--json")[1])
    assert len(shown) == 1


def test_a_reader_that_has_gone_is_no_failure(votes):
    import subprocess
    import sys

    command = f"'{sys.executable}' -m toolkit agreement -i '{votes}' | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (found.stdout.strip(), found.stderr) == ("0", "")


def test_a_full_disk_is_the_storages_failure(votes):
    import subprocess
    import sys

    command = f"'{sys.executable}' -m toolkit agreement -i '{votes}' > /dev/full"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert found.returncode == 3
    assert found.stderr.startswith("error: nothing more can be written")


@pytest.mark.parametrize("command", ["agreement", "consensus", "report", "policy simulate"])
def test_what_would_be_left_aside_is_refused(toolkit, command):
    Path("j.csv").write_text("task,annotator,label\n1,a,x\n1,b,x\n", encoding="utf-8")
    code, _, said = toolkit(*command.split(), "--input", "j.csv", "-w", "elsewhere")
    assert (code, "leave out --workspace" in said) == (2, True)
    code, _, said = toolkit(*command.split(), "--label-config", "x.xml")
    assert (code, "say which with --input" in " ".join(said.split())) == (2, True)


def test_a_folder_is_not_taken_for_a_file(toolkit):
    Path("j.csv").mkdir()
    code, _, said = toolkit("agreement", "--input", "j.csv")
    assert (code, "j.csv is a folder" in said) == (2, True)
