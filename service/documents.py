"""Documents that the operator registered: what frontends' builds wrote, by hash.

The file is what graphql-codegen writes as `persisted-documents.json` (client preset,
`persistedDocuments: { hashAlgorithm: "sha256" }`): an object of SHA-256 to document. A folder holds
several such files, one for each frontend and version that is still in use.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cross_web import HTTPException
from graphql import GraphQLError

from graph.admittance import unknown_document
from graph.documents import Documents, DocumentsInvalid, document_id

PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
"""What Apollo's clients look for before they send the text (automatic persisted queries)."""


def read_registered(path: Path | None) -> dict[str, str]:
    """The texts by id; none without a path. Raises DocumentsInvalid."""
    if path is None:
        return {}
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found: dict[str, str] = {}
    for file in files:
        try:
            listed = json.loads(file.read_text())
        except (OSError, ValueError) as error:
            raise DocumentsInvalid(f"{file}: {error}") from error
        if not isinstance(listed, dict) or not all(
            isinstance(each, str) for each in listed.values()
        ):
            raise DocumentsInvalid(f"{file}: it is no object of id to document")
        found |= listed
    return found


class DocumentUnknown(Exception):  # noqa: N818 -- named for what it tells
    """A request named a document that is not known here."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.error = error


def text_of(given: Mapping[str, Any], documents: Documents) -> str | None:
    """The document that a request asks for: written out, or named by its id.

    The id is `documentId` (GraphQL over HTTP, appendix A) or, as Apollo's clients send it,
    `extensions.persistedQuery.sha256Hash`. An empty text beside an id is none: graphql-ws has its
    clients send one. Raises DocumentUnknown, HTTPException.
    """
    query: str | None = given.get("query")
    automatic = (given.get("extensions") or {}).get("persistedQuery")
    is_automatic = isinstance(automatic, dict)
    named = automatic.get("sha256Hash") if isinstance(automatic, dict) else None
    named = given.get("documentId") or named
    if named is None:
        return query
    if not isinstance(named, str):
        raise HTTPException(400, "The id of a document is a string.")
    if query:
        if named.removeprefix("sha256:") != document_id(query):
            raise HTTPException(400, "The id is not the SHA-256 of the document beside it.")
        return query
    text = documents.text(named)
    if text is None:
        error = unknown_document(named)
        if is_automatic:
            error = GraphQLError(
                "PersistedQueryNotFound", extensions={"code": PERSISTED_QUERY_NOT_FOUND}
            )
        raise DocumentUnknown(error)
    return text
