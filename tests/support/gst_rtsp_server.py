"""An RTSP server of GStreamer: each folder of JPEGs is a camera that shows them in turn, for ever.

    /usr/bin/python3 tests/support/gst_rtsp_server.py PORT FOLDER...

The n-th folder is at /n. It is the system's Python that has the bindings (python3-gi,
gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-good); nothing of ours is imported here.
"""

import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

RATE = 10  # pictures a second


def pipeline(folder: str) -> str:
    """The files have no times: they get them by their bytes, so many a second."""
    sizes = [path.stat().st_size for path in Path(folder).glob("*.jpg")]
    pace = f"identity datarate={RATE * sum(sizes) // len(sizes)} sync=true"
    caps = f"image/jpeg,framerate={RATE}/1"
    source = f'multifilesrc location="{folder}/%03d.jpg" loop=true caps={caps}'
    return f"( {source} ! {pace} ! jpegparse ! rtpjpegpay name=pay0 pt=26 )"


def main(port: str, *folders: str) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    for number, folder in enumerate(folders):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(pipeline(folder))
        factory.set_shared(True)
        server.get_mount_points().add_factory(f"/{number}", factory)
    server.attach(None)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
