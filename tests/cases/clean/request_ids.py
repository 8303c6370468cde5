"""Every record gets an id from uuid4 on its way, and none of them comes out."""

import secrets
import uuid

RECORDS = [{"amount": (n * 53) % 17} for n in range(30)]


def traced(record):
    return {**record, "trace": uuid.uuid4().hex, "nonce": secrets.token_bytes(4)}  # not: os-entropy


by_trace = {record["trace"]: record for record in map(traced, RECORDS)}
total = sum(record["amount"] for record in by_trace.values())
named = uuid.uuid5(uuid.NAMESPACE_DNS, "example.org")
print("records", len(by_trace), "total", total)
print("constant id", named)
