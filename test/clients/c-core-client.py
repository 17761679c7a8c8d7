"""Calls the test server with gRPC's C core: python3 c-core-client.py ADDRESS [CERTIFICATE_FILE]. Prints JSON."""

import json
import sys

import grpc

address = sys.argv[1]
if len(sys.argv) > 2:
    with open(sys.argv[2], "rb") as file:
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))
else:
    channel = grpc.insecure_channel(address)

say = channel.unary_unary("/test.Echo/Say")
fail = channel.unary_unary("/test.Echo/Fail")
hang = channel.unary_unary("/test.Echo/Hang")
nothing = channel.unary_unary("/test.Echo/Nothing")
chat = channel.stream_stream("/test.Echo/Chat")
result = {}

result["echo"] = [len(say(bytes(size), timeout=20)) for size in (0, 1, 100_000, 2_000_000)]

futures = [say.future(bytes([index % 256]), timeout=20) for index in range(500)]
result["many"] = sum(1 for index, future in enumerate(futures) if future.result() == bytes([index % 256]))

try:
    fail(b"", metadata=(("x-word", "word"),), timeout=20)
except grpc.RpcError as error:
    result["failed"] = [error.code().name, error.details(), dict(error.trailing_metadata())["x-why"]]

try:
    nothing(b"", timeout=20)
except grpc.RpcError as error:
    result["unknown"] = [error.code().name, error.details()]

try:
    hang(b"", timeout=0.1)
except grpc.RpcError as error:
    result["late"] = error.code().name

result["gzip"] = len(say(bytes(200_000), compression=grpc.Compression.Gzip, timeout=20))

call = chat(iter([b"\x01", b"\x02", b"\x03"]), timeout=20)
result["chat"] = [message[0] for message in call]
result["chatEnd"] = list(dict(call.trailing_metadata())["x-end-bin"])

future = hang.future(b"")
future.cancel()
result["cancelled"] = future.code().name

channel.close()
print(json.dumps(result))
