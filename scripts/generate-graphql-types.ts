// Generates the TypeScript types of schema.graphql and of the GraphQL operations of the console and the client library. With --check, the script writes no files and checks that
// the generated files are current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as resolvers from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';
import { operationsOf } from './generate-operations.ts';

const shared = {
  enumsAsTypes: true,
  useTypeImports: true,
  scalars: {
    ID: { input: 'string', output: '../global-id.ts#OutputId' },
    DateTime: { input: 'Date', output: 'Date' },
    JSON: { input: '../../primitives/json.ts#Json', output: 'unknown' },
    SecretValue: {
      input: '../../sensitive.ts#Sensitive',
      output: '../../sensitive.ts#ShownValue',
    },
  },
};
const schema = parse(readFileSync('schema.graphql', 'utf8'));

/** Generates the TypeScript types for the enums of the schema. All parts of the gateway use these types. */
const vocabulary = await codegen({
  filename: 'vocabulary.ts',
  schema,
  documents: [],
  config: {},
  plugins: [{ typescript: { enumsAsTypes: true, onlyEnums: true } }],
  pluginMap: { typescript },
});

/** Generates the TypeScript types of the resolvers. */
const types = await codegen({
  filename: 'types.ts',
  schema,
  documents: [],
  config: {},
  plugins: [
    {
      typescript: {
        ...shared,
        inputMaybeValue: 'T | null | undefined',
        avoidOptionals: { field: true, inputValue: false, defaultValue: true },
      },
    },
    {
      resolvers: {
        ...shared,
        contextType: '../context.ts#Context',
        mapperTypeSuffix: 'Record',
        // A resolver that returns one of several types must set `__typename`.
        resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
        mappers: {
          Secret: '../../secrets/secret.ts#SecretView',
          SecretVersion: '../../secrets/secret.ts#VersionView',
          Tag: '../../tags/tag.ts#TagView',
          User: '../../users/user.ts#User',
          Group: '../../groups/group.ts#Group',
          Application: '../../applications/application.ts#Application',
          AccessKey: '../../applications/application.ts#AccessKey',
          Permission: '../../access/permission.ts#Permission',
          SecretName: '../../access/permission.ts#SecretNameTarget',
          AccessEntry: '../../access-audit/entries/access-entry.ts#AccessEntry',
          AccessHistoryEntry: '../../access-audit/history/history-reader.ts#AccessHistoryEntry',
          AccessPath: '../../access-audit/entries/access-entry.ts#AccessEntryPath',
          AccessExplanation: '../../access-audit/entries/access-reader.ts#Explanation',
          NearMiss: '../../access-audit/entries/near-miss.ts#NearMiss',
          SignInPayload: '../../identity/sign-in.ts#SignedIn',
          AuditEvent: '../../audit/audit-event.ts#AuditEvent',
          AuditVerification: '../../audit/audit-verification.ts#Verification',
        },
        makeResolverTypeCallable: true,
      },
    },
  ],
  pluginMap: { typescript, resolvers },
});

const header = '// Generated from schema.graphql by `npm run generate`. Do not edit.\n';
const consoleFiles = await operationsOf(schema, {
  folder: 'console/src',
  operationType: '../api/operation.ts',
  manifest: 'console/operations.json',
});
const clientFiles = await operationsOf(schema, {
  folder: 'src/client',
  operationType: '../operation.ts',
  manifest: 'src/client/operations.json',
});
const files = {
  'src/generated/vocabulary.ts': vocabulary,
  'src/graphql/generated/types.ts': types,
  ...consoleFiles,
  ...clientFiles,
};
for (const [path, body] of Object.entries(files)) {
  const text = path.endsWith('.ts') ? header + body : body;
  if (process.argv.includes('--check')) {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    console.error(`${path} is not current. Run \`npm run generate\`.`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
