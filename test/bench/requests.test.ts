// Tests the requests that the request benchmark sends. The tests do not check durations, because measurements take
// minutes.
import { describe, expect, test } from 'vitest';
import { BODIES, DOCUMENTS } from '../../bench/requests/documents.ts';
import { FIELDS, largest } from '../../bench/requests/fields.ts';
import { mismatches } from '../../bench/requests/missing.ts';
import { PASSED_ON, ROUTES } from '../../bench/requests/routes.ts';
import type { Subjects } from '../../bench/requests/subjects.ts';
import { loadSchema } from '../../src/graphql/schema.ts';
import type { SignIn } from '../../src/identity/sign-in.ts';
import { LONGEST_JSON } from '../../src/rest/body.ts';
import { DEFINITION_PATHS } from '../../src/rest/conductor/forwarded-requests.ts';
import { restRoutes } from '../../src/rest/rest-api.ts';

const schema = loadSchema();
const routes = restRoutes({} as SignIn);
const subjects: Subjects = {
  secret: 's',
  secretId: 'sec_1',
  secrets: ['s'],
  secretIds: ['sec_1'],
  username: 'u',
  usernames: ['u'],
  userId: 'usr_1',
  userIds: ['usr_1'],
  group: 'g',
  groups: ['g'],
  groupId: 'grp_1',
  groupIds: ['grp_1', 'grp_2'],
  applicationId: 'app_1',
  applicationIds: ['app_1'],
  keyId: 'key_1',
  past: '2026-01-01T00:00:00Z',
  present: '2026-01-02T00:00:00Z',
};

test('the benchmark contains the largest request for every root field and REST route, and does not start if one of these requests is missing', () => {
  expect(mismatches(schema, routes, { fields: FIELDS, routes: ROUTES })).toEqual([]);
  const { 'Query.viewer': _, ...fields } = FIELDS;
  expect(mismatches(schema, routes, { fields, routes: ROUTES })).toEqual(['Query.viewer has no benchmark request']);
  expect(mismatches(schema, routes.slice(1), { fields: FIELDS, routes: ROUTES })).toEqual([
    'POST /token does not exist',
  ]);
});

test('for every path that saves definitions, the benchmark contains requests that the gateway parses, and a request that is too long to parse', () => {
  const methods = ['POST', 'PUT'].flatMap((method) => DEFINITION_PATHS.map((path) => `${method} ${path}`));
  expect(Object.keys(PASSED_ON).sort()).toEqual(methods.sort());
  for (const casesOf of Object.values(PASSED_ON)) {
    const lengths = Object.values(casesOf(subjects)).map(({ body = '' }) => Buffer.byteLength(body));
    expect(lengths.filter((length) => length > LONGEST_JSON)).toHaveLength(1);
    expect(lengths.filter((length) => length <= LONGEST_JSON).length).toBeGreaterThan(1);
  }
});

describe('the largest requests that the benchmark sends', () => {
  test.each(Object.entries(FIELDS))('the largest request of %s is valid and within the limits', (at, casesOf) => {
    for (const one of Object.values(casesOf(subjects))) {
      const { aliases, query, variables } = largest(schema, at, one);
      expect(aliases).toBeGreaterThan(0);
      expect(JSON.stringify({ query, variables }).length).toBeLessThan(1_048_576);
    }
  });

  test.each([...Object.entries(DOCUMENTS), ...Object.entries(BODIES)])(
    'the body of the largest request with %s does not exceed the maximum length',
    (_, request) => {
      const body = typeof request === 'string' ? request : JSON.stringify(request);
      expect(Buffer.byteLength(body)).toBeLessThan(1_048_577);
    },
  );

  test.each(Object.entries(ROUTES))(
    'the body of the largest request of %s does not exceed the maximum length',
    (_, casesOf) => {
      for (const { body = '' } of Object.values(casesOf(subjects)))
        expect(Buffer.byteLength(body)).toBeLessThan(1_048_577);
    },
  );
});
