"""Hidden black-box tests for the toolshed spec. Written from spec.md alone.

Needs BASE_URL, FIRST_ADMIN_EMAIL, FIRST_ADMIN_PASSWORD. Every test makes its own members and tools,
so the tests may run in any order and against a database that already holds records.
"""
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone

import httpx2 as httpx
import pytest

BASE_URL = os.environ["BASE_URL"].rstrip("/")
ADMIN_EMAIL = os.environ["FIRST_ADMIN_EMAIL"]
ADMIN_PASSWORD = os.environ["FIRST_ADMIN_PASSWORD"]
PASSWORD = "correct-horse-7-battery"


# --- helpers -----------------------------------------------------------------------------------


class Caller:
    """One signed-in (or anonymous) client; a new connection per call, so it is safe in threads."""

    def __init__(self, token=None, account=None):
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.account = account

    def call(self, method, path, **kw):
        return httpx.request(
            method, BASE_URL + path, headers=self.headers, timeout=30, follow_redirects=True, **kw
        )

    def get(self, path, **params):
        return self.call("GET", path, params=params)

    def post(self, path, body=None):
        return self.call("POST", path, **({} if body is None else {"json": body}))

    def patch(self, path, body):
        return self.call("PATCH", path, json=body)

    @property
    def id(self):
        return self.account["id"]


def try_login(email, password):
    """The spec leaves the body's encoding open: JSON or form, `email` or `username`."""
    url = BASE_URL + "/auth/login"
    attempts = (
        {"json": {"email": email, "password": password}},
        {"data": {"username": email, "password": password}},
        {"json": {"username": email, "password": password}},
        {"data": {"email": email, "password": password}},
    )
    response = None
    for kw in attempts:
        for _ in range(3):  # a login throttle is neither asked for nor forbidden
            response = httpx.post(url, timeout=30, **kw)
            if response.status_code != 429:
                break
            wait = response.headers.get("retry-after", "")
            time.sleep(min(int(wait) if wait.isdigit() else 20, 60))
        if response.status_code not in (400, 415, 422):
            break
    return response


def ok(response, *codes):
    """For preparation steps: the body, or a failure that says which step broke."""
    if response.status_code not in (codes or (200, 201)):
        pytest.fail(
            f"{response.request.method} {response.request.url} -> "
            f"{response.status_code}: {response.text[:300]}"
        )
    return response.json()


def login(email, password=PASSWORD):
    caller = Caller(ok(try_login(email, password))["access_token"])
    caller.account = ok(caller.get("/members/me"))
    return caller


def items(response):
    body = ok(response, 200)
    if isinstance(body, list):
        return body
    lists = [v for v in body.values() if isinstance(v, list)]
    assert len(lists) == 1, f"no single list in {body!r}"
    return lists[0]


def ids(response):
    return [x["id"] for x in items(response)]


def unique():
    return uuid.uuid4().hex[:12]


def unknown_id(known):
    return 2_000_000_000 if str(known).isdigit() else str(uuid.uuid4())


def day(offset=0):
    return (datetime.now(timezone.utc).date() + timedelta(days=offset)).isoformat()


def plus(iso, days):
    return (date.fromisoformat(iso) + timedelta(days=days)).isoformat()


def member_body(**kw):
    return {
        "email": f"m-{unique()}@example.com",
        "full_name": f"Member {unique()}",
        "password": PASSWORD,
    } | kw


def tool_body(**kw):
    return {"name": f"tool {unique()}", "category": "woodwork", "asset_tag": f"T-{unique()}"} | kw


@pytest.fixture(scope="session")
def staff():
    return login(ADMIN_EMAIL, ADMIN_PASSWORD)


@pytest.fixture(scope="session")
def anyone():
    return Caller()


@pytest.fixture
def new_member(staff):
    def make(**kw):
        body = member_body(**kw)
        ok(staff.post("/members", body), 201)
        return login(body["email"])

    return make


