import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { buildSchema, isEnumType } from 'graphql';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { restRoutes } from '../../src/rest/rest-api.ts';
import {
  bodiesOf,
  checkExchange,
  checkedFetch,
  document,
  type Exchange,
  findOperation,
  type MediaType,
  operations,
  parametersOf,
  pointer,
  problemWith,
  requestBodyOf,
  responsesOf,
  type Schema,
} from '../support/openapi.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
/** The texts of all source files in a folder and its subfolders. */
const sourcesIn = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join(folder, file)));
const named = ({ method, template }: { method: string; template: string }) => `${method} ${template}`;

/** Returns every schema of the OpenAPI document, including nested schemas, by its location. */
const schemas = new Map<string, Schema>();
/** Returns the examples of bodies and parameters, each with its location and its schema. */
const examples: { at: string; schema: string; value: unknown }[] = [];
/** The keywords whose value is a schema. The value of each keyword in LISTS is a list of schemas. */
const SINGLE = ['items', 'not', 'propertyNames', 'additionalProperties', 'unevaluatedProperties'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];

function collect(value: unknown, at: string): void {
  if (typeof value !== 'object' || value === null) return;
  const schema = value as Schema;
  schemas.set(at, schema);
  for (const [i, example] of (schema.examples ?? []).entries()) {
    examples.push({ at: pointer(at, 'examples', i), schema: at, value: example });
  }
  for (const keyword of SINGLE) collect(schema[keyword], pointer(at, keyword));
  for (const keyword of LISTS) {
    for (const [i, one] of ((schema[keyword] as unknown[] | undefined) ?? []).entries()) {
      collect(one, pointer(at, keyword, i));
    }
  }
  for (const [name, one] of Object.entries(schema.properties ?? {})) collect(one, pointer(at, 'properties', name));
}

function collectBody({ at, value }: { at: string; value: MediaType }): void {
  const schema = pointer(at, 'schema');
  collect(value.schema, schema);
  if ('example' in value) examples.push({ at: pointer(at, 'example'), schema, value: value.example });
}

for (const [name, schema] of Object.entries(document.components.schemas)) {
  collect(schema, pointer('', 'components', 'schemas', name));
}
for (const operation of operations) {
  const body = requestBodyOf(operation);
  for (const described of [...responsesOf(operation).values(), ...(body ? [body] : [])]) {
    for (const media of bodiesOf(described)) collectBody(media);
  }
  for (const { at, value } of parametersOf(operation)) collectBody({ at, value });
}

