// A screen's data: a joint indicator's results page by page, and what the viewer may do with each.
// Run: JPI_TOKEN=... node dist/screen.js
import { execute } from "./client.js";
import type { ResultsQuery } from "./gql/graphql.js";
import { graphql } from "./gql/index.js";

const Results = graphql(`
  query Results($after: String) {
    viewer { party { name } roles }
    measurements(first: 10, after: $after) {
      nodes {
        id
        periodKey
        displayed
        standing
        status
        indicator { current { name unit } }
        proposal { waitingFor { name } allowedActions }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

let after: string | null = null;
for (let isFirst = true; isFirst || after; isFirst = false) {
  const page: ResultsQuery = await execute(Results, { after });
  if (isFirst) console.log(`${page.viewer.party?.name} as ${page.viewer.roles.join(", ")}`);
  for (const each of page.measurements.nodes) {
    const { name, unit } = each.indicator?.current ?? { name: "(hidden)", unit: "" };
    const may = each.proposal?.allowedActions.join(", ") || "nothing to do";
    console.log(
      `${name} ${each.periodKey}: ${each.displayed ?? "no answers"} ${unit}, ` +
        `${each.standing}, ${each.status}; ${may}`,
    );
  }
  const { hasNextPage, endCursor } = page.measurements.pageInfo;
  after = hasNextPage ? endCursor : null;
}