@pytest.fixture
def member(new_member):
    return new_member()


@pytest.fixture
def new_tool(staff):
    return lambda **kw: ok(staff.post("/tools", tool_body(**kw)), 201)


@pytest.fixture
def tool(new_tool):
    return new_tool()


def lend(caller, tool, **kw):
    return ok(caller.post("/loans", {"tool_id": tool["id"]} | kw), 201)


def read_tool(staff, tool):
    return ok(staff.get(f"/tools/{tool['id']}"), 200)


# --- accounts ----------------------------------------------------------------------------------


def test_login_refusals_are_401(member):
    wrong = try_login(member.account["email"], "not-the-password").status_code
    unknown = try_login(f"nobody-{unique()}@example.com", PASSWORD).status_code
    assert (wrong, unknown) == (401, 401)


def test_everything_but_login_needs_a_token(anyone):
    bad = Caller("not-a-token")
    paths = ("/members/me", "/members", "/tools", "/loans")
    assert {c.get(p).status_code for p in paths for c in (anyone, bad)} == {401}


def test_new_account_has_the_defaults_and_shows_no_password(staff):
    made = ok(staff.post("/members", member_body()), 201)
    seen = {k: made[k] for k in ("role", "active", "loan_limit", "open_loans")}
    secrets = {"password", "hashed_password", "password_hash"}
    assert seen == {"role": "member", "active": True, "loan_limit": 3, "open_loans": 0}
    assert not secrets & set(made) and PASSWORD not in str(made)


def test_email_is_compared_without_regard_to_case(staff, member):
    shouted = member.account["email"].upper()
    again = staff.post("/members", member_body(email=shouted)).status_code
    assert (again, try_login(shouted, PASSWORD).status_code) == (409, 200)


def test_bad_account_is_422(staff):
    wrong = ({"password": "short12"}, {"loan_limit": 11}, {"role": "owner"})
    codes = [staff.post("/members", member_body(**w)).status_code for w in wrong]
    assert codes == [422, 422, 422]


def test_members_may_not_manage_accounts(member):
    codes = (
        member.get("/members").status_code,
        member.post("/members", member_body()).status_code,
        member.patch(f"/members/{member.id}", {"loan_limit": 10}).status_code,
    )
    assert codes == (403, 403, 403)


def test_member_reads_only_their_own_account(member, new_member):
    other = new_member()
    own = member.get(f"/members/{member.id}")
    assert (own.status_code, own.json()["id"]) == (200, member.id)
    assert member.get(f"/members/{other.id}").status_code == 404


def test_member_list_filters_hold_together(staff, new_member):
    mark = unique()
    plain = new_member(full_name=f"B {mark}")
    helper = new_member(full_name=f"A {mark}", role="staff")
    assert ids(staff.get("/members", q=mark.upper())) == [helper.id, plain.id]
    assert ids(staff.get("/members", q=mark, role="staff")) == [helper.id]


def test_deactivating_ends_login_and_running_tokens(staff, member):
    ok(staff.patch(f"/members/{member.id}", {"active": False}), 200)
    codes = (
        member.get("/members/me").status_code,
        try_login(member.account["email"], PASSWORD).status_code,
    )
    assert codes == (401, 401)


def test_role_change_counts_from_the_next_request(staff, member):
    ok(staff.patch(f"/members/{member.id}", {"role": "staff"}), 200)
    assert member.get("/members").status_code == 200


def test_member_with_open_loan_cannot_be_deactivated(staff, member, tool):
    loan = lend(member, tool)
    early = staff.patch(f"/members/{member.id}", {"active": False}).status_code
    ok(staff.post(f"/loans/{loan['id']}/return"), 200)
    late = staff.patch(f"/members/{member.id}", {"active": False}).status_code
    assert (early, late) == (409, 200)


