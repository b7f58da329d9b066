"""A real RTSP server, GStreamer's, that shows numbered JPEGs in a loop; run by Debian's Python.

    /usr/bin/python3 tests/rtsp_server.py PORT 'FOLDER/%05d.jpg' FPS

Port 0 takes a free one. It prints the port when it listens. Loopback only.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - only after the versions


def main() -> None:
    """Serve rtsp://127.0.0.1:PORT/live until killed."""
    port, pattern, fps = sys.argv[1:]
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"multifilesrc location={pattern} loop=true caps=image/jpeg,framerate={fps}/1 ! jpegdec ! "
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=3000 ! "
        "rtph264pay name=pay0"
    )
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/live", factory)
    if not server.attach(None):
        sys.exit(f"port {port} is taken")
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
