import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Route } from '../http/exchange.ts';
import { restRefusal } from './refusal.ts';

/** `/api-docs`: openapi.yaml as JSON, for whoever asks. @throws Error if there is no such file */
export function apiDocs(): Route {
  const yaml = readFileSync(join(import.meta.dirname, '../../openapi.yaml'), 'utf8');
  // Once, and not before it is asked for: parsing takes longer than the rest of a start.
  let json: string | undefined;
  const show = async () => {
    json ??= JSON.stringify(parse(yaml));
    return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: json };
  };
  return { path: '/api-docs', methods: { GET: show }, refuse: restRefusal };
}
