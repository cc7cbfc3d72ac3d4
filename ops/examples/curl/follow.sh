#!/usr/bin/env bash
# Follow the ledger over SSE with curl alone; the file keeps the last index that you have.
# Run: JPI_TOKEN=... ./follow.sh CURSOR_FILE
set -euo pipefail
url=${JPI_URL:-http://127.0.0.1:8000}
cursor=$1
query='subscription($after: Index, $all: Boolean!) { entries(after: $after, fromStart: $all) { index kind } }'
while true; do
  after=null all=true
  [ -s "$cursor" ] && after=$(cat "$cursor") all=false
  curl -sSN "$url/graphql" -H "authorization: Bearer $JPI_TOKEN" \
    -H 'content-type: application/json' -H 'accept: text/event-stream' \
    -d "{\"query\": \"$query\", \"variables\": {\"after\": $after, \"all\": $all}}" |
    while read -r line; do
      index=$(sed -n 's/^data:.*"index":\([0-9]*\).*/\1/p' <<< "$line")
      [ -n "$index" ] || continue
      echo "$line"
      echo "$index" > "$cursor.new" && mv "$cursor.new" "$cursor"
    done || true
  sleep 1
done
