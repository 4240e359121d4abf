import pytest

from tools.base import ToolContext, ToolError
from tools.outline_code import OutlineCodeArgs, outline_code

SOURCE = '''"""Orders."""

from typing import Annotated

MAX_ITEMS = 20
Caller = Annotated[User, Depends(current_user)]


class Order(Base):
    """An order."""

    id: Mapped[UUID] = mapped_column(primary_key=True)

    def total(self, *, currency: str = "EUR") -> Decimal:
        return Decimal(0)


@router.post("/orders", status_code=201)
async def create(data: OrderCreate, caller: Caller):
    async def inner(): ...
'''


def test_signatures_without_bodies(ctx: ToolContext) -> None:
    ctx.workspace.write("app/orders.py", SOURCE.encode())
    ctx.workspace.write("app/bad.py", b"def (:\n")
    ctx.workspace.write("app/notes.md", b"text")
    assert outline_code(ctx, OutlineCodeArgs(paths=["app"])).text.split("\n") == [
        "app/bad.py",
        "  cannot be parsed: invalid syntax (<unknown>, line 1)",
        "app/orders.py",
        "  MAX_ITEMS = 20",
        "  Caller = Annotated[User, Depends(current_user)]",
        "  class Order(Base)",
        "    id: Mapped[UUID] = mapped_column(primary_key=True)",
        "    def total(self, *, currency: str='EUR') -> Decimal",
        "  @router.post('/orders', status_code=201)",
        "  async def create(data: OrderCreate, caller: Caller)",
    ]


def test_deep_nesting_does_not_hurt(ctx: ToolContext) -> None:
    ctx.workspace.write("deep.py", b"x = " + b"-" * 100_000 + b"1\n")
    assert "cannot be parsed" in outline_code(ctx, OutlineCodeArgs(paths=["deep.py"])).text


def test_nothing_to_show(ctx: ToolContext) -> None:
    with pytest.raises(ToolError, match="no Python files in 'web'"):
        outline_code(ctx, OutlineCodeArgs(paths=["web"]))
