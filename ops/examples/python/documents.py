"""Documents by their SHA-256: the client sends the hash, the operator registers the text.

Run: python documents.py > persisted-documents.json   (for the operator's JPI_DOCUMENTS)
"""

import json
from hashlib import sha256
from typing import Any

import httpx
from ledger_client import operations


def id_of(text: str) -> str:
    """The id of a document, as the service and graphql-codegen write it."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


class ByHash(httpx.AsyncClient):
    """Posts the hash of what the generated client wrote; the text only where it is asked for."""

    async def post(
        self, url: httpx.URL | str, *, json: dict[str, Any], **how: object
    ) -> httpx.Response:
        """One operation. A service that keeps documents asks for the text of a new one, once."""
        text = json["query"]
        named = {**json, "documentId": id_of(text)}
        del named["query"]
        answer = await super().post(url, json=named, **how)
        errors = answer.json().get("errors", [])
        if any(each["extensions"]["code"] == "DOCUMENT_UNKNOWN" for each in errors):
            return await super().post(url, json={**named, "query": text}, **how)
        return answer


if __name__ == "__main__":
    texts = [text for name, text in vars(operations).items() if name.endswith("_GQL")]
    print(json.dumps({id_of(text): text for text in texts}, indent=2))
