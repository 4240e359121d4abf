"""The table of checks: every kind of flaw, what it is called elsewhere, and how it is mended."""

from dataclasses import dataclass
from typing import Literal

How = Literal["source", "probe", "both"]


@dataclass(frozen=True)
class Kind:
    """One kind of flaw."""

    title: str
    cwe: int
    """Number in the Common Weakness Enumeration."""
    how: How
    """Whether the source, the running app, or both are looked at."""
    mend: str


KINDS: dict[str, Kind] = {
    "sql_injection": Kind(
        "SQL injection",
        89,
        "both",
        "Pass values as bound parameters; take names of columns from a fixed mapping.",
    ),
    "command_injection": Kind(
        "Command injection",
        78,
        "both",
        "Run a fixed program with a list of arguments and no shell.",
    ),
    "code_injection": Kind(
        "Code injection", 94, "both", "Parse the input instead of evaluating it as Python."
    ),
    "template_injection": Kind(
        "Template injection",
        1336,
        "both",
        "Keep templates constant; give input to them as values only.",
    ),
    "path_traversal": Kind(
        "Path traversal",
        22,
        "both",
        "Resolve the path and refuse what is not below the folder, or use names of your own.",
    ),
    "ssrf": Kind(
        "Server-side request forgery",
        918,
        "both",
        "Allow known hosts only; refuse private and loopback addresses after resolving.",
    ),
    "xss": Kind(
        "Cross-site scripting",
        79,
        "both",
        "Escape every value that goes into HTML (html.escape, or templates that escape).",
    ),
    "open_redirect": Kind(
        "Open redirect", 601, "both", "Redirect to fixed or listed targets, or to local paths only."
    ),
    "csrf": Kind(
        "Cross-site request forgery",
        352,
        "probe",
        "Give session cookies SameSite=Lax or Strict, and check a token or Origin on changes.",
    ),
    "cors": Kind(
        "Any origin may act as the user",
        942,
        "both",
        "List the origins; never reflect Origin or use a wildcard together with credentials.",
    ),
    "xxe": Kind(
        "XML entities are expanded",
        611,
        "both",
        "Parse with defusedxml, or refuse documents that hold a DOCTYPE.",
    ),
    "deserialization": Kind(
        "Unsafe deserialization",
        502,
        "both",
        "Take JSON, or yaml.safe_load; never unpickle what a client sent.",
    ),
    "zip_slip": Kind(
        "Archive members written outside",
        22,
        "both",
        "Refuse members whose resolved path leaves the folder (tarfile: filter='data').",
    ),
    "zip_bomb": Kind(
        "Archives are unpacked without a limit",
        409,
        "both",
        "Add up the members' sizes before and while reading, and stop at a limit.",
    ),
    "redos": Kind(
        "A regular expression can take forever",
        1333,
        "both",
        "Rewrite it without nested repetition; never compile a client's pattern.",
    ),
    "resource_exhaustion": Kind(
        "A client decides how much is done",
        400,
        "both",
        "Give sizes, counts and uploads an upper bound.",
    ),
    "upload_type": Kind(
        "Uploads of any type",
        434,
        "both",
        "Allow listed types by content, choose the name yourself, serve as an attachment.",
    ),
    "missing_auth": Kind(
        "Missing authentication",
        306,
        "both",
        "Require the logged-in user, as the routes beside it do.",
    ),
    "missing_authorization": Kind(
        "Missing check of the role",
        862,
        "both",
        "Check the role in a dependency of the route.",
    ),
    "idor": Kind(
        "Objects of other users",
        639,
        "both",
        "Look the object up by its id and its owner, and answer 404 for others'.",
    ),
    "mass_assignment": Kind(
        "Clients set fields that are not theirs",
        915,
        "both",
        "Accept a schema that has only what clients may set.",
    ),
    "excess_data": Kind(
        "Answers hold more than they should",
        200,
        "both",
        "Answer with a schema of the public fields only (response_model).",
    ),
    "jwt": Kind(
        "Tokens are not verified properly",
        347,
        "both",
        "Decode with the key, a literal list of algorithms, and exp required.",
    ),
    "hardcoded_secret": Kind(
        "A secret in the code",
        798,
        "source",
        "Read it from the environment and refuse to start without it.",
    ),
    "password_storage": Kind(
        "Passwords are stored readable, or hashed too fast",
        916,
        "both",
        "Store a salted slow hash: argon2id, bcrypt or scrypt.",
    ),
    "secret_storage": Kind(
        "Secrets are stored in plain text",
        312,
        "both",
        "Store a hash of a key or token; compare hashes.",
    ),
    "weak_random": Kind(
        "Predictable tokens",
        330,
        "source",
        "Make secrets with the module secrets.",
    ),
    "timing": Kind(
        "Secrets are compared byte by byte",
        208,
        "source",
        "Compare with hmac.compare_digest.",
    ),
    "user_enumeration": Kind(
        "Answers tell who has an account",
        204,
        "probe",
        "Answer the same, in status and body, whether the account exists or not.",
    ),
    "session": Kind(
        "Sessions are not protected",
        613,
        "both",
        "New id at login, end it on the server at logout, cookie with HttpOnly.",
    ),
    "log_injection": Kind(
        "Clients can write log lines",
        117,
        "both",
        "Log input by repr or as structured JSON, so that line ends are escaped.",
    ),
    "secret_in_log": Kind(
        "Secrets in the log",
        532,
        "both",
        "Do not log passwords, tokens or whole request bodies.",
    ),
    "error_leak": Kind(
        "Errors show the inside",
        209,
        "both",
        "Log the exception; answer with a fixed text.",
    ),
    "race": Kind(
        "Checked and changed in two steps",
        362,
        "both",
        "Change with one conditional statement, or lock the row, in one transaction.",
    ),
    "business_logic": Kind(
        "Negative or impossible amounts are accepted",
        20,
        "both",
        "Bound the number in the schema (gt=0).",
    ),
    "crash": Kind(
        "Input makes the app fail",
        703,
        "probe",
        "Validate the input, or catch the error, and answer 4xx.",
    ),
    "brute_force": Kind(
        "Codes and passwords can be tried without end",
        307,
        "probe",
        "Count failures per account and address, and refuse for a while.",
    ),
    "header_injection": Kind(
        "Clients write response headers",
        113,
        "both",
        "Encode the value, and refuse line ends.",
    ),
    "tls": Kind(
        "Certificates are not checked", 295, "source", "Leave verification of certificates on."
    ),
    "weak_crypto": Kind(
        "Broken cryptography",
        327,
        "source",
        "Use SHA-256 or better, authenticated encryption, and fresh nonces.",
    ),
}
