import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Route } from '../http/exchange.ts';
import { restRefusal } from './refusal.ts';

/** The route `/api-docs`, which returns the content of openapi.yaml in JSON. The route requires no token. @throws Error if the file does not exist */
export function apiDocs(): Route {
  const yaml = readFileSync(join(import.meta.dirname, '../../openapi.yaml'), 'utf8');
  // The gateway parses openapi.yaml at the first request, because parsing takes longer than the rest of the startup.
  let json: string | undefined;
  const show = async () => {
    json ??= JSON.stringify(parse(yaml));
    return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: json };
  };
  return { path: '/api-docs', methods: { GET: show }, refuse: restRefusal };
}
