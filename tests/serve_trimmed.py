"""Serve a provider that runs, with no more types than are used: `python -u serve_trimmed.py ADDRESSES TYPE...`.

Every run of Terraform asks for the schemas of all types, of which the AWS provider has 2,000: more work than planning a
stack without asking AWS. All other calls reach the provider as they came, and its answers Terraform.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from tf.gen import tfplugin_pb2 as pb

CALLS = 64
"""How many are answered at a time: more than Terraform asks, since many only wait for AWS."""
NO_LIMIT = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class Trimmed(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no types
    """Hands on each call, but answers itself which types there are."""

    def __init__(self, provider: grpc.Channel, types: frozenset[str]) -> None:
        self._provider = provider
        # The answer of protocol 5 has the fields of that of protocol 6.
        schema = pb.GetProviderSchema.Response.FromString(provider.unary_unary("/tfplugin5.Provider/GetSchema")(b""))
        for kinds in (schema.resource_schemas, schema.data_source_schemas):
            for name in set(kinds) - types:
                del kinds[name]
        self._schema: bytes = schema.SerializeToString()

    def service(self, call: Any) -> Any:
        """Return what answers a call."""
        if not call.method.startswith("/tfplugin5.Provider/"):
            return None
        answer = self._offer if call.method.endswith("/GetSchema") else self._hand_on(call.method)
        return grpc.unary_unary_rpc_method_handler(answer)

    def _offer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        return self._schema

    def _hand_on(self, method: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        ask = self._provider.unary_unary(method)

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                return bytes(ask(request))
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
                raise

        return answer


def main() -> None:
    """Serve until killed; say where as the provider did."""
    ((name, found),) = json.loads(sys.argv[1]).items()
    channel = grpc.insecure_channel(f"unix:{found['Addr']['String']}", NO_LIMIT)
    trimmed = Trimmed(channel, frozenset(sys.argv[2:]))
    server = grpc.server(ThreadPoolExecutor(CALLS), [trimmed], options=NO_LIMIT)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    found["Addr"] = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    print(f"TF_REATTACH_PROVIDERS='{json.dumps({name: found})}'")
    server.wait_for_termination()


if __name__ == "__main__":
    main()
