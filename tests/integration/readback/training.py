"""Preferences and conversations, loaded by the datasets library and taken by TRL."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from trl.data_utils import is_conversational, maybe_extract_prompt, unpair_preference_dataset

PREFERENCE = "general/preference"
TWO_TURNS = {"security/red-team": ("prompt", "response"), "stem/solution-check": ("question", "solution")}
DIALOGUES = {"general/conversation-style": "dialogue"}
ROLES = {"Customer": "user", "Assistant": "assistant"}  # of the authors in the samples


def compare_preferences(released):
    """Compare prompt, chosen and rejected of every row in which a side was preferred."""
    n_pairs = 0
    for split, expected, loaded in _by_split(released, "trl_preference", {PREFERENCE}, preference):
        assert list(loaded) == expected, split
        assert [maybe_extract_prompt(row) for row in loaded] == expected
        assert not any(is_conversational(row) for row in loaded)
        unpaired = unpair_preference_dataset(loaded.remove_columns("task"))
        assert list(unpaired) == [
            {"prompt": row["prompt"], "completion": row[side], "label": side == "chosen"}
            for side in ("chosen", "rejected")
            for row in expected
        ]
        n_pairs += len(expected)
    return n_pairs


def compare_messages(released):
    """Compare who said what in every row that shows a conversation, or in which an answer was preferred."""
    n_conversations = 0
    for split, expected, loaded in _by_split(
        released, "sft_messages", {PREFERENCE, *TWO_TURNS, *DIALOGUES}, conversation
    ):
        assert list(loaded) == expected, split
        assert all(is_conversational(row) for row in loaded)
        n_conversations += len(expected)
    return n_conversations


def preference(record):
    """What a row prefers, None where it prefers no side."""
    shown, side = record.fields, record.labels.get("preferred")
    if side not in ("left", "right"):
        return None
    better, worse = ("answer_a", "answer_b") if side == "left" else ("answer_b", "answer_a")
    return {"prompt": shown["prompt"], "chosen": shown[better], "rejected": shown[worse], "task": record.task}


def conversation(record):
    """The conversation of a row, None where it has none."""
    if record.config_key == PREFERENCE:
        found = preference(record)
        turns = [] if found is None else [("user", found["prompt"]), ("assistant", found["chosen"])]
    elif record.config_key in TWO_TURNS:
        asked, answered = TWO_TURNS[record.config_key]
        turns = [("user", record.fields[asked]), ("assistant", record.fields[answered])]
    else:
        shown = record.fields[DIALOGUES[record.config_key]]
        turns = [(ROLES[turn["author"]], turn["text"]) for turn in shown]
    messages = [{"role": role, "content": text} for role, text in turns]
    return {"messages": messages, "task": record.task} if messages else None


def _by_split(released, name, keys, told):
    """Yield what is expected of every file and what the datasets library reads in it."""
    import datasets

    sheets = [sheet for sheet in released.sheets if sheet.key in keys]
    folder = released.folder(name, sheets)
    for sheet, split, records in released.cells(sheets):
        expected = [found for record in records if (found := told(record)) is not None]
        path = folder / sheet.stem / f"{split}.jsonl"
        if not expected:  # the library finds no columns in an empty file
            assert path.read_bytes() == b""
            continue
        yield (
            f"{sheet.key}, {split}",
            expected,
            datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(released.cache)),
        )
