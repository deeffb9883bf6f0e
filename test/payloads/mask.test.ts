import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../audit/events.ts';
import { remove, rotate } from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';
import { archive, check, mask, ref, updateSecretTask } from './operations.ts';

let w: World;
let worker: SomeApplication;
let nobody: SomeUser;
let maker: SomeUser;
const [first, second, other] = [sentinel(), sentinel(), sentinel()];
beforeAll(async () => {
  w = await world();
  worker = await w.application('worker');
  nobody = await w.user('nobody');
  maker = await w.user('maker', { roles: ['USER'] });
  await w.secret('token', { value: first });
  await rotate(w.admin, { name: 'token', value: second });
  await w.secret('other', { value: other });
  await w.grant(worker.id, 'EXECUTE', 'token');
});
afterAll(() => w.close());

describe('masking a payload in a workflow', () => {
  test('masking hides all versions of the secrets that the payload or the workflow definition references', async () => {
    const payload = {
      now: `a ${second}`,
      before: [first],
      other,
      base64: Buffer.from(`u:${second}`).toString('base64'),
    };
    const definition = { headers: `Bearer ${ref('token')}` };
    // Secret values without a reference stay visible, so the leak test does not search this answer.
    const { data } = await w.admin.askRevealing(
      'query ($p: JSON!, $d: JSON) { maskPayload(payload: $p, definition: $d) }',
      {
        p: payload,
        d: definition,
      },
    );
    expect(data.maskPayload).toMatchObject({ now: 'a ***', before: ['***'], other });
    expect(data.maskPayload.base64).not.toContain(Buffer.from(second).toString('base64').slice(0, 12));
    const both = await mask(w.admin, { ...payload, refers: `${ref('token')} ${ref('other')}` });
    expect(both.data.maskPayload).toMatchObject({
      now: 'a ***',
      other: '***',
      refers: `${ref('token')} ${ref('other')}`,
    });
  });

  test.each([
    '${ workflow.secrets.token }',
    'Bearer ${workflow.secrets.token',
    "${workflow['secrets']['token']}",
    '${WORKFLOW.SECRETS.token}',
    '${workflow.secrets/token}',
    '${workflow.secrets.{token}}',
    '${workflow.secrets.$token}',
    '${workflow.secrets.<token>}',
    '${workflow.secrets->token}',
    '${workflow?.secrets?.token}',
    '${workflow:secrets:token',
  ])('masking hides the secret that the malformed reference %s names', async (definition) => {
    const payload = { a: second, log: `sent ${second}.` };
    const hidden = { a: '***', log: 'sent ***.' };
    expect((await mask(worker, payload, { definition: { other: definition } })).data.maskPayload).toEqual(hidden);
    expect((await mask(worker, { ...payload, definition })).data.maskPayload).toMatchObject(hidden);
  });

  test('if JSON in a secret value follows a byte order mark, masking still hides its strings', async () => {
    const password = sentinel();
    await w.secret('marked', { value: `\ufeff${JSON.stringify({ password })}` });
    const { data } = await mask(w.admin, { log: `p=${password}` }, { definition: [ref('marked')] });
    expect(data.maskPayload).toEqual({ log: 'p=***' });
  });

  test('masking hides the value of a deleted secret as long as the secret can be restored', async () => {
    const { value } = await w.secret('gone');
    await remove(w.admin, 'gone');
    expect((await mask(w.admin, [value], { definition: { a: ref('gone') } })).data.maskPayload).toEqual(['***']);
  });

  test('masking hides only secrets that the caller may use, so that a caller without access cannot use masking to verify a guess of a secret value', async () => {
    expect((await mask(worker, [second], { definition: { a: ref('token') } })).data.maskPayload).toEqual(['***']);
    const guess = async (text: string) =>
      (
        await nobody.askRevealing('query ($p: JSON!, $d: JSON) { maskPayload(payload: $p, definition: $d) }', {
          p: [text],
          d: { a: ref('token') },
        })
      ).data.maskPayload;
    expect(await guess(second)).toEqual([second]);
    expect(await guess('wrong')).toEqual(['wrong']);
  });

  test('masking hides the content of JSON fields with hidden names, including content that the workflow definition inserts', async () => {
    const { data } = await mask(
      nobody,
      { _secrets: { a: 1 }, text: 'My SSN 078-05-1120', list: [{ ssn: 1 }] },
      { definition: { text: 'My SSN ${workflow.input.ssn}' }, maskedFields: ['ssn'] },
    );
    expect(data.maskPayload).toEqual({ _secrets: '***', text: 'My SSN ***', list: [{ ssn: '***' }] });
  });

  test('masking takes three database statements for any number of secret names, including names of hidden and missing secrets', async () => {
    const statementsOf = async (definition: unknown) => {
      const before = w.database.statements();
      await mask(nobody, ['x'], { definition });
      return w.database.statements() - before;
    };
    expect(await statementsOf([ref('token')])).toBe(3);
    expect(await statementsOf([ref('missing')])).toBe(3);
    expect(await statementsOf([ref('token'), ref('other'), ref('missing')])).toBe(3);
    expect(await statementsOf(['nothing'])).toBe(1);
  });

  test('masking records no audit event', async () => {
    expect(await eventsOf(w.admin, { actions: ['SECRET_USE', 'SECRET_REVEAL'] })).toEqual([]);
  });

  /** Masks the payload `count` times in one request. */
  const manyTimes = (who: SomeUser | World['admin'], count: number, payload: unknown, definition?: unknown) => {
    const fields = Array.from({ length: count }, (_, i) => `m${i}: maskPayload(payload: $p, definition: $d)`);
    return who.ask(`query ($p: JSON!, $d: JSON) { ${fields.join(' ')} }`, { p: payload, d: definition });
  };
  const refusal = {
    code: 'BAD_USER_INPUT',
    errors: [{ path: [expect.stringMatching(/^m\d/)], extensions: { field: 'payload' } }],
  };

  test('one request can mask all payloads of a page', async () => {
    const { data } = await manyTimes(w.admin, 100, [second, 'shown'], { a: ref('token') });
    expect(Object.values(data)).toEqual(Array.from({ length: 100 }, () => ['***', 'shown']));
  });

  test('one request can mask three payloads of one megabyte, and cannot mask six payloads of this size', async () => {
    const payload = 'a b '.repeat(250_000);
    expect((await manyTimes(nobody, 3, payload)).code).toBeUndefined();
    expect(await manyTimes(nobody, 6, payload)).toMatchObject(refusal);
    const archives = Array.from({ length: 6 }, (_, i) => `a${i}: archivePayload(payload: $p)`).join(' ');
    expect((await nobody.ask(`query ($p: JSON!) { ${archives} }`, { p: payload })).code).toBe('BAD_USER_INPUT');
  });

  test('masking decrypts no more secret values than it can search for', async () => {
    for (const [i, name] of ['big', 'bigger'].entries()) {
      await w.secret(name, { value: `${i}`.repeat(65_535) });
      for (let version = 0; version < 19; version++) {
        await rotate(w.admin, { name, value: `${i}${version}${'ü'.repeat(65_000)}` });
      }
    }
    expect((await mask(w.admin, ['x'], { definition: [ref('big')] })).code).toBeUndefined();
    const answer = await mask(w.admin, ['x'], { definition: [ref('big'), ref('bigger')] });
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'payload']);
  });
});

