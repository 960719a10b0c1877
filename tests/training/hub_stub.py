"""What huggingface_hub asks of the Hub to publish and download a model, on localhost."""

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "hf_good"
COMMIT = "c0ffee" + "0" * 34


class Hub(ThreadingHTTPServer):
    """A Hub with models, {USER/NAME: {file: content}}, that TOKEN may write."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.models, self.objects, self.cards = {}, {}, []
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"error": "Invalid credentials in Authorization header"})
        if self.path == "/api/validate-yaml":
            self.server.cards.append(json.loads(body)["content"])
            return self.answer(200, {"warnings": [], "errors": []})
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            self.server.models.setdefault(name, {})
            return self.answer(200, {"url": f"{self.server.address}/{name}", "id": name})
        if self.path.endswith("/preupload/main"):
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            return self.answer(200, {"files": files})
        if self.path.endswith(".git/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            for entry in objects:
                upload = {"href": f"{self.server.address}/objects/{entry['oid']}"}
                entry["actions"] = {"upload": upload}
            return self.answer(200, {"transfer": "basic", "objects": objects})
        name = re.fullmatch(r"/api/models/(.+)/commit/main", self.path)[1]
        for entry in map(json.loads, body.splitlines()):
            value = entry["value"]
            if entry["key"] == "lfsFile":
                self.server.models[name][value["path"]] = self.server.objects[value["oid"]]
            elif entry["key"] == "file":
                self.server.models[name][value["path"]] = base64.b64decode(value["content"])
        url = f"{self.server.address}/{name}/commit/{COMMIT}"
        return self.answer(200, {"commitUrl": url, "commitOid": COMMIT})

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        assert hashlib.sha256(content).hexdigest() == self.path.rpartition("/")[2]
        self.server.objects[self.path.rpartition("/")[2]] = content
        self.answer(200, {})

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        found = re.fullmatch(r"/(.+)/resolve/[^/]+/(.+)", self.path)
        model = self.server.models.get(found[1]) if found else None
        if model is None:
            headers = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
            return self.answer(404, {}, headers)
        if found[2] not in model:
            headers = {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"}
            return self.answer(404, {}, headers | {"X-Repo-Commit": COMMIT})
        content = model[found[2]]
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        return self.answer(200, content, {"ETag": tag, "X-Repo-Commit": COMMIT})

    def answer(self, status, content, headers=None):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass
