// One request, typed by its document. A refusal of a rule is data (`problems`), not an exception.
import type { TypedDocumentString } from "./gql/graphql.js";

export const url = process.env.JPI_URL ?? "http://127.0.0.1:8000";

/** What the service said no to as a whole: a token, a limit, a document that is not valid. */
export class Denied extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requestId: string | null,
  ) {
    super(`${code}: ${message} (request ${requestId})`);
  }
}

/** A token by client credentials (RFC 6749, section 4.4), or the one in JPI_TOKEN. */
export async function token(): Promise<string> {
  if (process.env.JPI_TOKEN) return process.env.JPI_TOKEN;
  const { JPI_CLIENT_ID: id, JPI_CLIENT_SECRET: secret } = process.env;
  if (!id || !secret) throw new Error("Set JPI_TOKEN, or JPI_CLIENT_ID and JPI_CLIENT_SECRET.");
  const response = await fetch(`${url}/sandbox/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const answer = (await response.json()) as { access_token?: string; error_description?: string };
  if (!answer.access_token) throw new Error(answer.error_description);
  return answer.access_token;
}

/** The id of a document: the SHA-256 of its text, which the build wrote beside it. */
export function idOf<Result, Variables>(document: TypedDocumentString<Result, Variables>): string {
  const id: unknown = document.__meta__?.hash;
  if (typeof id !== "string") throw new Error("No hash: set persistedDocuments in codegen.ts.");
  return id;
}

/** What a service says where your documents are not registered. */
export const UNKNOWN = "DOCUMENT_UNKNOWN";

/** Documents that it does not know: it gets their text, unless it runs registered ones only. */
const unknown = new Set<string>();

interface Answer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
  requestId: string | null;
}

const TRIES = 5;

/**
 * Sent again where nobody knows whether it went through: a mutation carries its idempotency key
 * among the variables, so a repetition gets the first answer.
 */
async function send<Result>(body: object): Promise<Answer<Result>> {
  const authorization = `Bearer ${await token()}`;
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    }).catch((error: unknown) => {
      if (attempt === TRIES) throw error;
    });
    if (response && (response.status !== 503 || attempt === TRIES)) {
      const answer = (await response.json()) as Omit<Answer<Result>, "requestId">;
      return { ...answer, requestId: response.headers.get("x-request-id") };
    }
    await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt * Math.random()));
  }
}

/** The data of an operation, asked for by its document's id. Throws Denied. */
export async function execute<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const documentId = idOf(document);
  const written = { query: document.toString(), variables };
  let answer = await send<Result>(unknown.has(documentId) ? written : { documentId, variables });
  if (answer.errors?.[0]?.extensions?.code === UNKNOWN) {
    unknown.add(documentId);
    answer = await send<Result>(written);
  }
  const error = answer.errors?.[0];
  if (error || !answer.data) {
    const code = error?.extensions?.code ?? "BAD_REQUEST";
    throw new Denied(code, error?.message ?? "no data", answer.requestId);
  }
  return answer.data;
}
