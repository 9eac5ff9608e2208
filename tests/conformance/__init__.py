"""Black-box checks of the public protocol: a real server process, raw HTTP and WebSocket."""
