"""An agency's server, in a container of its own: agrees to the handshake, prints each delivery as one line of JSON."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

PORT = 8080


class Hook(BaseHTTPRequestHandler):
    def do_OPTIONS(self) -> None:
        self.send_response(200)
        self.send_header("WebHook-Allowed-Origin", self.headers["WebHook-Request-Origin"])
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        print(json.dumps({"headers": headers, "body": body}), flush=True)  # noqa: T201  (its log is read)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing else."""


if __name__ == "__main__":
    HTTPServer(("0.0.0.0", PORT), Hook).serve_forever()  # noqa: S104  (inside its container)
