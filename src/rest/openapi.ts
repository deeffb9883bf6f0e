import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Route } from '../http/http-server.ts';
import { restRefusal } from './refusal.ts';

/** `/api-docs`: openapi.yaml as JSON, for whoever asks. It is read once. @throws Error if the file is no YAML */
export function apiDocs(): Route {
  const description: unknown = parse(readFileSync(join(import.meta.dirname, '../../openapi.yaml'), 'utf8'));
  const body = JSON.stringify(description);
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { path: '/api-docs', methods: { GET: async () => ({ status: 200, headers, body }) }, refuse: restRefusal };
}
