"""Diagrams of a Blueprint, which a spec may hold again."""

from pathlib import Path

from agent.intake import read_spec
from tools.blueprint.mermaid import draw_blueprint, draw_entities, draw_states
from tools.blueprint.model import StateMachine, Transition
from tools.schema.mermaid_er import parse_mermaid_er

SPEC = (Path(__file__).parents[3] / "examples" / "bookshop" / "spec.md").read_text("utf-8")


def test_entities_come_back_from_their_diagram() -> None:
    blueprint = read_spec(SPEC).blueprint
    schema = parse_mermaid_er(draw_entities(blueprint))
    for entity in blueprint.entities:
        table = schema.table(entity.table)
        assert [column.name for column in table.columns] == [one.name for one in entity.fields]
        assert [column.nullable for column in table.columns] == [
            one.nullable for one in entity.fields
        ]
        assert table.primary_key == entity.primary_key
        assert {key.columns[0] for key in table.foreign_keys} == {
            one.name for one in entity.fields if one.references
        }


def test_states_are_titled_and_name_who_may() -> None:
    machine = StateMachine(
        entity="order",
        field="status",
        initial="placed",
        transitions=(
            Transition(source="placed", target="In Transit", roles=("staff", "admin")),
            Transition(source="In Transit", target="gone"),
        ),
    )
    assert draw_states(machine) == (
        "---\ntitle: order.status\n---\nstateDiagram-v2\n"
        '    state "In Transit" as in_transit\n'
        "    [*] --> placed\n"
        "    placed --> in_transit : by (staff, admin)\n"
        "    in_transit --> gone\n"
    )


def test_the_states_of_an_example_come_back_in_a_spec() -> None:
    blueprint = read_spec(SPEC).blueprint
    machines = [rule for rule in blueprint.rules if isinstance(rule, StateMachine)]
    again = read_spec(f"{SPEC}\n## Diagrams\n\n```mermaid\n{draw_states(machines[0])}```\n")
    assert again.problems == ()
    assert len(again.blueprint.rules) == len(blueprint.rules)
    assert draw_blueprint(blueprint).count("```mermaid") == 1 + len(machines)
