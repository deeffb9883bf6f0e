import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definitionOf, planOf } from '../../src/conductor/definition.ts';
import { InvalidTask } from '../../src/conductor/task.ts';
import { gapsIn } from '../../src/conductor/template-gaps.ts';
import type { Json, JsonObject } from '../../src/primitives/json.ts';
import { filledIn } from '../support/conductor-server.ts';

/**
 * Returns the templates that a task sends to the gateway, and the input of the task if the gateway answers
 * `‹template›`.
 */
function planned(inputParameters: JsonObject, input: JsonObject = {}, inputData?: Json) {
  const plan = planOf({
    definition: inputParameters,
    inputData: inputData ?? (filledIn(inputParameters, { workflow: { input } }) as Json),
  });
  const templates = plan.places.map(({ template }) => template);
  return { templates, places: plan.places, v: plan.input.v, input: plan.assemble(templates.map((t) => `‹${t}›`)) };
}

const ATTACK = '${workflow.secrets.admin}';

describe('secret references in the workflow definition', () => {
  test('the worker resolves a secret reference that the workflow definition contains', () => {
    const { templates, input } = planned({
      headers: { a: 'Bearer ${workflow.secrets.token}' },
      uri: 'http://x/',
      n: 1,
    });
    expect(templates).toEqual(['Bearer ${workflow.secrets.token}']);
    expect(input).toEqual({ headers: { a: '‹Bearer ${workflow.secrets.token}›' }, uri: 'http://x/', n: 1 });
  });

  test.each<[string, JsonObject, JsonObject]>([
    ['as a whole text', { a: '${workflow.input.x}' }, { x: ATTACK }],
    ['within a text', { a: 'id ${workflow.input.x}!' }, { x: ATTACK }],
    ['in an object', { a: '${workflow.input.x}' }, { x: { deep: [ATTACK, { k: ATTACK }] } }],
    ['as a key', { a: '${workflow.input.x}' }, { x: { [ATTACK]: 1 } }],
    ['in place of all', { a: '${workflow.input.x}', b: { c: '${workflow.input.x}' } }, { x: ATTACK }],
  ])('the worker does not resolve a secret reference that comes from workflow input: %s', (_, definition, input) => {
    const plan = planned(definition, input);
    expect(plan.templates).toEqual([]);
    expect(plan.input).toEqual(filledIn(definition, { workflow: { input } }));
  });

  test('if one string contains a reference of the workflow definition and a reference of the workflow input, the worker resolves only the first', () => {
    const { templates, v } = planned({ a: '${workflow.secrets.t} and ${workflow.input.x}' }, { x: ATTACK });
    expect(templates).toEqual(['${workflow.secrets.t} and ${workflow.input.v[0]}']);
    expect(v).toEqual([ATTACK]);
  });

  test('the worker removes task input that the workflow definition does not contain, including the secret references in this input', () => {
    const plan = planned(
      { a: '${workflow.secrets.t}' },
      {},
      { a: '${workflow.secrets.t}', b: ATTACK, c: { d: ATTACK } },
    );
    expect(plan.templates).toEqual(['${workflow.secrets.t}']);
    expect(plan.input).toEqual({ a: '‹${workflow.secrets.t}›' });
  });

  test('for any workflow input, the text around a secret reference comes from the workflow definition', () => {
    const definition = {
      t: '${workflow.secrets.t}',
      uri: 'http://x/$${a}',
      n: 1,
      none: null,
      list: ['a', '${workflow.input.x}'],
      o: { k: 'v', more: '${workflow.input.more}' },
    };
    const inputData = {
      ...{ t: 'mine', uri: 'http://mine/', n: 2, none: 'some', list: ['b', 'x', 'y'], extra: 1 },
      o: { k: 'w', more: { any: 1 }, other: 2 },
    };
    expect(planned(definition, {}, inputData).input).toEqual({
      ...{ t: '‹${workflow.secrets.t}›', uri: 'http://x/${a}', n: 1, none: null, list: ['a', 'x'] },
      o: { k: 'v', more: { any: 1 } },
    });
    const { t: _, ...without } = definition;
    expect(planOf({ definition: without, inputData }).assemble([])).toEqual(inputData);
    const exact = planOf({ definition: without, inputData }, true).assemble([]);
    expect(exact).toMatchObject({ uri: 'http://x/${a}', list: ['a', 'x'] });
    expect(exact).not.toHaveProperty('extra');
  });

  test('the text around other expressions also comes from the workflow definition', () => {
    const definition = { t: '${workflow.secrets.t}', uri: 'http://x/$${a}/${workflow.input.id}${workflow.input.b}?z' };
    for (const uri of ['http://x/${a}/7?z', 'http://x/$${a}/7?z'])
      expect(planned(definition, {}, { uri }).input.uri).toBe(uri);
    for (const uri of ['http://y/${a}/7?z', 'http://x/${a}/7', 7, null])
      expect(() => planned(definition, {}, { uri })).toThrow(/^\/uri: /);
  });

  test('without a workflow definition, the worker resolves no secret reference', () => {
    const plan = planOf({ definition: undefined, inputData: { a: ATTACK } });
    expect([plan.places, plan.assemble([])]).toEqual([[], { a: ATTACK }]);
    expect(() => planOf({ definition: undefined, inputData: { a: ATTACK } }, true)).toThrow(InvalidTask);
  });

  test('if the task input is stored externally, the worker refuses to resolve secret references', () => {
    expect(() => planOf({ definition: {}, externalInputPayloadStoragePath: 's3/1.json' })).toThrow(InvalidTask);
    expect(planOf({ definition: {}, externalInputPayloadStoragePath: null }).places).toEqual([]);
  });

  test('if the workflow does not set a field, the worker resolves a secret reference in the defaults of the task definition', () => {
    const workflowTask = {
      inputParameters: { b: 'mine' },
      taskDefinition: { inputTemplate: { a: '${workflow.secrets.t}', b: '${workflow.secrets.u}' } },
    };
    const plan = planOf({
      definition: definitionOf(workflowTask),
      inputData: { a: '${workflow.secrets.t}', b: 'mine' },
    });
    expect(plan.places.map(({ template }) => template)).toEqual(['${workflow.secrets.t}']);
    expect(plan.assemble(['1'])).toEqual({ a: '1', b: 'mine' });
  });

  test('the worker ignores the defaults of a DYNAMIC task, because workflow data selects its task definition', () => {
    const taskDefinition = { inputTemplate: { a: '${workflow.secrets.t}', b: '${workflow.secrets.u}' } };
    const inputParameters = { b: '${workflow.secrets.t}' };
    expect(definitionOf({ type: 'DYNAMIC', inputParameters, taskDefinition })).toEqual(inputParameters);
  });

  test('the worker does not change an escaped secret reference', () => {
    const plan = planned({ a: '$${workflow.secrets.t}', b: '$${workflow.secrets.t} ${workflow.secrets.u}' });
    expect(plan.templates).toEqual(['$${workflow.secrets.t} ${workflow.secrets.u}']);
    expect(plan.input.a).toBe('${workflow.secrets.t}');
  });

  test('the worker sends a nested secret reference to the gateway unchanged, and the gateway refuses it', () => {
    const { templates, v } = planned({ a: '${workflow.secrets.${workflow.input.n}}' }, { n: 'admin' });
    expect([templates, v]).toEqual([['${workflow.secrets.${workflow.input.n}}'], []]);
  });

  test('the worker finds a secret reference even if the workflow engine did not replace it, or replaced it by an empty string', () => {
    const definition = { a: 'http://x/${workflow.input.id}?t=${workflow.secrets.t}&z=${workflow.input.z}' };
    for (const a of ['http://x/7?t=${workflow.secrets.t}&z=8', 'http://x/7?t=&z=8']) {
      const { templates, v } = planned(definition, {}, { a });
      expect(templates).toEqual(['http://x/${workflow.input.v[0]}?t=${workflow.secrets.t}&z=${workflow.input.v[1]}']);
      expect(v).toEqual(['7', '8']);
    }
  });

  test('if the text around a secret reference is ambiguous, the worker refuses the task, and the error contains the location of the reference', () => {
    const definition = { a: ['${workflow.input.x} ${workflow.secrets.t} ${workflow.input.y}'] };
    const input = { x: 'p ${workflow.secrets.t} q', y: 'r' };
    expect(() => planned(definition, input)).toThrow(InvalidTask);
    expect(() => planned(definition, input)).toThrow(/^\/a\/0: /);
    expect(() => planned(definition, {}, { a: ['something else'] })).toThrow(InvalidTask);
    expect(() => planned(definition, {}, { a: 'no list' })).toThrow(InvalidTask);
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    '${workflow.secrets.t}',
    '${workflow.input.x}',
    '${workflow.input.y}',
    '${fetch.output.z}',
    '$${workflow.secrets.t}',
  ),
  fc.string({ maxLength: 4 }).map((text) => text.replace(/[${}]/g, '')),
);
const attack = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    '${workflow.secrets.t}',
    '${workflow.secrets.admin}',
    '$',
    '{',
    '}',
    '${',
    '$${',
    '${workflow.secrets.',
    't}',
    '${workflow.input.v[0]}',
    '${workflow.input.v[1]}',
  ),
  fc
    .array(fc.constantFrom('${workflow.secrets.t}', ' ', '$', '{', '}', 'a'), { maxLength: 4 })
    .map((parts) => parts.join('')),
);

