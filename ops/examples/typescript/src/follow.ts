// Follow the ledger for ever: nothing is lost and nothing comes twice, whatever is cut. (Killed between
// its work and keep(), it does that work again: keep the index with your work, in one transaction.)
// Run: JPI_TOKEN=... node dist/follow.js CURSOR_FILE   (the file keeps the last index you have)
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { GraphQLFormattedError } from "graphql";
import { createClient, type SubscribePayload } from "graphql-ws";
import WebSocket from "ws";
import { idOf, token, UNKNOWN, url } from "./client.js";
import { graphql } from "./gql/index.js";
import type { EntriesSubscription } from "./gql/graphql.js";

const Entries = graphql(`
  subscription Entries($after: Index, $all: Boolean!) {
    entries(after: $after, fromStart: $all) { index kind leafHash }
  }
`);

const [file] = process.argv.slice(2);
if (!file) throw new Error("CURSOR_FILE");

const REFUSED = 4403; // the token is missing, refused, or has ended

function held(): number | null {
  try {
    return Number(readFileSync(file!, "utf8"));
  } catch {
    return null; // nothing yet: from the first entry on
  }
}

function keep(index: number): void {
  writeFileSync(`${file}.new`, String(index));
  renameSync(`${file}.new`, file!); // whole, or not at all
}

const client = createClient({
  url: `${url.replace("http", "ws")}/graphql`,
  webSocketImpl: WebSocket,
  // Asked for at each connection: a token that ended is replaced.
  connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
  // The library would ask again with the variables of the first time, and repeat what you have:
  // so it does not retry, and the loop below asks for what comes after the last index.
  retryAttempts: 0,
});

/** By the document's id; by its text where the service does not know it. */
function asked(after: number | null): SubscribePayload {
  const variables = { after, all: after === null };
  if (isUnknown) return { query: Entries.toString(), variables };
  const named = { documentId: idOf(Entries), query: "", variables };
  return named; // the library asks for a text; an empty one is none
}

let refusals = 0;
let isUnknown = false;
for (;;) {
  const after = held();
  try {
    const events = client.iterate<EntriesSubscription>(asked(after));
    for await (const { data, errors } of events) {
      if (!data) throw new Error(JSON.stringify(errors));
      console.log(`${data.entries.index} ${data.entries.kind}`); // your own work goes here
      keep(data.entries.index);
      refusals = 0;
    }
  } catch (error) {
    const told = Array.isArray(error) ? (error[0] as GraphQLFormattedError) : null;
    if (told?.extensions?.code === UNKNOWN && !isUnknown) {
      isUnknown = true;
      continue;
    }
    const code = (error as { code?: number }).code ?? 0;
    if (code === REFUSED && ++refusals > 1) throw error; // a new token did not help either
    console.error(`cut (${code}): going on after ${held()}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 200 + 800 * Math.random()));
}