describe('archiving a payload of a workflow', () => {
  test('archiving removes the content that only tasks may see, and does not remove the secret values that masking hides', async () => {
    const payload = { _secrets: { a: 1 }, _masked: { b: 2 }, deep: [{ ssn: 3 }] };
    const once = (await archive(nobody, payload, ['ssn'])).data.archivePayload;
    expect(once).toEqual({ _secrets: '***', _masked: { b: 2 }, deep: [{ ssn: '***' }] });
    expect((await archive(nobody, once, ['ssn'])).data.archivePayload).toEqual(once);
  });

  test('archiving removes hidden values everywhere, including JSON inside a string', async () => {
    const token = 'tok-5f2c9a77';
    const body = JSON.stringify({ _secrets: { token }, a: 1 });
    const payload = { _secrets: { token }, auth: `Bearer ${token}`, _masked: [token, 'ann'], body };
    const { data } = await archive(nobody, payload);
    expect(data.archivePayload).toEqual({
      _secrets: '***',
      auth: 'Bearer ***',
      _masked: ['***', 'ann'],
      body: '{"_secrets":"***","a":1}',
    });
    expect((await archive(nobody, data.archivePayload)).data.archivePayload).toEqual(data.archivePayload);
  });

  test('archiving rejects the name of a masked field if the name contains the mask ***', async () => {
    const { code, errors } = await archive(nobody, {}, ['a***']);
    expect([code, errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', 'maskedFields']);
  });

  test('if archiving wrote a mask into a payload, checking references reports the mask', async () => {
    const body = JSON.stringify(JSON.stringify({ _secrets: 'tok-5f2c9a77' }));
    const payload = { _secrets: 'tok-5f2c9a77', a: [{ ssn: 1 }], auth: 'Bearer tok-5f2c9a77', body, code: '/****/ **' };
    const { data } = await archive(nobody, payload, ['ssn']);
    expect((await check(nobody, data.archivePayload)).data.checkReferences).toEqual([
      { name: '***', pointers: ['/_secrets', '/a/0/ssn', '/auth', '/body'], resolvable: false, problem: 'ARCHIVED' },
    ]);
  });
});

describe('checking references in a payload', () => {
  const payload = { a: ref('token'), b: [ref('other'), ref('missing.field')], c: '${workflow.secrets.${x}}' };

  test('checking references predicts whether resolving succeeds for the caller', async () => {
    expect((await check(worker, payload)).data.checkReferences).toEqual([
      { name: 'token', pointers: ['/a'], resolvable: true, problem: null },
      { name: 'other', pointers: ['/b/0'], resolvable: false, problem: 'NOT_FOUND' },
      { name: 'missing', pointers: ['/b/1'], resolvable: false, problem: 'NOT_FOUND' },
      { name: '${workflow.secrets.${x}}', pointers: ['/c'], resolvable: false, problem: 'MALFORMED' },
    ]);
  });

  test('only ADMIN and AUDITOR may check references for another principal', async () => {
    const auditor = await w.user('auditor', { roles: ['AUDITOR'] });
    const of = async (who: typeof nobody, id: string) => {
      const answer = await check(who, { a: ref('token') }, id);
      if (answer.code !== undefined) expect(answer.errors[0]?.extensions.field).toBe('principalId');
      return answer.code ?? answer.data.checkReferences[0].resolvable;
    };
    expect(await of(auditor, worker.id)).toBe(true);
    expect(await of(auditor, nobody.id)).toBe(false);
    expect(await of(nobody, nobody.id)).toBe(false);
    expect(await of(nobody, worker.id)).toBe('FORBIDDEN');
    expect(await of(auditor, `usr_${'7'.repeat(32)}`)).toBe('NOT_FOUND');
    expect(await of(auditor, await w.group('a_group'))).toBe('NOT_FOUND');
  });

  test('if a principal is inactive, a check of references reports that the principal can use no secret, even if the secret has expired', async () => {
    await w.secret('old', { expiresAt: w.clock.in({ days: -1 }) });
    expect((await check(w.admin, ref('old'))).data.checkReferences[0].problem).toBe('EXPIRED');
    const leaving = await w.user('leaving', { roles: ['ADMIN'] });
    await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
      i: { id: leaving.id, active: false },
    });
    expect((await check(w.admin, ref('token'), leaving.id)).data.checkReferences[0].problem).toBe('NOT_FOUND');
  });

  test('checking references takes two database statements for the caller, and three for a different principal', async () => {
    const auditor = await w.user('second_auditor', { roles: ['AUDITOR'] });
    const statementsOf = async (who: typeof nobody, id?: string) => {
      const before = w.database.statements();
      await check(who, payload, id);
      return w.database.statements() - before;
    };
    expect(await statementsOf(nobody)).toBe(2);
    expect(await statementsOf(auditor, worker.id)).toBe(4);
  });

  test('checking references decrypts no secret value and records no audit event', async () => {
    expect(await eventsOf(w.admin, { actions: ['SECRET_USE'] })).toEqual([]);
  });
});

