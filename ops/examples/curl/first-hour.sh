#!/usr/bin/env bash
# Plain HTTP: a token, a question, a rehearsal, a write, and the same write again.
# Run: JPI_CLIENT_ID=... JPI_CLIENT_SECRET=... ./first-hour.sh   (or JPI_TOKEN=...)
set -euo pipefail
url=${JPI_URL:-http://127.0.0.1:8000}

# 1. A token by client credentials: `jpi sandbox-client` made the client. It lasts ten minutes.
token=${JPI_TOKEN:-$(curl -sS --fail-with-body -u "$JPI_CLIENT_ID:$JPI_CLIENT_SECRET" \
  -d grant_type=client_credentials "$url/sandbox/token" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')}

ask() {  # the operation as JSON, from the standard input
  curl -sS --fail-with-body "$url/graphql" --data-binary @- \
    -H "authorization: Bearer $token" -H 'content-type: application/json'
  echo
}

# 2. Who am I, and where?
ask <<'JSON'
{"query": "{ viewer { party { name } roles } ecosystem { name size } }"}
JSON

# 3. The write as a rehearsal: decided and explained, nothing entered, no key used up.
record='mutation($input: RecordObservationsInput!, $dry: Boolean!) { recordObservations(input: $input, dryRun: $dry) { problems { code message path remedy } preview { kind } receipt { index isRepeat leafHash } } }'
input='{"idempotencyKey": "first-hour-1", "series": "first-hour", "rows": [{"reference": "a-1", "period": "2024-04", "value": "12.5"}]}'
echo "{\"query\": \"$record\", \"variables\": {\"input\": $input, \"dry\": true}}" | ask

# 4. The write, and the same again, as after a time-out: one entry, and the same receipt twice.
echo "{\"query\": \"$record\", \"variables\": {\"input\": $input, \"dry\": false}}" | ask
echo "{\"query\": \"$record\", \"variables\": {\"input\": $input, \"dry\": false}}" | ask