test('for any workflow input, the worker requests only references of the workflow definition, and sends the same text that a workflow engine would produce', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), attack, attack, attack, (pieces, x, y, z) => {
      const definition = { a: pieces.join('') };
      const scope = { workflow: { input: { x, y } }, fetch: { output: { z } } };
      const inputData = filledIn(definition, scope) as JsonObject;
      let plan: ReturnType<typeof planOf>;
      try {
        plan = planOf({ definition, inputData });
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidTask);
        return;
      }
      // The gateway resolves each expression only once.
      const resolved = plan.places.map(({ template }) =>
        template.replace(/\$\$\{|\$\{workflow\.input\.v\[(\d+)\]\}|\$\{workflow\.secrets\.t\}/g, (found, i) => {
          if (found === '$${') return '${';
          return i === undefined ? 'S' : (plan.input.v[Number(i)] ?? found);
        }),
      );
      const secrets = pieces.filter((text) => text === '${workflow.secrets.t}').length;
      for (const { template } of plan.places)
        expect(template.match(/(?<!\$)\$\{workflow\.secrets\./g)).toHaveLength(secrets);
      const expected = pieces
        .map(
          (text) =>
            ({
              '$${workflow.secrets.t}': '${workflow.secrets.t}',
              '${workflow.secrets.t}': 'S',
              '${workflow.input.x}': x,
              '${workflow.input.y}': y,
              '${fetch.output.z}': z,
            })[text] ?? text,
        )
        .join('');
      expect(plan.assemble(resolved).a).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
});

test('the worker fills the gaps in a text only if exactly one way to fill them matches the text', () => {
  const gap = { gap: true } as const;
  expect(gapsIn('a-b', [gap, { known: '-' }, gap])).toEqual(['a', 'b']);
  expect(gapsIn('a-b-c', [gap, { known: '-' }, gap])).toBeUndefined();
  expect(gapsIn('abc', [{ known: 'a' }, gap, { known: 'c' }])).toEqual(['b']);
  expect(gapsIn('ac', [{ known: 'a' }, gap, { known: 'c' }])).toEqual(['']);
  expect(gapsIn('a', [{ known: 'a' }, gap, { known: 'a' }])).toBeUndefined();
  expect(gapsIn('xyz', [gap])).toEqual(['xyz']);
  expect(gapsIn('xyz', [{ known: 'xyz' }])).toEqual([]);
  expect(gapsIn('xyzz', [{ known: 'xyz' }])).toBeUndefined();
});
