import { BadInput } from '../errors.ts';
import type { Json } from '../primitives/json.ts';
import { type Fields, fieldsBody } from './body.ts';
import { withNotFoundNames } from './not-found.ts';
import { AnyJson, confirmedByRead, post, type RestRoute } from './route.ts';
import { principalRef } from './subjects.ts';

export const payloadRoutes: RestRoute[] = [
  confirmedByRead(
    post('/payloads/resolve', async ({ session, incoming }) => {
      const fields = (await fieldsBody(incoming)).only('payload', 'input');
      const { payload, references } = await session.payloads.resolve(payloadOf(fields), optional(fields, 'input'));
      return { payload, references };
    }),
  ),

  post('/payloads/check', async ({ session, incoming }) => {
    const fields = (await fieldsBody(incoming)).only('payload', 'principalId');
    const principalId = fields.optionalText('principalId');
    const payload = payloadOf(fields);
    if (principalId === undefined) return session.payloads.check(payload);
    return withNotFoundNames({ principalId }, () => session.payloads.check(payload, principalRef(principalId)));
  }),

  post('/payloads/mask', async ({ session, incoming }) => {
    const fields = (await fieldsBody(incoming)).only('payload', 'definition', 'maskedFields');
    const options = { definition: optional(fields, 'definition'), maskedFields: fields.texts('maskedFields') ?? [] };
    return new AnyJson(await session.payloads.mask(payloadOf(fields), options));
  }),

  post('/payloads/archive', async ({ session, incoming }) => {
    const fields = (await fieldsBody(incoming)).only('payload', 'maskedFields');
    return new AnyJson(await session.payloads.archive(payloadOf(fields), fields.texts('maskedFields') ?? []));
  }),

  post('/tasks/update-secret', async ({ session, incoming }) => {
    const fields = (await fieldsBody(incoming)).only('_secrets');
    await session.payloads.updateSecret({ _secrets: fields.raw('_secrets') as Json });
    return {};
  }),
];

/** Returns the value of the required field `payload`. @throws BadInput */
function payloadOf(fields: Fields): Json {
  if (!fields.has('payload')) throw new BadInput('payload', 'any JSON except null');
  return fields.raw('payload') as Json;
}

function optional(fields: Fields, name: string): Json | undefined {
  return fields.has(name) ? (fields.raw(name) as Json) : undefined;
}