def test_staff_cannot_lock_themselves_out(new_member):
    # A second staff account, so that a service without this rule does not lose the first one.
    helper = new_member(role="staff")
    demoted = helper.patch(f"/members/{helper.id}", {"role": "member"}).status_code
    assert demoted == 409
    assert helper.patch(f"/members/{helper.id}", {"active": False}).status_code == 409


# --- tools -------------------------------------------------------------------------------------


def test_new_tool_has_the_defaults(tool):
    seen = {k: tool[k] for k in ("description", "loan_days", "state", "available", "due_back_on")}
    assert seen == {
        "description": "",
        "loan_days": 14,
        "state": "in_service",
        "available": True,
        "due_back_on": None,
    }


def test_only_staff_change_the_catalog(member, tool):
    codes = (
        member.post("/tools", tool_body()).status_code,
        member.patch(f"/tools/{tool['id']}", {"name": "mine now"}).status_code,
    )
    assert codes == (403, 403)


def test_asset_tag_in_use_is_409(staff, tool, new_tool):
    made = staff.post("/tools", tool_body(asset_tag=tool["asset_tag"])).status_code
    moved = staff.patch(f"/tools/{new_tool()['id']}", {"asset_tag": tool["asset_tag"]}).status_code
    assert (made, moved) == (409, 409)


def test_bad_tool_and_bad_filter_are_422(staff):
    without_tag = tool_body()
    del without_tag["asset_tag"]
    codes = (
        staff.post("/tools", without_tag).status_code,
        staff.post("/tools", tool_body(loan_days=61)).status_code,
        staff.get("/tools", state="broken").status_code,
    )
    assert codes == (422, 422, 422)


def test_tool_list_filters_and_order(member, new_tool):
    category = f"cat-{unique()}"
    second = new_tool(category=category, name="b plane")
    first = new_tool(category=category, name="a plane")
    assert ids(member.get("/tools", category=category)) == [first["id"], second["id"]]
    lend(member, first)
    assert ids(member.get("/tools", category=category, available="true")) == [second["id"]]
    assert ids(member.get("/tools", category=category, available="false")) == [first["id"]]


def test_tool_search_by_piece_of_name_or_tag_in_any_case(member, new_tool):
    mark = unique()
    by_name = new_tool(name=f"a big {mark} saw")
    by_tag = new_tool(name="b something else", asset_tag=f"X{mark}Y")
    assert ids(member.get("/tools", q=mark.upper())) == [by_name["id"], by_tag["id"]]


def test_retired_tools_are_listed_only_when_asked_for(member, new_tool):
    category = f"cat-{unique()}"
    gone = new_tool(category=category, state="retired")
    assert ids(member.get("/tools", category=category)) == []
    assert ids(member.get("/tools", category=category, state="retired")) == [gone["id"]]
    assert member.get(f"/tools/{gone['id']}").status_code == 200


def test_tool_that_is_out_keeps_its_state_but_takes_other_edits(staff, member, tool):
    lend(member, tool)
    path = f"/tools/{tool['id']}"
    codes = [staff.patch(path, {"state": s}).status_code for s in ("maintenance", "retired")]
    assert codes == [409, 409]
    assert staff.patch(path, {"description": "new blade"}).status_code == 200


# --- lending -----------------------------------------------------------------------------------


def test_member_borrows_for_themselves(member, new_tool):
    loan = lend(member, new_tool(loan_days=7))
    got = {k: loan[k] for k in ("member_id", "returned_on", "renewed", "overdue", "return_note")}
    assert got == {
        "member_id": member.id,
        "returned_on": None,
        "renewed": False,
        "overdue": False,
        "return_note": None,
    }
    assert (loan["lent_on"], loan["due_on"]) == (day(), plus(loan["lent_on"], 7))


def test_lending_shows_on_the_tool_and_on_the_member(staff, member, tool):
    loan = lend(member, tool)
    now = read_tool(staff, tool)
    assert (now["available"], now["due_back_on"]) == (False, loan["due_on"])
    assert ok(member.get("/members/me"))["open_loans"] == 1


