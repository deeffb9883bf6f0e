// To which server a task sends is said by its definition, however parsers read addresses.
import { describe, expect, test } from 'vitest';
import { fixesServer, httpRequest } from '../../src/commands/worker/http-request.ts';

describe('a definition fixes the server', () => {
  test.each([
    'https://post.example/parcels/${workflow.input.parcel}',
    'https://post.example?of=${workflow.input.parcel}',
    'https://${workflow.secrets.host}/parcels/${workflow.input.parcel}',
    '${workflow.secrets.address}/parcels/${workflow.input.parcel}',
    'https://post.example:8443/${workflow.input.parcel}',
  ])('%s', (uri) => {
    expect(fixesServer({ http_request: { uri } })).toBe(true);
  });
});

describe('a definition leaves the server to others', () => {
  test.each([
    'https://${workflow.input.host}/parcels',
    'https://post.example${workflow.input.rest}',
    'http:///${workflow.input.host}',
    'http:////${workflow.input.host}/x',
    'http://\n/${workflow.input.host}',
    ' http://\t/${workflow.input.host}',
    '${workflow.secrets.scheme}://${workflow.input.host}/x',
    '${workflow.secrets.scheme}:/${workflow.input.host}/x',
  ])('%j', (uri) => {
    expect(fixesServer({ http_request: { uri } })).toBe(false);
  });
});

test.each([
  'http:///thief.example/x',
  'http:////thief.example',
  'http://\n/thief.example',
  'http:thief.example',
  'http://a\tb/',
])('%j is no address to send to', (uri) => {
  expect(() => httpRequest({ http_request: { uri, method: 'GET' } })).toThrow('http_request.uri');
});
