"""Prisma models become the document, and what is wrong is named with its line."""

import pytest

from tools.schema.errors import SchemaError
from tools.schema.load import parse_schema
from tools.schema.model import Column, EnumType, ForeignKey, Index
from tools.schema.prisma import parse_prisma

BLOG = """\
datasource db { provider = "postgresql" url = env("DATABASE_URL") }
/// people
enum Role { ADMIN USER @map("user") }
model User {
  id        String   @id @default(uuid()) @db.Uuid
  email     String   @unique @db.VarChar(254)
  role      Role     @default(USER)
  active    Boolean  @default(true)
  score     Decimal? @db.Decimal(10, 2)
  tags      String[] @default([])
  createdAt DateTime @default(now()) @map("created_at") @db.Timestamptz(6)
  posts     Post[]
  @@map("users")
}
model Post {
  id       Int    @id @default(autoincrement())
  title    String @default("it's")
  hits     BigInt @default(0)
  key      String @default(dbgenerated("md5('x')"))
  author   User   @relation("wrote", fields: [authorId], references: [id], onDelete: Cascade)
  authorId String @db.Uuid
  parent   Post?  @relation("tree", fields: [parentId], references: [id])
  parentId Int?
  children Post[] @relation("tree")
  @@unique([authorId, title], name: "one")
  @@index([hits(sort: Desc), title])
}
model Vote {
  userId String
  postId Int
  @@id([userId, postId])
}
"""


def test_a_blog_is_read_whole() -> None:
    schema = parse_prisma(BLOG)
    users, post, vote = schema.tables

    assert schema.enums == (EnumType(name="Role", values=("ADMIN", "user"), line=3),)
    assert (users.name, users.line, users.primary_key) == ("users", 4, ("id",))
    assert users.uniques == (("email",),)
    assert users.columns == (
        Column(name="id", type="uuid", nullable=False, default="gen_random_uuid()", line=5),
        Column(name="email", type="varchar(254)", nullable=False, line=6),
        Column(name="role", type="Role", nullable=False, default="'USER'", line=7),
        Column(name="active", type="boolean", nullable=False, default="true", line=8),
        Column(name="score", type="decimal(10,2)", line=9),
        Column(name="tags", type="text[]", nullable=False, default="'{}'", line=10),
        Column(name="created_at", type="timestamptz(6)", nullable=False, default="now()", line=11),
    )
    assert post.columns[0] == Column(
        name="id", type="integer", nullable=False, identity="by_default", line=16
    )
    assert [c.default for c in post.columns] == [None, "'it''s'", "0", "md5('x')", None, None]
    assert post.foreign_keys == (
        ForeignKey(
            columns=("authorId",), table="users", references=("id",),
            on_delete="cascade", on_update="cascade", line=20,
        ),
        ForeignKey(
            columns=("parentId",), table="Post", references=("id",),
            on_delete="set_null", on_update="cascade", line=22,
        ),
    )  # fmt: skip
    assert post.uniques == (("authorId", "title"),)
    assert post.indexes == (Index(keys=("hits", "title"), line=15),)
    assert vote.primary_key == ("userId", "postId")


def test_the_suffix_says_that_it_is_prisma() -> None:
    schema = parse_schema("model A { id Int @id }", "x.prisma")
    assert [table.name for table in schema.tables] == ["A"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("table X {}", 1, "expected model, enum, datasource or generator and found 'table'"),
        ("model A {\n id Foo @id }", 2, "the type 'Foo' of A.id is unknown"),
        ("model A { id Int }\nmodel A { id Int }", 2, "the model A is described twice"),
        ("model A { id Int\n id Int }", 2, "the field 'id' is described twice"),
        ('model A { x Unsupported("p") }', 1, "the type of 'x' is Unsupported"),
        ("model A { }", 1, "the model A has no columns"),
        ("model A { id Int\n @@id([no]) }", 2, "the model A has no field 'no'"),
        ("model A { id Int @default(1", 1, "expected ')' and found the end"),
        (
            "model A { id Int @id\n bs B[] }\nmodel B { id Int @id\n as A[] }",
            2,
            "A.bs is a many-to-many relation without a model of its own",
        ),
    ],
)
def test_mistakes_are_named_at_their_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_prisma(text)
    ((found, said),) = caught.value.problems
    assert (found, said[: len(reason)]) == (line, reason)