describe('the structure of openapi.yaml', () => {
  test('openapi.yaml is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document) as never);
    expect({ valid, errors, version: validator.version }).toEqual({ valid: true, errors: undefined, version: '3.1' });
  });

  test('the version in openapi.yaml equals the version of the gateway', () => {
    expect(document.info.version).toBe(packageJson.version);
  });

  test('openapi.yaml contains exactly one operation for every route', () => {
    // The test only lists the routes. Therefore no caller has to sign in.
    const routes = restRoutes({} as never).map(({ method, path }) => `${method} /api${path}`);
    expect(new Set(operations.map(named))).toEqual(new Set([...routes, 'GET /api-docs']));
    expect(new Set(routes).size).toBe(routes.length);
  });

  test('openapi.yaml describes the name, purpose, input and responses of each operation', () => {
    for (const operation of operations) {
      const { operationId, summary, description, tags, responses } = operation.value;
      const at = named(operation);
      expect(operationId, at).toMatch(/^[a-z][A-Za-z]+$/);
      expect(summary, at).toMatch(/^[A-Z].*\.$/);
      expect(description, at).toMatch(/\.$/);
      expect(
        document.tags.map(({ name }) => name),
        at,
      ).toContain(tags?.[0]);
      expect(responses.default, at).toEqual({ $ref: '#/components/responses/Refused' });
      const statuses = Object.keys(responses);
      expect(statuses.some((status) => status.startsWith('2')) || statuses.includes('501'), at).toBe(true);
      if (operation.value.security === undefined) expect(statuses, at).toContain('401');
    }
    expect(new Set(operations.map(({ value }) => value.operationId)).size).toBe(operations.length);
  });

  test('openapi.yaml lists and describes every parameter of every path', () => {
    for (const operation of operations) {
      const parameters = parametersOf(operation).map(({ value }) => value);
      const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      const inTemplate = [...operation.template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(inPath.toSorted(), named(operation)).toEqual(inTemplate.toSorted());
      for (const { name, description } of parameters) expect(description, `${named(operation)} ${name}`).toMatch(/\.$/);
    }
  });

  test('openapi.yaml describes every named schema and every field of an object', () => {
    const places = [...schemas].filter(
      ([at, schema]) => /^\/components\/schemas\/\w+$|\/properties\/[^/]+$/.test(at) && schema.$ref === undefined,
    );
    const refined = (at: string) => /^\/components\/responses\//.test(at);
    expect(places.length).toBeGreaterThan(80);
    expect(places.filter(([at, { description }]) => !refined(at) && !description?.trim()).map(([at]) => at)).toEqual(
      [],
    );
  });

  test('openapi.yaml uses each of its named schemas, parameters, bodies and responses', () => {
    const text = JSON.stringify(document);
    const unused = ['schemas', 'parameters', 'requestBodies', 'responses'].flatMap((kind) =>
      Object.keys(document.components[kind] ?? {})
        .map((name) => `#/components/${kind}/${name}`)
        .filter((place) => !text.includes(`"${place}"`)),
    );
    expect(unused).toEqual([]);
  });

  test('openapi.yaml forbids unknown JSON fields in every object of a response', () => {
    const open: string[] = [];
    const seen = new Set<string>();
    const walk = (at: string): void => {
      const schema = schemas.get(at);
      if (schema === undefined || seen.has(at)) return;
      seen.add(at);
      if (schema.$ref !== undefined) walk(schema.$ref.slice(1));
      const isRefinement = /\/allOf\/\d+$/.test(at);
      if (schema.type === 'object' && !isRefinement && !('additionalProperties' in schema)) open.push(at);
      for (const inner of schemas.keys()) if (inner.startsWith(`${at}/`)) walk(inner);
    };
    for (const operation of operations) {
      for (const response of responsesOf(operation).values()) {
        for (const { at } of bodiesOf(response)) walk(pointer(at, 'schema'));
      }
    }
    expect(seen.size).toBeGreaterThan(60);
    expect(open).toEqual([]);
  });

  test('the examples of openapi.yaml match their schemas', () => {
    expect(examples.length).toBeGreaterThan(30);
    const wrong = examples.map(({ at, schema, value }) => [at, problemWith(value, schema)]);
    expect(wrong.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });

  test('no line of openapi.yaml is longer than 120 characters', () => {
    expect(
      read('openapi.yaml')
        .split('\n')
        .filter((line) => line.length > 120),
    ).toEqual([]);
  });
});

describe('lists that openapi.yaml and the source code share', () => {
  const graphql = buildSchema(read('schema.graphql'));
  const valuesOf = (name: string) => {
    const type = graphql.getType(name);
    return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
  };
  const enumOf = (name: string) => document.components.schemas[name]?.enum as string[];

  test('the error codes in openapi.yaml equal the error codes in the source code', () => {
    const ofOutcomes = [...read('src/errors.ts').matchAll(/^ {2}([A-Z_]+): (?:null|'REFUSED'|'FAILED'),$/gm)];
    const ofHttp = [...sourcesIn('src/http'), ...sourcesIn('src/rest')].flatMap((text) => [
      ...text.matchAll(/\(\s*(?:\d{3}),\s*'([A-Z_]+)'/g),
    ]);
    const codes = [...ofOutcomes, ...ofHttp].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(20);
    expect(new Set(enumOf('ErrorCode'))).toEqual(new Set(codes));
  });

  test('the query parameters in openapi.yaml equal the query parameters in the source code', () => {
    const taken = sourcesIn('src/rest').flatMap((text) => [...text.matchAll(/query(?:, |\.(?:get|getAll)\()'(\w+)'/g)]);
    const described = operations.flatMap((operation) => parametersOf(operation).map(({ value }) => value));
    const names = described.filter((one) => one.in === 'query').map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(taken.map(([, name]) => name)));
  });

  test('the accesses and grant targets in openapi.yaml equal those in the source code', () => {
    expect(new Set(enumOf('Access'))).toEqual(new Set(valuesOf('Access')));
    expect(new Set(enumOf('TargetType'))).toEqual(new Set(['TAG', 'SECRET_NAME', ...valuesOf('ResourceType')]));
  });
});

describe('finding the OpenAPI operation of a request', () => {
  test('if a path matches both an operation with fixed path segments and an operation with parameters, the operation with fixed segments is chosen', () => {
    const idOf = (path: string) => findOperation('GET', path)?.operation.template;
    expect(idOf('/api/secrets/clearLocalCache')).toBe('/api/secrets/clearLocalCache');
    expect(idOf('/api/secrets/v2')).toBe('/api/secrets/v2');
    expect(idOf('/api/secrets/v3')).toBe('/api/secrets/{key}');
  });

  test('a path with a trailing slash matches the operation without the slash, and HEAD matches the operation of GET', () => {
    expect(findOperation('HEAD', '/api/secrets/db/')?.operation.value.operationId).toBe('getSecret');
  });

  test('path parameters of an operation are decoded before they are matched', () => {
    expect(findOperation('GET', '/api/secrets/a%2Fb/exists')?.params).toEqual({ key: 'a/b' });
  });

  test('an operation does not match a request with a different method or a longer path', () => {
    expect(findOperation('GET', '/api/secrets/%zz')).toBeUndefined();
    expect(findOperation('PATCH', '/api/secrets/db')).toBeUndefined();
    expect(findOperation('GET', '/api/secrets/db/tags/more')).toBeUndefined();
  });
});

describe('the check of requests and responses against openapi.yaml', () => {
  const refusal = {
    status: 404,
    code: 'NOT_FOUND',
    message: 'No such secret: db.',
    instance: 'request-1',
    retryable: false,
  };
  const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
  interface Case extends Partial<Omit<Exchange, 'responseHeaders'>> {
    responseHeaders?: Record<string, string>;
  }
  const exchange = (change: Case): Exchange => {
    const given = { 'x-request-id': 'request-1', ...(change.responseHeaders ?? JSON_TYPE) };
    const defaults = {
      method: 'GET',
      path: '/api/secrets/db/tags',
      requestHeaders: { 'X-Authorization': 'token' },
      requestBody: undefined,
      status: 200,
      responseText: '[{"key":"env","value":"prod"}]',
    };
    return { ...defaults, ...change, responseHeaders: new Headers(given) };
  };
  const put: Case = {
    method: 'PUT',
    requestBody: '[{"key":"env","value":"prod"}]',
    responseText: '',
    responseHeaders: { 'content-length': '0' },
  };
  const refused = (change: object = {}, status = 404): Case => ({
    status,
    responseText: JSON.stringify({ ...refusal, status, ...change }),
  });

  const RIGHT: [what: string, change: Case][] = [
    ['an answer', {}],
    ['an empty answer', put],
    ['a body without a type', { ...put, requestBody: '{"key":"env","value":"prod","type":"METADATA"}' }],
    ['an error', refused()],
    [
      'an error about an invalid request',
      { ...put, ...refused({ code: 'BAD_USER_INPUT' }, 400), requestBody: '[', responseHeaders: JSON_TYPE },
    ],
    ['an error that every request can get', refused({ code: 'BAD_REQUEST' }, 413)],
    ['a path that does not exist', { ...refused(), path: '/api/workflow' }],
    [
      'an undocumented method',
      { ...refused({ code: 'BAD_REQUEST' }, 405), method: 'PATCH', responseHeaders: { ...JSON_TYPE, allow: 'GET' } },
    ],
    ['an answer of another server', { path: '/api/workflow', passedOn: true, status: 201, responseText: 'x' }],
    [
      'a value of any form',
      { path: '/api/secrets/db', responseText: '{', responseHeaders: { 'content-type': 'text/plain' } },
    ],
    ['a query', { path: '/api/secrets?access=READ&access=update', responseText: '["db"]' }],
    ['a query with an additional parameter', { path: '/api/secrets/db/tags?x=1' }],
  ];
  test.each(RIGHT)('the check against openapi.yaml accepts %s', (_, change) => {
    expect(() => checkExchange(exchange(change))).not.toThrow();
  });

  const WRONG: [what: string, change: Case, message: RegExp][] = [
    ['an answer that is not JSON', { responseText: '[' }, /getSecretTags .* 200: the answer is not JSON/],
    [
      'an answer with an additional JSON member',
      { responseText: '[{"key":"a","value":"b","type":"c"}]' },
      /\/0 \(type\) by .*additionalProperties/,
    ],
    ['an answer with a missing JSON member', { responseText: '[{"key":"a"}]' }, /\/0 \(value\) by .*required/],
    [
      'an answer of another content type',
      { responseHeaders: { 'content-type': 'text/plain' } },
      /the answer has an undocumented content type/,
    ],
    ['an undocumented status', refused({ code: 'CONFLICT' }, 409), /409: the status is undocumented/],
    ['an undocumented 2xx status', { status: 201 }, /201: the status is undocumented/],
    ['a body in an empty answer', { ...put, responseText: '{}', responseHeaders: JSON_TYPE }, /must be empty/],
    ['an empty answer without Content-Length', { ...put, responseHeaders: {} }, /must have Content-Length/],
    ['an accepted request with a wrong body', { ...put, requestBody: '[{"key":1}]' }, /request body .*\/0\/key/],
    ['an accepted request without its body', { ...put, requestBody: undefined }, /without a body was accepted/],
    ['an accepted request with malformed JSON', { ...put, requestBody: 'env:prod' }, /request body/],
    ['a query with another value', { path: '/api/secrets?access=SEE', responseText: '[]' }, /parameter access/],
    ['a path with another name', { path: '/api/secrets/a%20b/tags' }, /parameter key: .*pattern/],
    ['an answer to an unauthenticated caller', { requestHeaders: {} }, /without a token was answered/],
    [
      'an error that is not JSON',
      { ...refused(), responseHeaders: { 'content-type': 'text/plain' } },
      /undocumented content type/,
    ],
    ['an error with a missing member', refused({ instance: undefined }), /error: .*\(instance\)/],
    ['an error with an additional member', refused({ stack: 'x' }), /error: .*\(stack\)/],
    ['an error with an unknown code', refused({ code: 'OOPS' }), /error: \/code/],
    ['an error with the code of another status', refused({ code: 'FORBIDDEN' }), /error: \/code/],
    ['an error with the JSON member of token errors', refused({ error: 'INVALID_TOKEN' }), /error: /],
    [
      'an error with another status in its body',
      { ...refused({ status: 403 }), path: '/api/workflow' },
      /has another status/,
    ],
    ['an error of another request', refused({ instance: 'request-2' }), /id of another request/],
    ['an answer of an undocumented operation', { path: '/api/workflow' }, /the operation is undocumented/],
    [
      'a 405 without the header Allow',
      { ...refused({ code: 'BAD_REQUEST' }, 405), method: 'PATCH' },
      /no header Allow/,
    ],
    ['a path of the gateway that was passed on', { passedOn: true }, /belongs to the gateway/],
  ];
  test.each(WRONG)(
    'the check against openapi.yaml reports the violated location of the document for %s',
    (_, change, message) => {
      expect(() => checkExchange(exchange(change))).toThrow(message);
    },
  );

  test('the fetch function that checks responses throws an error for an undocumented response', async () => {
    const answering = (body: string) =>
      checkedFetch(async () => new Response(body, { headers: { ...JSON_TYPE, 'x-request-id': 'request-1' } }));
    const ask = (fetch: typeof globalThis.fetch) =>
      fetch('http://gateway/api/secrets?access=READ', { headers: { 'x-authorization': 'token' } });
    expect(await (await ask(answering('["db"]'))).json()).toEqual(['db']);
    await expect(ask(answering('{}'))).rejects.toThrow(/listSecrets .* 200: answer/);
  });

  test('errors of the check against openapi.yaml contain no value of the request or response', () => {
    const hidden = 'hunter2hunter2';
    const wrong: Case[] = [
      { responseText: JSON.stringify([{ key: hidden, value: 1 }]) },
      { responseText: hidden },
      { ...put, requestBody: JSON.stringify([{ key: 1, value: hidden }]) },
      { ...refused({ code: hidden }) },
      { path: `/api/secrets?access=${hidden}`, responseText: '[]' },
    ];
    for (const one of wrong) {
      expect(() => checkExchange(exchange(one))).toThrow(/^(?!.*hunter2)openapi\.yaml: /s);
    }
  });
});
