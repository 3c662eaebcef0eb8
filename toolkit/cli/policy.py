"""``toolkit policy``: what an overlap policy would cost and yield."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.common import (
    InputOption,
    JsonOption,
    LabelConfigOption,
    WorkspaceOption,
    check_source,
    exit_on_error,
    opened,
    progress,
    say,
)
from toolkit.cli.judgments import ControlOption, controls_of, judgments_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import pandas as pd

    from toolkit.consensus.policy import Policy
    from toolkit.consensus.replay import Comparison, Pool, Trial
    from toolkit.models import Tier
    from toolkit.workflow.trials import Question

PLOTS = (".png", ".svg")
PEOPLE = "generalist=20:0.75,specialist=5:0.93"

app = typer.Typer(no_args_is_help=True, help="What an overlap policy would cost and yield.")


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="policy")


@app.command()
def simulate(
    context: typer.Context,
    workspace: WorkspaceOption = Path(),
    source: InputOption = None,
    label_config: LabelConfigOption = None,
    control: ControlOption = None,
    gold: Annotated[Path | None, typer.Option(help="Right labels (task, label): accuracy is known with them.")] = None,
    tasks: Annotated[
        int | None, typer.Option(min=10, max=100_000, help="So many tasks of simulated annotators instead.")
    ] = None,
    people: Annotated[
        str, typer.Option(help="Simulated annotators: tier, number and chance of a right answer.")
    ] = PEOPLE,
    labels: Annotated[int, typer.Option(min=2, max=100, help="Labels of simulated tasks.")] = 4,
    least: Annotated[
        int | None,
        typer.Option(
            "--min", min=1, help="Answers where a task starts, whatever they say; 2, or as workflow.yaml has it."
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--max", min=1, help="Answers of one tier, at most; 5, or as workflow.yaml has it.")
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(min=0.5, max=0.999, help="Confidence at which a task is done; 0.9, or as workflow.yaml has it."),
    ] = None,
    costs: Annotated[str | None, typer.Option(help="Cost of an answer, as generalist=1,specialist=3.")] = None,
    accuracy: Annotated[
        str | None, typer.Option(help="Expected share of right answers, as generalist=0.67,specialist=0.85.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Only so many tasks, chosen by the seed.")] = None,
    replays: Annotated[int, typer.Option(min=1, max=1000, help="Random orders to take the mean of.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of the first order.")] = 0,
    plot: Annotated[Path | None, typer.Option(help="Write cost against accuracy as a picture: .png or .svg.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Replay an overlap policy on judgments that are there: its cost, its accuracy, and what it saves.

    Without --input it takes the judgments collected in the workspace, those on its largest question without --control;
    with --tasks those of simulated annotators.
    """
    check_source(context, source, label_config)
    if plot is not None and plot.suffix.lower() not in PLOTS:
        raise typer.BadParameter(f"pictures are {' or '.join(PLOTS)}; the suffix says which", param_hint="--plot")
    with exit_on_error():
        from toolkit.consensus.replay import compare
        from toolkit.workflow.trials import policy_of

        asked = _asked(least, most, target, costs, accuracy)
        question = None
        if tasks is not None:
            pool, policy = _simulated(tasks, labels, people, most or 5, seed), policy_of(None, **asked)
        elif source is not None:
            pool, policy = _of_file(source, label_config, control, gold, sample, seed), policy_of(None, **asked)
        else:
            question, pool, policy = _of_workspace(workspace, control, gold, sample, seed, asked)
        found = compare(pool, policy, replays=replays, seed=seed, progress=progress)
        if plot is not None:
            from toolkit.cli.policyplot import write_plot

            write_plot(found, plot)
            say(f"{plot}: cost against accuracy")
    _show(found, pool, replays, question, as_json=as_json)


def _asked(
    least: int | None, most: int | None, target: float | None, costs: str | None, accuracy: str | None
) -> dict[str, Any]:
    return {
        "least": least,
        "most": most,
        "target": target,
        "costs": _by_tier(costs, "--costs"),
        "accuracy": _by_tier(accuracy, "--accuracy"),
    }


def _by_tier(text: str | None, option: str) -> Mapping[Tier, float]:
    from toolkit.models import Tier

    found = {}
    for part in (text or "").split(",") if text else ():
        name, _, value = part.partition("=")
        try:
            found[Tier(name.strip())] = float(value)
        except ValueError:
            raise typer.BadParameter(
                f"{part!r} is not TIER=NUMBER; tiers are {', '.join(Tier)}", param_hint=option
            ) from None
    for number in found.values():
        if not 0 < number < float("inf"):
            raise typer.BadParameter(f"{number:g} is not a number above 0", param_hint=option)
    if option == "--accuracy" and any(value >= 1 for value in found.values()):
        raise typer.BadParameter("a share of right answers lies between 0 and 1", param_hint=option)
    return found


