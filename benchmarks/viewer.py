"""A client that views a run as a browser does, without drawing anything."""

import threading
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.sync.client import connect


class Viewer:
    """Views a run until `stop`, in its own thread.

    Attributes
    ----------
    updates : list of float
        Time of each complete update, by `time.perf_counter`.
    """

    def __init__(self, url: str, run: str) -> None:
        self.updates: list[float] = []
        self._address = url.replace("http", "ws", 1) + "_stcore/stream"
        self._query = f"run={run}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._view)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect."""
        self._stop.set()
        self._thread.join()

    def _view(self) -> None:
        with connect(self._address, subprotocols=["streamlit"], max_size=None) as socket:
            page, fragment, interval = calc_hash("watch"), "", 1.0
            socket.send(self._request(page, ""))
            due = float("inf")
            while not self._stop.is_set():
                try:
                    data = socket.recv(timeout=max(0.0, min(due - time.perf_counter(), 0.2)))
                except TimeoutError:
                    data = None
                if data is not None:
                    message = ForwardMsg.FromString(data)
                    kind = message.WhichOneof("type")
                    if kind == "auto_rerun":
                        fragment = message.auto_rerun.fragment_id
                        interval = message.auto_rerun.interval
                        due = time.perf_counter() + interval
                    elif kind == "script_finished":
                        self.updates.append(time.perf_counter())
                if time.perf_counter() >= due:
                    socket.send(self._request(page, fragment))
                    due = time.perf_counter() + interval

    def _request(self, page: str, fragment: str) -> bytes:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_script_hash = page
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        return message.SerializeToString()
