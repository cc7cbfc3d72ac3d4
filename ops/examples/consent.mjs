// A consent signed in a browser (or Node 20 and newer) with WebCrypto: the private key never
// leaves this machine. Run: JPI_TOKEN=... node consent.mjs https://kpi.example.com/graphql PROPOSAL
// The token needs ADMIN (to register the key) and APPROVER (to consent).
const [url, proposalId] = process.argv.slice(2);
const token = process.env.JPI_TOKEN;

const toBase64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

async function ask(query, variables) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  for (const payload of Object.values(data)) {
    const [problem] = payload?.problems ?? [];
    if (problem) throw new Error(`${problem.message} ${problem.remedy}`);
  }
  return data;
}

// In a browser, keep the pair in IndexedDB: extractable = false keeps even scripts from reading it.
const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
const publicKey = toBase64(await crypto.subtle.exportKey("raw", pair.publicKey));
const sign = async (statement) =>
  toBase64(await crypto.subtle.sign("Ed25519", pair.privateKey, fromBase64(statement.bytes)));

const { keyStatement } = await ask(
  `query ($key: String!) { keyStatement(key: $key) { bytes } }`,
  { key: publicKey },
);
const { registerConsentKey } = await ask(
  `mutation ($input: RegisterConsentKeyInput!) {
     registerConsentKey(input: $input) { problems { message remedy } consentKey { keyId } } }`,
  { input: { idempotencyKey: crypto.randomUUID(), publicKey, proof: await sign(keyStatement) } },
);
const { keyId } = registerConsentKey.consentKey;

const { consentStatement } = await ask(
  `query ($proposalId: ID!, $keyId: String!) {
     consentStatement(proposalId: $proposalId, keyId: $keyId) { text bytes } }`,
  { proposalId, keyId },
);
console.log(consentStatement.text); // show it to the person before signing

const signature = { keyId, signature: await sign(consentStatement) };
const { consentToProposal } = await ask(
  `mutation ($input: ConsentToProposalInput!) {
     consentToProposal(input: $input) { problems { message remedy } receipt { index } } }`,
  { input: { idempotencyKey: crypto.randomUUID(), proposalId, signature } },
);
console.log(`consented: entry ${consentToProposal.receipt.index}`);
