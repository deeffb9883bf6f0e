import { isEngineId } from '../conductor/task.ts';
import { BadInput } from '../errors.ts';
import type { Json } from '../primitives/json.ts';
import type { TaskOfUse } from '../secrets/secret-use-service.ts';
import { type Fields, fieldsBody } from './body.ts';
import { withNotFoundNames } from './not-found.ts';
import { AnyJson, confirmedByRead, post, type RestRoute } from './route.ts';
import { principalRef } from './subjects.ts';

/** Maximum number of characters of each task field in the request. The gateway records these fields in audit events. */
const LONGEST_TASK_TEXT = 1_000;

export const payloadRoutes: RestRoute[] = [
  confirmedByRead(
    post('/payloads/resolve', async ({ session, incoming }) => {
      const fields = (await fieldsBody(incoming)).only('payload', 'input', 'task');
      const { payload, references } = await session.payloads.resolve(
        payloadOf(fields),
        optional(fields, 'input'),
        taskOf(fields),
      );
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

/** Returns the task for which the caller resolves the payload. @throws BadInput */
function taskOf(fields: Fields): TaskOfUse | undefined {
  if (!fields.has('task')) return undefined;
  const task = fields.fields('task').only('taskId', 'workflowId', 'task', 'workflow');
  const textOf = (name: string) => {
    const text = task.text(name);
    if (text.length > LONGEST_TASK_TEXT) throw new BadInput(`task.${name}`, `at most ${LONGEST_TASK_TEXT} characters`);
    return text;
  };
  const [taskId, workflowId] = ['taskId', 'workflowId'].map(textOf);
  const id = [taskId, workflowId].findIndex((text) => !isEngineId(text));
  if (id !== -1)
    throw new BadInput(
      `task.${id === 0 ? 'taskId' : 'workflowId'}`,
      'an id of 1 to 255 ASCII characters without spaces',
    );
  return {
    taskId: taskId as string,
    workflowId: workflowId as string,
    task: textOf('task'),
    workflow: textOf('workflow'),
  };
}
