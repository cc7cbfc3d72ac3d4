import type { CodegenConfig } from "@graphql-codegen/cli";

// From a service that runs, or from a schema file that you keep beside your code.
const url = process.env.JPI_URL ?? "http://127.0.0.1:8000";

const config: CodegenConfig = {
  schema: process.env.JPI_SCHEMA ?? `${url}/schema.graphql`,
  documents: ["src/*.ts"],
  emitLegacyCommonJSImports: false,
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: {
        fragmentMasking: false,
        // Documents by their SHA-256, as the service knows them.
        persistedDocuments: { hashAlgorithm: "sha256" },
      },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        // Exact numbers are strings: no sum of money passes through a float.
        strictScalars: true,
        scalars: {
          Base64: "string",
          CanonicalJson: "string",
          Date: "string",
          DateTime: "string",
          Decimal: "string",
          Index: "number",
          Sha256: "string",
        },
      },
    },
  },
};

export default config;
