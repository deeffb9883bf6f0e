// Runs GraphQL operations on secrets. Each function returns the complete answer: the result or the errors.
import type { Answer, Client } from '../support/app.ts';

const SECRET = 'id name description version tags { id } viewerAccess expiresAt createdAt updatedAt deletedAt';

export const read = (who: Client, name: string) =>
  who.ask(`query ($name: String!) { secret(name: $name) { ${SECRET} value } }`, { name });

export const create = (who: Client, input: object) =>
  who.ask(`mutation ($input: CreateSecretInput!) { createSecret(input: $input) { secret { ${SECRET} } } }`, { input });

export const update = (who: Client, input: object) =>
  who.ask(`mutation ($input: UpdateSecretInput!) { updateSecret(input: $input) { secret { ${SECRET} } } }`, { input });

export const rotate = (who: Client, input: object) =>
  who.ask(`mutation ($input: RotateSecretInput!) { rotateSecret(input: $input) { changed secret { ${SECRET} } } }`, {
    input,
  });

export const rollback = (who: Client, name: string, version: number) =>
  who.ask(
    `mutation ($name: String!, $version: Int!) { rollbackSecret(name: $name, version: $version) { secret { ${SECRET} } } }`,
    { name, version },
  );

export const destroyVersion = (who: Client, name: string, version: number) =>
  who.ask(
    `mutation ($name: String!, $version: Int!) { destroySecretVersion(name: $name, version: $version) { secret { ${SECRET} } } }`,
    { name, version },
  );

export const remove = (who: Client, name: string, { purge = false } = {}) =>
  who.ask(
    'mutation ($name: String!, $purge: Boolean!) { deleteSecret(name: $name, purge: $purge) { id restorableUntil } }',
    { name, purge },
  );

export const restore = (who: Client, id: string) =>
  who.ask(`mutation ($id: ID!) { restoreSecret(id: $id) { secret { ${SECRET} } } }`, { id });

export const tag = (who: Client, name: string, tags: object[]) =>
  who.ask(
    `mutation ($name: String!, $tags: [TagInput!]!) { tagSecret(name: $name, tags: $tags) { secret { ${SECRET} } } }`,
    { name, tags },
  );

export const untag = (who: Client, name: string, tags: object[]) =>
  who.ask(
    `mutation ($name: String!, $tags: [TagInput!]!) { untagSecret(name: $name, tags: $tags) { secret { ${SECRET} } } }`,
    { name, tags },
  );

export interface SomeVersion {
  number: number;
  destroyedAt: string | null;
}

/** Returns the versions in the list, newest first. */
export async function versions(who: Client, name: string): Promise<SomeVersion[]> {
  const { secret } = await who.get(
    'query ($name: String!) { secret(name: $name) { versions(first: 200) { nodes { number destroyedAt } } } }',
    { name },
  );
  return secret.versions.nodes;
}

/** Returns each error with its code, its path in the answer and the faulty argument. */
export function refusals({ errors }: Answer): { code: string; path: string | undefined; field: string | undefined }[] {
  return errors.map(({ path, extensions: { code, field } }) => ({ code, path: path?.join('.'), field }));
}

/** Returns `n` different tags as GraphQL input. */
export const manyTags = (n: number, key = 'n') => Array.from({ length: n }, (_, i) => ({ key, value: String(i) }));
