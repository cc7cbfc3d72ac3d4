// A partner's system: record a period's observations, then sign what waits for its party.
// Run: JPI_TOKEN=... node dist/report.js SERIES PERIOD REFERENCE VALUE
import { execute } from "./client.js";
import { graphql } from "./gql/index.js";

const Record = graphql(`
  mutation Record($input: RecordObservationsInput!) {
    recordObservations(input: $input) {
      problems { __typename code message path remedy }
      receipt { index isRepeat }
      batch { series count root }
    }
  }
`);

const Inbox = graphql(`
  query Inbox {
    inbox { until silence proposal { id kind commitment allowedActions } }
  }
`);

const Sign = graphql(`
  mutation Sign($input: ConsentToProposalInput!) {
    consentToProposal(input: $input) {
      problems { __typename code message remedy }
      proposal { id status }
    }
  }
`);

const [series, period, reference, value] = process.argv.slice(2);
if (!series || !period || !reference || !value) {
  throw new Error("SERIES PERIOD REFERENCE VALUE");
}

// The key follows from what is reported: the same report, sent again, changes nothing.
const { recordObservations } = await execute(Record, {
  input: {
    idempotencyKey: `report/${series}/${reference}`,
    series,
    rows: [{ reference, period, value }],
  },
});
for (const problem of recordObservations.problems) {
  // Switch on what you can mend yourself; show the rest as it is.
  if (problem.__typename === "IdempotencyConflict") {
    console.error(`${reference} was reported before with another value.`);
  } else {
    console.error(`${problem.code} at ${problem.path}: ${problem.message} ${problem.remedy}`);
  }
  process.exitCode = 1;
}
if (recordObservations.receipt) {
  const { index, isRepeat } = recordObservations.receipt;
  console.log(`recorded: entry ${index}${isRepeat ? " (as before)" : ""}`);
}

for (const { proposal } of (await execute(Inbox, {})).inbox) {
  if (proposal.kind !== "MEASUREMENT" || !proposal.allowedActions.includes("consentToProposal")) {
    continue; // what binds for longer, a person reads
  }
  const { consentToProposal } = await execute(Sign, {
    input: {
      idempotencyKey: `sign/${proposal.id}`,
      proposalId: proposal.id,
      commitment: proposal.commitment, // signs what was read, or is refused
    },
  });
  for (const { message } of consentToProposal.problems) console.error(message);
  console.log(`signed: ${proposal.id} is ${consentToProposal.proposal?.status}`);
}
