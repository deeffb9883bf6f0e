// Generates the TypeScript types and the texts of the GraphQL operations of a client: the console or the client library. The script also generates a
// manifest of these operations for `OPERATIONS=registered`.
import { hash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';

const scalars = { ID: 'string', DateTime: 'string', SecretValue: 'string', JSON: 'unknown' };

export interface OperationsClient {
  /** The folder with the `.graphql` files of the client. */
  folder: string;
  /** The module specifier of the type `Operation`, as the generated file imports the type. */
  operationType: string;
  manifest: string;
}

/** Returns the generated files of a client: a map from the path of each file to its text. */
export async function operationsOf(
  schema: DocumentNode,
  { folder, operationType, manifest: manifestPath }: OperationsClient,
): Promise<Record<string, string>> {
  const documents = globSync(`${folder}/**/*.graphql`)
    .sort()
    .map((location) => ({ location, document: parse(readFileSync(location, 'utf8')) }));
  const types = await codegen({
    filename: 'operations.ts',
    schema,
    documents,
    config: {},
    plugins: [
      { operations: { scalars, skipTypename: true, arrayInputCoercion: false, inlineFragmentTypes: 'combine' } },
    ],
    pluginMap: { operations },
  });

  const definitions = documents.flatMap(({ document }) => document.definitions);
  const fragments = new Map(
    definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION).map((node) => [node.name.value, node]),
  );
  const asked = definitions
    .filter((node) => node.kind === Kind.OPERATION_DEFINITION)
    .map((node) => {
      const name = node.name?.value ?? '';
      return { name, type: node.operation, text: textOf(node, fragments) };
    });
  const constants = asked.map(({ name, type, text }) => {
    const kind = `${type[0]?.toUpperCase()}${type.slice(1)}`;
    return `export const ${name}: Operation<${name}${kind}, ${name}${kind}Variables> = {\n  name: '${name}',\n  text: ${JSON.stringify(text)},\n};\n`;
  });
  const manifest = {
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: asked.map(({ name, type, text }) => ({ id: hash('sha256', text), name, type, body: text })),
  };
  return {
    [`${folder}/generated/operations.ts`]: `import type { Operation } from '${operationType}';\n\n${types}\n${constants.join('\n')}`,
    [manifestPath]: `${JSON.stringify(manifest, null, 2)}\n`,
  };
}

/** Returns the text of an operation, with all fragments that the operation uses directly or indirectly. */
function textOf(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): string {
  const used = new Map<string, FragmentDefinitionNode>();
  const gather = (node: OperationDefinitionNode | FragmentDefinitionNode) => {
    visit(node, {
      FragmentSpread({ name: { value } }) {
        const fragment = fragments.get(value);
        if (fragment === undefined) throw new Error(`The fragment ${value} does not exist.`);
        if (used.has(value)) return;
        used.set(value, fragment);
        gather(fragment);
      },
    });
  };
  gather(operation);
  return [operation, ...used.values()].map(print).join('\n\n');
}
