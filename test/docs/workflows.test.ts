// Runs the examples in docs/workflows.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkServer } from '../../src/conductor/address.ts';
import { definitionOf, planOf } from '../../src/conductor/definition.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/primitives/json.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { gatewayAt } from '../../src/worker/gateway.ts';
import { httpTask } from '../../src/worker/http-task.ts';
import { filledIn } from '../support/conductor-server.ts';
import { restClient } from '../support/rest.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

interface Block {
  kind: string;
  line: number;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of example has other JSON members
  json: any;
}

const page = readFileSync(join(import.meta.dirname, '../../docs/workflows.md'), 'utf8');
const blocks: Block[] = [...page.matchAll(/^```json ?(\w*)\n(.*?)^```$/gms)].map(([, kind = '', text = ''], _i) => ({
  kind,
  line: page.slice(0, page.indexOf(text)).split('\n').length,
  json: JSON.parse(text),
}));
const of = (kind: string) =>
  blocks.filter((block) => block.kind === kind).map((block) => [block.line, block.json] as const);

let w: World;
let target: TargetServer;
const applications = new Map<string, SomeApplication>();

beforeAll(async () => {
  w = await world();
  target = await targetServer();
  for (const [, secrets] of of('secrets'))
    for (const { name, value, tags } of secrets) await w.secret(name, { value, tags });
  for (const [, grants] of of('grants')) {
    for (const { application, access, on } of grants) {
      const app = applications.get(application) ?? (await w.application(application));
      applications.set(application, app);
      await w.grant(app.id, access, on);
    }
  }
});
afterAll(async () => {
  await target?.close();
  await w?.close();
});

const application = (name: string) => applications.get(name) ?? expect.fail(`No application ${name}`);
const send = (as: string, what: string, body: unknown) =>
  restClient(w.url, application(as).token).send('POST', `/payloads/${what}`, body, { revealing: true });

test('docs/workflows.md contains examples of every kind', () => {
  const kinds = new Set(blocks.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(
    ['archive', 'check', 'grants', 'mask', 'resolve', 'schedule', 'secrets', 'task', 'tasks', 'who'].sort(),
  );
});

test.each(of('resolve'))(
  'the example of resolving on line %i of docs/workflows.md returns the documented answer',
  async (_, { as, payload, input, becomes, refused }) => {
    const answer = await send(as, 'resolve', { payload, ...(input !== undefined && { input }) });
    if (refused === undefined) expect(answer.json.payload).toEqual(becomes);
    else expect([answer.status, answer.json.references]).toEqual([422, refused]);
  },
);

test.each(of('mask'))(
  'the example of masking on line %i of docs/workflows.md returns the documented answer',
  async (_, { as, becomes, ...body }) => {
    expect((await send(as, 'mask', body)).json).toEqual(becomes);
  },
);

test.each(of('archive'))(
  'the example of archiving on line %i of docs/workflows.md returns the documented answer',
  async (_, { as, becomes, ...body }) => {
    expect((await send(as, 'archive', body)).json).toEqual(becomes);
    expect((await send(as, 'archive', { ...body, payload: becomes })).json).toEqual(becomes);
  },
);

test.each(of('check'))(
  'the example of checking on line %i of docs/workflows.md returns the documented answer',
  async (_, { as, payload, becomes }) => {
    expect((await send(as, 'check', { payload })).json).toEqual(becomes);
  },
);

test.each(of('who'))(
  'the table of permitted uses on line %i of docs/workflows.md matches the behaviour of the gateway',
  async (_, matrix) => {
    for (const [as, expected] of Object.entries<Record<string, boolean>>(matrix)) {
      const names = Object.keys(expected);
      const { json } = await send(as, 'check', { payload: names.map((name) => `\${workflow.secrets.${name}}`) });
      const found = json.map(({ name, resolvable }: { name: string; resolvable: boolean }) => [name, resolvable]);
      expect(Object.fromEntries(found), as).toEqual(expected);
    }
  },
);

test.each(of('task'))(
  'the example of a task on line %i of docs/workflows.md gives the documented result',
  async (_, { as, task, input, sends }) => {
    target.answer({ parcels: [], echo: 'Bearer pot-5f2c9a77' });
    const { uri } = task.inputParameters.http_request;
    const here = uri.replace('https://post.example', target.url);
    const workflowTask = {
      ...task,
      inputParameters: { http_request: { ...task.inputParameters.http_request, uri: here } },
    };
    const inputData = filledIn(workflowTask.inputParameters, { workflow: { input } }) as JsonObject;
    const { keyId, keySecret } = application(as);
    const gateway = gatewayAt({ url: w.url, keyId, keySecret: new Sensitive(keySecret) });
    const outcome = await httpTask(
      { definition: workflowTask.inputParameters, workflowTask, inputData },
      gateway,
      new AbortController().signal,
    );
    expect(outcome.status).toBe('COMPLETED');
    expect(target.asked).toHaveLength(1);
    expect(target.asked[0]).toMatchObject(sends);
    if (JSON.stringify(task).includes('post_office_token'))
      expect(JSON.stringify(outcome)).not.toContain('pot-5f2c9a77');
  },
);

describe('example tasks in docs/workflows.md', () => {
  /** Returns all tasks of a workflow, including nested tasks. */
  function tasksIn(json: Json): JsonObject[] {
    if (Array.isArray(json)) return json.flatMap(tasksIn);
    if (!isJsonObject(json)) return [];
    return [...('taskReferenceName' in json ? [json] : []), ...Object.values(json).flatMap(tasksIn)];
  }

  test.each(of('tasks'))(
    'the tasks on line %i of docs/workflows.md use existing secrets, and send them to servers that the workflow definition names',
    (_, json) => {
      const tasks = tasksIn(json);
      expect(tasks.length).toBeGreaterThan(1);
      const known = of('secrets').flatMap(([, secrets]) => secrets.map(({ name }: { name: string }) => name));
      for (const task of tasks.filter(({ type }) => type === 'HTTP_WITH_SECRETS')) {
        const inputData = filledIn(task.inputParameters, {}) as JsonObject;
        const { places, definition } = planOf({ definition: definitionOf(task), inputData });
        expect(places.length).toBeGreaterThan(0);
        expect(() => checkServer(definition)).not.toThrow();
        for (const { source } of places) expect(known).toContain(/\$\{workflow\.secrets\.(\w+)/.exec(source)?.[1]);
      }
    },
  );
});

test('every link in docs/workflows.md leads to an existing target', () => {
  const anchors = new Set(
    [...page.matchAll(/^#+ (.*)$/gm)].map(
      ([, title = '']) =>
        `#${title
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-')}`,
    ),
  );
  for (const [, to = ''] of page.matchAll(/\]\(([^)]+)\)/g)) {
    if (to.startsWith('#')) expect(anchors).toContain(to);
    else expect(() => readFileSync(join(import.meta.dirname, '../../docs', to.replace(/#.*/, '')))).not.toThrow();
  }
});