def test_tool_that_is_out_is_409_for_members_and_staff(staff, member, new_member, tool):
    lend(member, tool)
    body = {"tool_id": tool["id"]}
    codes = (new_member().post("/loans", body).status_code, staff.post("/loans", body).status_code)
    assert codes == (409, 409)


def test_tool_not_in_service_is_409(member, new_tool):
    tools = [new_tool(state=s) for s in ("maintenance", "retired")]
    codes = [member.post("/loans", {"tool_id": t["id"]}).status_code for t in tools]
    assert codes == [409, 409]


def test_limit_of_open_loans(staff, member, new_tool):
    first = [lend(member, new_tool()) for _ in range(3)][0]
    body = {"tool_id": new_tool()["id"]}
    by_member = member.post("/loans", body).status_code
    by_staff = staff.post("/loans", body | {"member_id": member.id}).status_code
    ok(staff.post(f"/loans/{first['id']}/return"), 200)
    after_return = member.post("/loans", body).status_code
    assert (by_member, by_staff, after_return) == (409, 409, 201)


def test_overdue_loan_blocks_the_borrower_until_it_is_back(staff, member, new_tool):
    late = lend(staff, new_tool(), member_id=member.id, lent_on=day(-30))
    assert (late["due_on"], late["overdue"]) == (day(-16), True)
    body = {"tool_id": new_tool()["id"]}
    before = member.post("/loans", body).status_code
    back = ok(staff.post(f"/loans/{late['id']}/return"), 200)
    after = member.post("/loans", body).status_code
    assert (before, back["overdue"], after) == (409, False, 201)


def test_loan_is_not_overdue_on_its_due_date(staff, member, new_tool):
    loan = lend(staff, new_tool(loan_days=1), member_id=member.id, lent_on=day(-1))
    assert (loan["due_on"], loan["overdue"]) == (day(), False)


def test_what_a_member_may_not_send(staff, member, new_member, tool):
    codes = (
        member.post("/loans", {"tool_id": tool["id"], "member_id": new_member().id}).status_code,
        member.post("/loans", {"tool_id": tool["id"], "lent_on": day(-1)}).status_code,
    )
    assert codes == (403, 403)
    assert read_tool(staff, tool)["available"] is True


def test_lent_on_out_of_range_is_422(staff, member, tool):
    body = {"tool_id": tool["id"], "member_id": member.id}
    codes = [staff.post("/loans", body | {"lent_on": day(n)}).status_code for n in (-92, 2)]
    assert codes == [422, 422]


def test_lending_an_unknown_tool_or_to_an_unknown_or_inactive_member(staff, member, tool):
    ok(staff.patch(f"/members/{member.id}", {"active": False}), 200)
    codes = (
        staff.post("/loans", {"tool_id": unknown_id(tool["id"])}).status_code,
        staff.post(
            "/loans", {"tool_id": tool["id"], "member_id": unknown_id(member.id)}
        ).status_code,
        staff.post("/loans", {"tool_id": tool["id"], "member_id": member.id}).status_code,
    )
    assert codes == (404, 404, 409)


def test_same_tool_asked_for_in_the_same_second_goes_to_one(new_member, tool):
    callers = [new_member() for _ in range(6)]
    with ThreadPoolExecutor(len(callers)) as pool:
        answers = pool.map(lambda c: c.post("/loans", {"tool_id": tool["id"]}), callers)
        codes = sorted(a.status_code for a in answers)
    assert codes == [201] + [409] * 5


def test_limit_holds_for_requests_in_the_same_second(new_member, new_tool):
    member = new_member(loan_limit=2)
    tools = [new_tool() for _ in range(6)]
    with ThreadPoolExecutor(len(tools)) as pool:
        answers = pool.map(lambda t: member.post("/loans", {"tool_id": t["id"]}), tools)
        codes = sorted(a.status_code for a in answers)
    assert codes == [201] * 2 + [409] * 4


