"""moto's server with CloudWatch as the AWS SDK for Rust speaks it.

moto has no route for rpc-v2-cbor, and its maintainers plan none. A WSGI layer before it turns such
a request into the JSON 1.0 that moto takes, and the answer back into CBOR; botocore's model of the
service says which members are moments.

moto also answers DescribeVpcEndpointServices with a filter by HTTP 500, as it looks for the filter's
values under another key than its own parser gives. They are handed over under that key. And where
ModifyVpcEndpoint ties a gateway endpoint to a route table, moto adds no route, which AWS does:
https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html#gateway-endpoint-routing

Prints its address, then serves on loopback until standard input closes.
"""

import io
import json
import sys
import threading
from datetime import datetime

import cbor2
from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto.ec2.models.vpcs import VPCBackend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

TARGET = "GraniteServiceVersion20100801"
PREFIX = f"/service/{TARGET}/operation/"
MODEL = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"))


def to_json(value):
    """CBOR as Python has it, to what JSON 1.0 has: moments are seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, cbor2.CBORTag):
        return to_json(value.value)
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def to_cbor(value, shape):
    """JSON 1.0 to CBOR, with moments under tag 1."""
    if value is None or shape is None:
        return value
    if shape.type_name == "timestamp":
        if isinstance(value, str):
            value = datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
        return cbor2.CBORTag(1, float(value))
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: to_cbor(item, shape.members.get(key)) for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [to_cbor(item, shape.member) for item in value]
    if shape.type_name in ("float", "double") and not isinstance(value, bool):
        return float(value)
    return value


DESCRIBED = VPCBackend.describe_vpc_endpoint_services


def describe_vpc_endpoint_services(self, filters, **rest):
    """The same, with a filter's values under the key that is looked for."""
    filters = [{"Name": one["Name"], "Value": one["Values"]} for one in filters]
    return DESCRIBED(self, filters=filters, **rest)


VPCBackend.describe_vpc_endpoint_services = describe_vpc_endpoint_services
MODIFIED = VPCBackend.modify_vpc_endpoint


def modify_vpc_endpoint(self, vpc_id, add_route_tables, **rest):
    """The same, with the routes that AWS adds to a gateway endpoint's route tables."""
    MODIFIED(self, vpc_id=vpc_id, add_route_tables=add_route_tables, **rest)
    prefixes = self.vpc_end_points[vpc_id].destination_prefix_list_id
    for table in add_route_tables if prefixes else ():
        self.create_route(table, None, gateway_id=vpc_id, destination_prefix_list_id=prefixes)


VPCBackend.modify_vpc_endpoint = modify_vpc_endpoint


class Witness:
    """Remembers what is asked; `GET /-/asked` gives the methods and paths since it was last asked for."""

    def __init__(self, application):
        self.application = application
        self.asked = []

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path != "/-/asked":
            self.asked.append(f"{environ['REQUEST_METHOD']} {path}")
            return self.application(environ, start_response)
        asked, self.asked = self.asked, []
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(asked).encode()]


class Cbor:
    """The layer."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self.application(environ, start_response)
        operation = path[len(PREFIX):]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        text = json.dumps(to_json(cbor2.loads(body)) if body else {}).encode()
        environ.update(
            PATH_INFO="/",
            CONTENT_TYPE="application/x-amz-json-1.0",
            CONTENT_LENGTH=str(len(text)),
            HTTP_X_AMZ_TARGET=f"{TARGET}.{operation}",
        )
        environ["wsgi.input"] = io.BytesIO(text)
        environ.pop("HTTP_SMITHY_PROTOCOL", None)
        seen = {}

        def remember(status, headers, _=None):
            seen["status"] = status

        answer = json.loads(b"".join(self.application(environ, remember)) or b"{}")
        shape = MODEL.operation_model(operation).output_shape
        if not seen["status"].startswith("2"):
            shape = None
        content = cbor2.dumps(to_cbor(answer, shape))
        start_response(
            seen["status"],
            [
                ("Content-Type", "application/cbor"),
                ("smithy-protocol", "rpc-v2-cbor"),
                ("Content-Length", str(len(content))),
            ],
        )
        return [content]


class Quiet(WSGIRequestHandler):
    """Says nothing of requests."""

    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


def main():
    application = Witness(Cbor(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
