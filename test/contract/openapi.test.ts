import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkExchange, document, findOperation, operations } from '../support/openapi.ts';
import { restClient } from '../support/rest.ts';
import { type World, world } from '../support/world.ts';

describe('the endpoint /api-docs', () => {
  let w: World;
  beforeAll(async () => {
    w = await world();
  });
  afterAll(() => w.close());

  const send = async (method: string) => {
    const response = await fetch(`${w.url}/api-docs`, { method });
    const text = await response.text();
    checkExchange({
      method,
      path: '/api-docs',
      requestHeaders: {},
      requestBody: undefined,
      status: response.status,
      responseHeaders: response.headers,
      responseText: text,
    });
    return { response, text };
  };

  test('/api-docs shows openapi.yaml as JSON without a token', async () => {
    const { response, text } = await send('GET');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse(text)).toEqual(document);
  });

  test('the gateway refuses every write to /api-docs', async () => {
    const { response, text } = await send('POST');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(JSON.parse(text)).toMatchObject({ status: 405, code: 'BAD_REQUEST', retryable: false });
  });

  test('/api-docs answers HEAD without a body', async () => {
    expect(await send('HEAD')).toMatchObject({ response: { status: 200 }, text: '' });
  });
});

describe('every operation in openapi.yaml', () => {
  let w: World;
  beforeAll(async () => {
    w = await world();
  });
  afterAll(() => w.close());

  const METHODS = ['GET', 'PUT', 'POST', 'DELETE'];
  const api = operations.filter(({ template }) => template.startsWith('/api/'));
  const pathOf = (template: string) => template.slice('/api'.length).replace(/\{\w+\}/g, 'x');
  const signedIn = api.filter(({ value }) => value.security === undefined);

  test.each(signedIn.map(({ method, template }) => `${method} ${template}`))(
    '%s rejects an unauthenticated caller',
    async (name) => {
      const [method = '', template = ''] = name.split(' ');
      const { status, json } = await restClient(w.url, undefined).send(method, pathOf(template));
      expect([status, json.code, json.error]).toEqual([401, 'UNAUTHENTICATED', 'INVALID_TOKEN']);
    },
  );

  test('each path serves exactly the operations that openapi.yaml lists for the path', async () => {
    const admin = restClient(w.url, w.admin.token);
    for (const template of new Set(api.map((operation) => operation.template))) {
      const { status, headers } = await admin.send('PATCH', pathOf(template));
      const described = METHODS.filter((method) => findOperation(method, `/api${pathOf(template)}`) !== undefined);
      const allow = described.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
      expect([template, status, headers.get('allow')]).toEqual([template, 405, allow.join(', ')]);
    }
  });
});
