"""Where settings come from, which source wins, and what a mistake reads like."""

from pathlib import Path

import pytest

from agent.errors import SettingsError
from agent.settings import Settings, load_settings
from agent.task import Budget

KEY = "sk-very-secret"


class Place:
    """A home and a working folder, and the settings that are loaded there."""

    def __init__(self, root: Path) -> None:
        self.user = root / "config" / "backend-agent" / "config.toml"
        self.project = root / "project" / "backend-agent.toml"
        self.user.parent.mkdir(parents=True)
        self.project.parent.mkdir()
        self.env = {"XDG_CONFIG_HOME": str(root / "config"), "XDG_STATE_HOME": str(root / "state")}

    def load(self, *overrides: str, **env: str) -> Settings:
        return load_settings(overrides, self.env | env, self.project.parent)

    def complaint(self, *overrides: str, **env: str) -> str:
        with pytest.raises(SettingsError) as caught:
            self.load(*overrides, **env)
        return str(caught.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_defaults(place: Place, tmp_path: Path) -> None:
    settings = place.load()
    assert settings.model is None
    assert settings.budget == Budget()
    assert settings.state_dir == tmp_path / "state" / "backend-agent"


SOURCES = ["user", "project", "env", "override"]


@pytest.mark.parametrize("strongest", range(len(SOURCES)))
def test_the_later_source_wins(place: Place, strongest: int) -> None:
    given = SOURCES[: strongest + 1]
    if "user" in given:
        place.user.write_text('model = "user"')
    if "project" in given:
        place.project.write_text('model = "project"')
    env = {"BACKEND_AGENT_MODEL": "env"} if "env" in given else {}
    overrides = ["model=override"] if "override" in given else []
    assert place.load(*overrides, **env).model == given[-1]


def test_tables_are_merged_key_by_key(place: Place) -> None:
    place.user.write_text("[budget]\nmax_steps = 5\nmax_minutes = 7\n")
    place.project.write_text("[budget]\nmax_steps = 6\n")
    budget = place.load("budget.max_cost_usd=1.5", BACKEND_AGENT_BUDGET_MAX_TOKENS="900").budget
    assert budget == Budget(max_steps=6, max_minutes=7, max_cost_usd=1.5, max_tokens=900)


def test_the_openai_clients_own_variables_count_and_ours_win(place: Place) -> None:
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://a.example/v1"}
    settings = place.load(**env)
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == KEY
    assert settings.base_url == "https://a.example/v1"
    ours = place.load(**env, BACKEND_AGENT_BASE_URL="https://b.example/v1")
    assert ours.base_url == "https://b.example/v1"


def test_an_empty_variable_is_not_set(place: Place) -> None:
    assert place.load(OPENAI_API_KEY="", BACKEND_AGENT_MODEL="").api_key is None


@pytest.mark.parametrize("word", ["none", "None"])
def test_none_lifts_a_limit(place: Place, word: str) -> None:
    assert place.load(f"budget.max_minutes={word}").budget.max_minutes is None
    assert place.load(BACKEND_AGENT_BUDGET_MAX_TOKENS=word).budget.max_tokens is None


def test_prices_take_names_with_dots(place: Place) -> None:
    price = "{input = 1, cached_input = 0.1, output = 2}"
    assert place.load(f'prices."gpt-9.1"={price}').prices["gpt-9.1"].output == 2


def test_a_state_folder_is_absolute(place: Place) -> None:
    assert place.load("state_dir=runs").state_dir == Path.cwd() / "runs"
    assert place.load("state_dir=~/runs").state_dir == Path.home() / "runs"


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("budget.max_step=5", "budget.max_step is not a setting; did you mean budget.max_steps?"),
        ("budget.max_steps=0", "budget.max_steps: must be greater than or equal to 1, not 0"),
        ("budget.max_steps=many", "budget.max_steps: must be a valid integer, not 'many'"),
        ("budget=5", "budget: must be a valid dictionary or instance of Budget, not 5"),
        ("base_url=ftp://x", "base_url: must start with http:// or https://, not 'ftp://x'"),
        ("zzz=1", "zzz is not a setting; there are: state_dir, model, base_url, api_key, "),
    ],
)
def test_a_mistake_names_option_key_and_remedy(place: Place, override: str, says: str) -> None:
    assert place.complaint(override).startswith(f"-c {override}: {says}")


@pytest.mark.parametrize("override", ["model", "=x", "a b=c", "a.=1"])
def test_an_override_that_cannot_be_read_shows_the_form(place: Place, override: str) -> None:
    assert place.complaint(override) == (
        f"-c {override}: write key.path=value, for example -c budget.max_steps=50"
    )


def test_all_mistakes_are_told_at_once_each_with_its_place(place: Place) -> None:
    place.user.write_text("modell = 'x'\n")
    place.project.write_text("model = \n")
    lines = place.complaint("budget.max_steps=0", BACKEND_AGENT_MODLE="x").splitlines()
    assert lines[0].startswith(f"{place.project}: is not TOML: ")
    assert lines[1].startswith("environment variable BACKEND_AGENT_MODLE: no such setting, only ")
    assert lines[3] == f"{place.user}: modell is not a setting; did you mean model?"
    assert lines[2].startswith("-c budget.max_steps=0: budget.max_steps: ")


@pytest.mark.parametrize(
    "line", ['base_url = "https://evil.example"', 'api_key = "x"', 'state_dir = "/"']
)
def test_a_projects_file_cannot_send_the_key_elsewhere(place: Place, line: str) -> None:
    place.project.write_text(line)
    key = line.partition(" ")[0]
    assert place.complaint(OPENAI_API_KEY=KEY) == (
        f"{place.project}: {key} may not be set by a project's file "
        f"(only model, budget, prices); put it into {place.user} or the environment"
    )


def test_a_price_that_lacks_a_part_says_which(place: Place) -> None:
    place.user.write_text("[prices.x]\ninput = 1\noutput = 2\n")
    assert place.complaint() == f"{place.user}: prices.x.cached_input is missing; add it"


def test_a_file_that_cannot_be_read_is_a_mistake(place: Place) -> None:
    place.user.mkdir()
    assert place.complaint() == f"{place.user}: cannot be read (Is a directory); fix or remove it"


def test_the_key_is_never_repeated(place: Place) -> None:
    place.user.write_text("api_key = 12345")
    assert "12345" not in place.complaint()
    assert KEY not in place.complaint(f"api_key.x={KEY}")
    assert KEY not in repr(place.load(OPENAI_API_KEY=KEY))
