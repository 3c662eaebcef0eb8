"""What tests of trust have in common: who answers what, and what it counts as."""

from toolkit.workflow.collection import judgments_of


def finance(operation):
    return next(s for s in operation.state.work.placements() if s.placement.project.domain == "finance")


def general(operation):
    return next(s for s in operation.state.work.placements() if s.placement.project.domain == "general")


def assigned(operation, state):
    found = operation.state.work.assignments(task=state.placement.task)
    return [item.assignment.annotator for item in found if item.assignment.placement == state.placement.id]


def user(operation, fake, name):
    account = fake.ensure_account(name, f"{name}@example.org", "x", simulated=True)
    operation.state.registry.save_account(account.server_user, name, simulated=True)
    return account.server_user


def choose(to_name="text", **choices):
    return [
        {"id": name, "from_name": name, "to_name": to_name, "type": "choices", "value": {"choices": [label]}}
        for name, label in choices.items()
    ]


def labels_of(operation, control):
    return operation.config(finance(operation).placement.project).control(control).labels


def judged(operation):
    """Label by annotator and control, as collect counts them."""
    return {(j.annotator, j.control): j.label for j in judgments_of(operation)}
