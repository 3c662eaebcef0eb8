"""What generalists settled in triage becomes labels to train a router on."""

from dataclasses import replace

from tests.workflow.conftest import NEWS
from tests.workflow.test_cycle import accounts, answers, placement_of, prepared
from toolkit.workflow import collect, publish, resolve
from toolkit.workflow.learning import consensus_labels


def settle(operation, fake, domain):
    publish(operation)
    news = placement_of(operation, "news.txt", "categorize")
    names = fake.stored[news.server_task].data["assignees"].strip("|").split("|")
    for user in accounts(operation, fake, *names):
        fake.annotate(news.server_task, user, answers(domain=domain, sensitivity="public"))
    collect(operation)
    resolve(operation)
    return news.placement.task


def of_real_people(operation):
    return replace(operation, team=tuple(replace(one, simulated=False, ability={}) for one in operation.team))


def test_a_domain_that_generalists_agree_on_is_a_label(operation, texts, fake):
    prepared(operation, texts)
    assert consensus_labels(operation) == []
    task = settle(operation, fake, "law")
    (label,) = consensus_labels(of_real_people(operation))
    assert (label.domain, label.language, label.where) == ("law", "fr", f"task {task}")
    assert label.group == operation.state.corpus.task(task).document
    assert consensus_labels(of_real_people(operation), grouped=True)[0].group == "news.txt"
    assert NEWS in label.text


def test_what_simulated_annotators_answered_teaches_nothing(operation, texts, fake):
    prepared(operation, texts)
    settle(operation, fake, "law")
    assert consensus_labels(operation) == []


def test_what_is_not_settled_is_no_label(operation, texts, fake):
    prepared(operation, texts)
    publish(operation)
    news = placement_of(operation, "news.txt", "categorize")
    names = fake.stored[news.server_task].data["assignees"].strip("|").split("|")
    for user, domain in zip(accounts(operation, fake, *names), ("law", "finance", "stem"), strict=False):
        fake.annotate(news.server_task, user, answers(domain=domain, sensitivity="public"))
    collect(operation)
    resolve(operation)
    assert consensus_labels(of_real_people(operation)) == []
