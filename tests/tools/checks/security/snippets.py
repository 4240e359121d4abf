"""Handlers with a flaw, and the same mended: kind, flawed code, mended code."""

from dataclasses import dataclass

HEAD = """
import hashlib, hmac, html, io, os, pickle, random, re, secrets, shlex, sqlite3, subprocess
import tarfile, zipfile
from pathlib import Path
from xml.etree import ElementTree
import httpx, jwt, jinja2, yaml
from fastapi import FastAPI, Request, HTTPException, Query, UploadFile
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel
app = FastAPI()
db = sqlite3.connect("x.db")
ROOT = Path("files")
"""


@dataclass(frozen=True)
class Pair:
    """A flaw and its repair."""

    kind: str
    flawed: str
    mended: str


PAIRS: tuple[Pair, ...] = (
    Pair(
        "sql_injection",
        "@app.get('/a')\ndef a(q: str):\n    return db.execute(f\"SELECT * FROM t WHERE n = '{q}'\").fetchall()\n",
        "@app.get('/a')\ndef a(q: str):\n    return db.execute('SELECT * FROM t WHERE n = ?', (q,)).fetchall()\n",
    ),
    Pair(
        "sql_injection",
        "def find(order):\n    sql = 'SELECT * FROM t ORDER BY ' + order\n    return db.execute(sql)\n"
        "@app.get('/a')\ndef a(order: str = 'id'):\n    return list(find(order))\n",
        "COLUMNS = {'id': 'id', 'name': 'name'}\n"
        "def find(order):\n    sql = 'SELECT * FROM t ORDER BY ' + COLUMNS[order]\n    return db.execute(sql)\n"
        "@app.get('/a')\ndef a(order: str = 'id'):\n    return list(find(order))\n",
    ),
    Pair(
        "command_injection",
        "@app.get('/a')\ndef a(host: str):\n    return subprocess.run('ping ' + host, shell=True)\n",
        "@app.get('/a')\ndef a(host: str):\n    return subprocess.run(['ping', host])\n",
    ),
    Pair(
        "code_injection",
        "@app.get('/a')\ndef a(term: str):\n    return eval(term)\n",
        "@app.get('/a')\ndef a(term: str):\n    return float(term)\n",
    ),
    Pair(
        "template_injection",
        "@app.get('/a')\ndef a(name: str):\n    return jinja2.Template('Hello ' + name).render()\n",
        "@app.get('/a')\ndef a(name: str):\n    return jinja2.Template('Hello {{ n }}').render(n=name)\n",
    ),
    Pair(
        "path_traversal",
        "@app.get('/a/{name}')\ndef a(name: str):\n    return FileResponse(ROOT / name)\n",
        "@app.get('/a/{name}')\ndef a(name: str):\n    path = (ROOT / name).resolve()\n"
        "    if not path.is_relative_to(ROOT.resolve()):\n        raise HTTPException(404)\n"
        "    return FileResponse(path)\n",
    ),
    Pair(
        "ssrf",
        "@app.get('/a')\nasync def a(url: str):\n    async with httpx.AsyncClient() as client:\n"
        "        return (await client.get(url)).text\n",
        "HOSTS = {'feeds.example.com'}\n"
        "@app.get('/a')\nasync def a(url: str):\n    if httpx.URL(url).host not in HOSTS:\n"
        "        raise HTTPException(403)\n    async with httpx.AsyncClient() as client:\n"
        "        return (await client.get(url)).text\n",
    ),
    Pair(
        "xss",
        "@app.get('/a', response_class=HTMLResponse)\ndef a(name: str):\n    return f'<h1>{name}</h1>'\n",
        "@app.get('/a', response_class=HTMLResponse)\ndef a(name: str):\n    return f'<h1>{html.escape(name)}</h1>'\n",
    ),
    Pair(
        "open_redirect",
        "@app.get('/a')\ndef a(next: str = '/'):\n    return RedirectResponse(next)\n",
        "@app.get('/a')\ndef a(next: str = '/'):\n    if next not in ('/', '/home'):\n        next = '/'\n"
        "    return RedirectResponse(next)\n",
    ),
    Pair(
        "xxe",
        "@app.post('/a')\nasync def a(request: Request):\n    return ElementTree.fromstring(await request.body()).tag\n",
        "@app.post('/a')\nasync def a(request: Request):\n    body = await request.body()\n"
        "    if b'<!DOCTYPE' in body:\n        raise HTTPException(400)\n    return ElementTree.fromstring(body).tag\n",
    ),
    Pair(
        "xxe",
        "from lxml import etree\n@app.post('/a')\nasync def a(request: Request):\n"
        "    return etree.fromstring(await request.body(), etree.XMLParser()).tag\n",
        "from lxml import etree\n@app.post('/a')\nasync def a(request: Request):\n"
        "    parser = etree.XMLParser(resolve_entities=False)\n"
        "    return etree.fromstring(await request.body(), parser).tag\n",
    ),
    Pair(
        "deserialization",
        "@app.post('/a')\nasync def a(request: Request):\n    return pickle.loads(await request.body())\n",
        "@app.post('/a')\nasync def a(request: Request):\n    return await request.json()\n",
    ),
    Pair(
        "deserialization",
        "@app.post('/a')\nasync def a(request: Request):\n    return yaml.load(await request.body(), yaml.Loader)\n",
        "@app.post('/a')\nasync def a(request: Request):\n    return yaml.safe_load(await request.body())\n",
    ),
    Pair(
        "zip_slip",
        "@app.post('/a')\nasync def a(file: UploadFile):\n    archive = zipfile.ZipFile(file.file)\n"
        "    for member in archive.infolist():\n        (ROOT / member.filename).write_bytes(archive.read(member))\n",
        "@app.post('/a')\nasync def a(file: UploadFile):\n    archive = zipfile.ZipFile(file.file)\n"
        "    for member in archive.infolist():\n        target = (ROOT / member.filename).resolve()\n"
        "        if not target.is_relative_to(ROOT.resolve()):\n            raise HTTPException(400)\n"
        "        target.write_bytes(archive.read(member))\n",
    ),
    Pair(
        "redos",
        "@app.get('/a')\ndef a(text: str):\n    return bool(re.match(r'^(a+)+$', text))\n",
        "@app.get('/a')\ndef a(text: str):\n    return bool(re.match(r'^a+$', text))\n",
    ),
    Pair(
        "redos",
        "@app.get('/a')\ndef a(pattern: str):\n    return re.findall(pattern, 'text')\n",
        "@app.get('/a')\ndef a(pattern: str):\n    return re.findall(re.escape(pattern), 'text')\n",
    ),
    Pair(
        "resource_exhaustion",
        "@app.get('/a')\ndef a(n: int):\n    return list(range(n))\n",
        "@app.get('/a')\ndef a(n: int = Query(ge=1, le=100)):\n    return list(range(n))\n",
    ),
    Pair(
        "resource_exhaustion",
        "@app.get('/a')\ndef a(text: str, n: int):\n    return text + '=' * n\n",
        "@app.get('/a')\ndef a(text: str):\n    return text + '=' * (-len(text) % 4)\n",
    ),
    Pair(
        "mass_assignment",
        "@app.patch('/a')\ndef a(body: dict):\n    user = load()\n    for key, value in body.items():\n"
        "        setattr(user, key, value)\n",
        "@app.patch('/a')\ndef a(body: dict):\n    user = load()\n    for key, value in body.items():\n"
        "        if key in ('name', 'bio'):\n            setattr(user, key, value)\n",
    ),
    Pair(
        "jwt",
        "def who(token):\n    return jwt.decode(token, KEY, algorithms=['HS256'], options={'verify_signature': False})\n",
        "def who(token):\n    return jwt.decode(token, KEY, algorithms=['HS256'], options={'require': ['exp']})\n",
    ),
    Pair(
        "hardcoded_secret",
        "JWT_SECRET = 'sup3r-s3cret-value'\n",
        "JWT_SECRET = os.environ['JWT_SECRET']\n",
    ),
    Pair(
        "hardcoded_secret",
        "KEY = os.getenv('APP_SECRET', 'sup3r-s3cret-value')\n",
        "KEY = os.environ['APP_SECRET']\n",
    ),
    Pair(
        "password_storage",
        "def store(password):\n    return hashlib.sha256(password.encode()).hexdigest()\n",
        "def store(password, salt):\n    return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1)\n",
    ),
    Pair(
        "weak_random",
        "def make():\n    token = ''.join(random.choices('abc', k=32))\n    return token\n",
        "def make():\n    token = secrets.token_urlsafe(32)\n    return token\n",
    ),
    Pair(
        "timing",
        "def check(body, given):\n    mine = hmac.new(KEY, body, 'sha256').hexdigest()\n    return mine == given\n",
        "def check(body, given):\n    mine = hmac.new(KEY, body, 'sha256').hexdigest()\n"
        "    return hmac.compare_digest(mine, given)\n",
    ),
    Pair(
        "cors",
        "app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)\n",
        "app.add_middleware(CORSMiddleware, allow_origins=['https://a.example'], allow_credentials=True)\n",
    ),
    Pair(
        "session",
        "@app.post('/login')\ndef a(response: Response):\n    response.set_cookie('session', new())\n",
        "@app.post('/login')\ndef a(response: Response):\n    response.set_cookie('session', new(), httponly=True)\n",
    ),
    Pair(
        "error_leak",
        "@app.get('/a')\ndef a():\n    try:\n        work()\n    except Exception as exc:\n"
        "        raise HTTPException(500, detail=str(exc))\n",
        "@app.get('/a')\ndef a():\n    try:\n        work()\n    except Exception:\n"
        "        raise HTTPException(500, detail='failed')\n",
    ),
    Pair("error_leak", "app = FastAPI(debug=True)\n", "app = FastAPI()\n"),
    Pair(
        "tls",
        "def ask():\n    return httpx.get('https://a.example', verify=False)\n",
        "def ask():\n    return httpx.get('https://a.example')\n",
    ),
)