# --- reading, returning, renewing --------------------------------------------------------------


def test_somebody_elses_loan_is_404_and_not_in_the_list(staff, member, new_member, new_tool):
    own, other = lend(member, new_tool()), new_member()
    foreign = lend(other, new_tool())
    assert ids(member.get("/loans")) == [own["id"]]
    assert ids(member.get("/loans", member_id=other.id)) == []
    codes = [c.get(f"/loans/{foreign['id']}").status_code for c in (member, other, staff)]
    assert codes == [404, 200, 200]
    assert member.post(f"/loans/{foreign['id']}/renew").status_code == 404


def test_loan_list_filters_and_order(staff, member, new_tool):
    back = lend(member, new_tool())
    ok(staff.post(f"/loans/{back['id']}/return"), 200)
    still = lend(member, new_tool())
    # Recorded last although lent earlier: the order follows the recording.
    late = lend(staff, new_tool(), member_id=member.id, lent_on=day(-40))
    expected = {
        (): [late["id"], still["id"], back["id"]],
        (("status", "open"),): [late["id"], still["id"]],
        (("status", "returned"),): [back["id"]],
        (("overdue", "true"),): [late["id"]],
        (("tool_id", still["tool_id"]),): [still["id"]],
    }
    got = {f: ids(staff.get("/loans", member_id=member.id, **dict(f))) for f in expected}
    assert got == expected


def test_return_is_for_staff_only_and_only_once(staff, member, tool):
    path = f"/loans/{lend(member, tool)['id']}/return"
    by_borrower = member.post(path).status_code
    back = ok(staff.post(path, {"note": "a bit dusty"}), 200)
    assert (by_borrower, back["returned_on"], back["return_note"]) == (403, day(), "a bit dusty")
    assert read_tool(staff, tool)["available"] is True
    assert staff.post(path, {"needs_repair": True}).status_code == 409
    assert read_tool(staff, tool)["state"] == "in_service"


def test_return_with_needs_repair_sends_the_tool_to_maintenance(staff, member, tool):
    ok(staff.post(f"/loans/{lend(member, tool)['id']}/return", {"needs_repair": True}), 200)
    now = read_tool(staff, tool)
    assert (now["state"], now["available"], now["due_back_on"]) == ("maintenance", False, None)


def test_renewal_counts_from_the_old_due_date_and_works_once(staff, member, new_tool):
    tool = new_tool(loan_days=7)
    loan = lend(member, tool)
    ok(staff.patch(f"/tools/{tool['id']}", {"loan_days": 10}), 200)
    unmoved = ok(member.get(f"/loans/{loan['id']}"))["due_on"]
    path = f"/loans/{loan['id']}/renew"
    renewed = ok(member.post(path), 200)
    assert (unmoved, renewed["due_on"]) == (loan["due_on"], plus(loan["due_on"], 10))
    assert (renewed["renewed"], staff.post(path).status_code) == (True, 409)


def test_overdue_or_returned_loan_cannot_be_renewed(staff, member, new_tool):
    late = lend(staff, new_tool(), member_id=member.id, lent_on=day(-20))
    path = f"/loans/{late['id']}"
    overdue = member.post(f"{path}/renew").status_code
    ok(staff.post(f"{path}/return"), 200)
    assert (overdue, member.post(f"{path}/renew").status_code) == (409, 409)


def test_unknown_ids_are_404(staff, member, tool):
    loan = lend(member, tool)
    codes = [
        staff.get(f"/tools/{unknown_id(tool['id'])}").status_code,
        staff.get(f"/members/{unknown_id(member.id)}").status_code,
        staff.get(f"/loans/{unknown_id(loan['id'])}").status_code,
        staff.post(f"/loans/{unknown_id(loan['id'])}/return").status_code,
    ]
    assert codes == [404] * 4