def _simulated(n_tasks: int, n_labels: int, people: str, per_tier: int, seed: int) -> Pool:
    from toolkit.consensus.pools import Crew, simulated_pool
    from toolkit.models import Tier

    crews = []
    for part in people.split(","):
        tier, _, rest = part.partition("=")
        number, _, ability = rest.partition(":")
        try:
            crew = Crew(Tier(tier.strip()), int(number), float(ability))
        except ValueError:
            raise typer.BadParameter(
                f"{part!r} is not TIER=NUMBER:ABILITY, as {PEOPLE}", param_hint="--people"
            ) from None
        if crew.n < 1 or not 0 < crew.ability < 1:
            raise typer.BadParameter(f"{part!r}: at least 1, and an ability between 0 and 1", param_hint="--people")
        crews.append(crew)
    order = list(Tier)
    return simulated_pool(
        n_tasks, n_labels, tuple(sorted(crews, key=lambda one: order.index(one.tier))), per_tier, seed
    )


def _of_file(
    source: Path, label_config: Path | None, control: str | None, gold: Path | None, sample: int | None, seed: int
) -> Pool:
    from toolkit.consensus.pools import pool_of, sampled
    from toolkit.storage.judgmentfiles import only_control

    judgments = judgments_of(source, controls_of(label_config))
    name = control or only_control(judgments)
    own = _on(judgments, name)
    tasks = own["task"].astype(str)
    return pool_of(own[tasks.isin(sampled(tasks, sample, seed))], _gold(gold, name))


def _of_workspace(
    workspace: Path,
    control: str | None,
    gold: Path | None,
    sample: int | None,
    seed: int,
    asked: Mapping[str, Any],
) -> tuple[Question, Pool, Policy]:
    from toolkit.workflow.trials import policy_of, pool_in

    with opened(workspace) as operation:
        found = pool_in(operation, control=control, sample=sample, seed=seed)
        if gold is not None:
            known = _gold(gold, found.question.control)
            found = pool_in(operation, control=control, gold=known, sample=sample, seed=seed)
        return found.question, found.pool, policy_of(operation.settings, **asked)


def _on(judgments: pd.DataFrame, control: str) -> pd.DataFrame:
    from toolkit.errors import InputError

    found = judgments[judgments["control"] == control]
    if found.empty:
        names = sorted(set(judgments["control"]))
        raise InputError(f"No judgment is on {control!r}; there are: {', '.join(names)}.")
    return found


def _gold(path: Path | None, control: str) -> Mapping[str, str] | None:
    from toolkit.storage.goldfiles import read_gold

    return None if path is None else read_gold(path, control)[control]


def _show(found: Comparison, pool: Pool, replays: int, question: Question | None, *, as_json: bool) -> None:
    from toolkit.cli.render import percent, plain, print_json, print_table

    if as_json:
        print_json(
            {
                "n_tasks": pool.shape[0],
                "n_annotators": pool.shape[1],
                "n_judgments": len(pool.tasks),
                "tiers": [tier.value for tier in pool.ladder],
                "replays": replays,
                "question": plain(question),
                **plain(found),
            }
        )
        return
    tiers = " and ".join(f"{tier}s" for tier in pool.ladder)
    typer.echo(f"{len(pool.tasks)} judgments of {pool.shape[1]} {tiers} on {pool.shape[0]} tasks, {replays} replays\n")
    if question is not None and question.domain is not None:
        typer.echo(f"{question.control} of {question.domain}/{question.config}, which has most judgments\n")
    print_table(
        "Means a task",
        ("way", ">target", ">answers", ">cost", ">accuracy", ">confidence", ">went up", ">reached"),
        [_row(trial) for trial in (found.chosen, *found.others, *found.fixed)],
        caption="accuracy where gold is known, ties in fractions; confidence: what is stated of labels; went up: share"
        " of tasks that a higher tier was asked about; reached: share that reached the target",
    )
    if found.saving is None:
        typer.echo(f"no saving to tell of: {found.reason}")
    elif found.saving < 0:
        typer.echo(f"{percent(-found.saving)} more than needed: {found.reason}")
    else:
        typer.echo(f"{percent(found.saving)} of the cost saved: {found.reason}")
    if found.n_left_out:
        say(f"{found.n_left_out} tasks without an answer of the lowest tier were left out")


def _row(trial: Trial) -> tuple[object, ...]:
    from toolkit.cli.render import percent

    outcome, adaptive = trial.outcome, trial.target is not None
    name = trial.name if adaptive else f"{trial.overlap} {trial.name.partition(', ')[2]}"
    return (
        name if adaptive else f"fixed {name}",
        trial.target,
        outcome.n_judgments,
        outcome.cost,
        None if outcome.accuracy is None else f"{outcome.accuracy:.3f}",
        outcome.confidence,
        percent(outcome.escalated) if adaptive else None,
        percent(outcome.confident) if adaptive else None,
    )
