// Starts GraphiQL on the page index.html. Everything it loads is served by this service.
"use strict";

(function () {
  const ENDPOINT = "/graphql";
  const EXAMPLES = "/graphql/examples.graphql";
  const NO_EXAMPLES = "# Write a query here; Ctrl-Space completes it, Ctrl-Enter runs it.\n";
  const EMPTY_HEADERS = '{"Authorization": "Bearer "}';

  // The examples are one text, each operation after a line that begins with "# ---".
  // What follows the dashes is the example's heading; a part with comments alone is no example.
  function examplesIn(text) {
    return text
      .split(/^(?=# ---)/m)
      .filter((part) => /^[ \t]*[^\s#]/m.test(part))
      .map((part) =>
        part
          .replace(/^# -+[ \t]*(.*?)[ \t-]*\r?\n/, (_line, heading) =>
            heading ? "# " + heading + "\n" : ""
          )
          .trim()
      );
  }

  async function loadExamples() {
    try {
      const response = await fetch(EXAMPLES);
      return response.ok ? examplesIn(await response.text()) : [];
    } catch (error) {
      console.warn("The example operations could not be loaded:", error);
      return [];
    }
  }

  // Until someone types a token the header editor holds "Bearer " and nothing after it, which
  // is no credential: such a request goes out without the header.
  function send(url, options) {
    const headers = new Headers(options.headers);
    if (/^(bearer)?\s*$/i.test(headers.get("Authorization") || "")) {
      headers.delete("Authorization");
    }
    return fetch(url, { ...options, headers });
  }

  async function start() {
    const examples = await loadExamples();
    const root = ReactDOM.createRoot(document.getElementById("graphiql"));
    const fetcher = GraphiQL.createFetcher({
      url: ENDPOINT,
      fetch: send,
      headers: { Accept: "application/json" },
      enableIncrementalDelivery: false,
    });
    const defaultTabs = examples.length ? examples.map((query) => ({ query })) : undefined;

    // Each tab has headers of its own. A token typed in one is what the tabs opened after it
    // begin with; it is kept in this page alone, never in the browser's storage.
    function render(defaultHeaders) {
      root.render(
        React.createElement(GraphiQL, {
          fetcher,
          defaultTabs,
          defaultQuery: NO_EXAMPLES,
          defaultHeaders,
          defaultEditorToolsVisibility: "headers",
          shouldPersistHeaders: false,
          showPersistHeadersSettings: false,
          onEditHeaders,
        })
      );
    }

    function onEditHeaders(text) {
      if (/bearer\s+[^\s"]/i.test(text)) {
        render(text);
      }
    }

    render(EMPTY_HEADERS);
  }

  start();
})();