describe('the UPDATE_SECRET task', () => {
  const input = (secretKey: string, secretValue: string) => ({ _secrets: { secretKey, secretValue } });

  test('the UPDATE_SECRET task creates a missing secret, and rotates an existing secret', async () => {
    const [one, two] = [sentinel(), sentinel()];
    expect((await updateSecretTask(maker, input('made', one))).data.runUpdateSecretTask.secret.version).toBe(1);
    expect((await updateSecretTask(maker, input('made', two))).data.runUpdateSecretTask.secret.version).toBe(2);
    expect((await updateSecretTask(maker, input('made', two))).data.runUpdateSecretTask.secret.version).toBe(2);
    expect(await w.reveal(maker, 'made')).toBe(two);
    expect((await eventsOf(w.admin, { secret: 'made' })).map(({ action }) => action).slice(0, 4)).toEqual([
      'SECRET_REVEAL',
      'SECRET_ROTATE',
      'SECRET_ROTATE',
      'SECRET_CREATE',
    ]);
  });

  test('the UPDATE_SECRET task fails with FORBIDDEN if the caller lacks UPDATE, or lacks permission to create a secret', async () => {
    expect((await updateSecretTask(worker, input('token', sentinel()))).code).toBe('FORBIDDEN');
    const { code, errors } = await updateSecretTask(worker, input('brand_new', sentinel()));
    expect([code, errors[0]?.extensions.field]).toEqual(['FORBIDDEN', 'input._secrets.secretKey']);
    await w.grant(worker.id, 'UPDATE', 'token');
    const value = sentinel();
    expect((await updateSecretTask(worker, input('token', value))).code).toBeUndefined();
    expect(await w.reveal(w.admin, 'token')).toBe(value);
  });

  test.each([
    [{}, 'input._secrets'],
    [{ _secrets: { secretKey: 'a' } }, 'input._secrets.secretValue'],
    [{ _secrets: { secretValue: 'a' } }, 'input._secrets.secretKey'],
  ])('if the input of an UPDATE_SECRET task lacks a field, the error names the field: %j', async (given, field) => {
    const answer = await updateSecretTask(maker, given);
    expect([answer.code, answer.errors[0]?.extensions.field]).toEqual(['BAD_USER_INPUT', field]);
  });
});
