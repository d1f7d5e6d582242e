"""An HTTP server for a lab or for this machine: the standard library's, made sturdy.

Requests are served side by side, a hundred at most, 20 s each; a connection that breaks is no news; and
nobody's name is looked up in the network.
"""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench import __version__
from bench.core.errors import BadInput

__all__ = ["TYPES", "QuietHandler", "SturdyServer"]

SECONDS = 20
AT_ONCE = 100

TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".png": "image/png",
    ".js": "text/javascript; charset=utf-8", ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8",
}  # fmt: skip
"""What a file's ending says to a browser."""


class SturdyServer(ThreadingHTTPServer):
    """Serves until `shutdown`.

    Args:
        host: the address to listen at.
        port: 0 = any that is free.
        handler: answers requests.

    Raises:
        BadInput: an address that cannot be listened at.
    """

    daemon_threads = True
    # A whole class of raters presses Start in the same second.
    request_queue_size = 256

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._free = threading.BoundedSemaphore(AT_ONCE)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadInput(
                f"{host}:{port}: cannot be listened at ({reason}); give another --port"
            ) from None

    def server_bind(self) -> None:
        """Binds without asking the network for this machine's name, which may take minutes."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @property
    def address(self) -> str:
        """Where it is to be found, as in "http://127.0.0.1:8080/"."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{name}:{port}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Waits while a hundred requests are being served."""
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serves one request and makes room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is no news; anything else is, and the server goes on."""
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class QuietHandler(BaseHTTPRequestHandler):
    """Answers with headers that let no other site have what is served, and keeps no log."""

    server_version = f"siebench/{__version__}"
    sys_version = ""
    timeout = SECONDS

    def send(self, status: int, content: bytes, kind: str, keep: str, **headers: str) -> None:
        """Sends an answer; without its content where only the head is asked for.

        Args:
            status: of HTTP.
            content: the body.
            kind: its media type.
            keep: how long a browser may keep it, as `Cache-Control` says it.
            headers: others, with `_` for `-`.
        """
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", keep)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Frame-Options", "DENY")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: who asked for what is nobody's business."""
