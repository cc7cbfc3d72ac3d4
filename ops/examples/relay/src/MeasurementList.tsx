import { graphql, useLazyLoadQuery, usePaginationFragment } from "react-relay";
import type { MeasurementListQuery } from "./__generated__/MeasurementListQuery.graphql";
import type { MeasurementList_results$key } from "./__generated__/MeasurementList_results.graphql";

// Twenty results, and twenty more at each press: the cursor is the ledger's own.
export function MeasurementList() {
  const query = useLazyLoadQuery<MeasurementListQuery>(
    graphql`
      query MeasurementListQuery {
        ...MeasurementList_results
      }
    `,
    {},
  );
  return <Results query={query} />;
}

function Results({ query }: { query: MeasurementList_results$key }) {
  const { data, loadNext, hasNext } = usePaginationFragment(
    graphql`
      fragment MeasurementList_results on Query
      @argumentDefinitions(
        count: { type: "Int", defaultValue: 20 }
        cursor: { type: "String" }
      )
      @refetchable(queryName: "MeasurementListPageQuery") {
        measurements(first: $count, after: $cursor)
          @connection(key: "MeasurementList_measurements") {
          edges {
            node {
              id
              periodKey
              displayed
              standing
              proposal {
                id
                status
                allowedActions
              }
            }
          }
        }
      }
    `,
    query,
  );
  return (
    <>
      <ul>
        {data.measurements.edges.map(({ node }) => (
          <li key={node.id}>
            {node.periodKey}: {node.displayed} {node.standing}
          </li>
        ))}
      </ul>
      <button disabled={!hasNext} onClick={() => loadNext(20)}>
        more
      </button>
    </>
  );
}
