// Checks the references to secrets in definitions before the definitions are forwarded to the Conductor server. Depending on the setting
// CONDUCTOR_CHECK, the gateway refuses definitions with problems, or forwards the definitions and returns warnings.
import {
  type CheckedBody,
  type DefinitionProblem,
  isOnlyWarning,
  notChecked,
} from '../../conductor/definition-check.ts';
import { Unreachable } from '../../conductor/task.ts';
import type { Conductor } from '../../config.ts';
import { DefinitionsRefused } from '../../errors.ts';
import { HttpError, type Incoming, type Outgoing } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import { isJsonObject } from '../../primitives/json.ts';
import type { Session } from '../../session/session.ts';
import { contentType, LONGEST_JSON } from '../body.ts';
import { type DefinitionsBody, definitionsReader, type ReadDefinitions } from './definitions-body.ts';
import type { BodyKind } from './forwarded-requests.ts';

export type CheckMode = NonNullable<Conductor['check']>;

/** The name of the response header that lists the problems. The value of the header is a JSON array in ASCII. */
const WARNINGS = 'x-gateway-warnings';
/** Maximum number of characters of the response header that lists the problems. Many servers and proxies accept headers of at most 8 KiB in total. */
const LONGEST_HEADER = 4_096;
/** Maximum number of problems that an error response lists. */
const MOST_PROBLEMS = 100;

const CHECKED: ReadonlySet<BodyKind> = new Set<CheckedBody>([
  ...(['workflow definitions', 'task definitions', 'start', 'schedule', 'event handlers'] as const),
]);

export function hasDefinitions(kind: BodyKind): kind is CheckedBody {
  return CHECKED.has(kind);
}

export interface CheckOptions {
  mode: Exclude<CheckMode, 'off'>;
  forward: Upstream['forward'];
  /** Checks the request, and calls `send` to forward the request. */
  pass(send: Upstream['forward']): Promise<Outgoing>;
}

/**
 * Checks a body for the caller, and forwards the request. In the mode `refuse`, a body with problems is not forwarded. In the mode `warn`, the
 * function forwards the body, and a response header lists the problems. @throws DefinitionsRefused; HttpError 400, 413, 415, 502; Unavailable
 */
export async function checkDefinitions(
  read: ReadDefinitions,
  kind: CheckedBody,
  session: Session,
  { mode, forward, pass }: CheckOptions,
): Promise<Outgoing> {
  const body = await read();
  if (body === undefined) return passLongBody(kind, { mode, forward, pass });
  const problems = await problemsIn(body, kind, session);
  const refused = mode === 'refuse' ? problems.filter((problem) => !isOnlyWarning(problem)) : [];
  if (refused.length > 0) throw refusal(refused);
  return withWarnings(await pass(forward), problems);
}

/** Names of fields in which a request to start an agent can contain a complete agent, instead of the name of a registered agent. */
const AGENT_FIELDS = ['agentConfig', 'framework', 'rawConfig', 'skillRef'];

/**
 * Forwards an agent or a skill. The engine creates workflow definitions from an agent, so the gateway cannot know which secrets the workflow
 * definitions use. In the mode `refuse`, only ADMIN may register an agent, because ADMIN may use every secret. Every caller may start a registered
 * agent. @throws Forbidden
 */
export async function checkAgent(
  incoming: Incoming,
  session: Session,
  { mode, pass }: { mode: CheckOptions['mode']; pass(): Promise<Outgoing> },
): Promise<Outgoing> {
  const { authorizer } = session;
  if (authorizer.isAdmin || (await namesAgent(incoming))) return pass();
  if (mode === 'refuse')
    authorizer.requireRole(
      'The gateway cannot check which secrets an agent uses. With CONDUCTOR_CHECK=refuse, registering an agent or a skill requires ADMIN.',
      'ADMIN',
    );
  return withWarnings(await pass(), [notChecked()]);
}

/** Whether the body is JSON that does not contain a complete agent. */
async function namesAgent(incoming: Incoming): Promise<boolean> {
  const { media, charset } = contentType(incoming);
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(media) || !/^(?:utf-?8)?$/i.test(charset ?? '')) return false;
  const json = (await definitionsReader(incoming)())?.json;
  return isJsonObject(json) && typeof json.name === 'string' && AGENT_FIELDS.every((field) => json[field] == null);
}

async function problemsIn(
  { json }: DefinitionsBody,
  kind: CheckedBody,
  session: Session,
): Promise<DefinitionProblem[]> {
  if (json === undefined) return [notChecked()];
  try {
    return await session.definitionCheck.problems(kind, json);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    throw new HttpError(
      502,
      'UPSTREAM_UNAVAILABLE',
      'The Conductor server did not answer the request for task definitions. The definitions were not forwarded.',
    );
  }
}

/**
 * Signs that a long body could contain a reference to a secret, or a workflow definition. The signs include JSON escapes of ASCII characters,
 * invisible characters and full-width characters, because references can contain these characters.
 */
const ESCAPES = String.raw`\\u(?:00[2-7ad]|f[ef]|20|11|31|18|03|db40)`;
const SIGNS = {
  start: /workflowDef|\\u00[2-7]/iu,
  others: new RegExp(
    String.raw`secret|runtimeMetadata|workflowDef|${ESCAPES}|[\uff00-\uffef]|\p{Default_Ignorable_Code_Point}`,
    'iu',
  ),
};
const LONGEST_SIGN = 16;

/**
 * Forwards a body that is too long for the gateway to parse. In the mode `refuse`, the gateway refuses the request if the body could contain a
 * reference to a secret.
 * @throws HttpError 413
 */
async function passLongBody(kind: CheckedBody, { mode, forward, pass }: CheckOptions): Promise<Outgoing> {
  // INVARIANT: a long workflow definition is never registered without a check, because registered task definitions can add references to its tasks.
  if (mode === 'refuse' && kind === 'workflow definitions') throw tooLong();
  const signs = SIGNS[kind === 'start' ? 'start' : 'others'];
  const decoder = new TextDecoder();
  let end = '';
  let isSuspicious = kind === 'workflow definitions';
  const inspect = (chunk: Buffer) => {
    if (isSuspicious) return;
    const text = end + decoder.decode(chunk, { stream: true });
    isSuspicious = signs.test(text);
    if (isSuspicious && mode === 'refuse') throw tooLong();
    end = text.slice(1 - LONGEST_SIGN);
  };
  const answer = await pass((incoming, caller, options) =>
    forward(incoming, caller, {
      ...options,
      inspect(chunk) {
        options?.inspect?.(chunk);
        inspect(chunk);
      },
    }),
  );
  return withWarnings(answer, isSuspicious ? [notChecked()] : []);
}

const tooLong = () =>
  new HttpError(
    413,
    'BAD_REQUEST',
    `The gateway checks references to secrets only in bodies of at most ${LONGEST_JSON} bytes. Send fewer definitions in one request.`,
  );

const MESSAGES: Record<DefinitionProblem['problem'], string> = {
  NOT_FOUND: 'no such secret, or you may not use the secret',
  EXPIRED: 'the secret has expired',
  MALFORMED: 'the reference or the name is malformed',
  NOT_WRITABLE: 'no such secret that you may update, and you may not create the secret',
  UNSUPPORTED_PLACE: 'references to secrets are not resolved in this place',
  SERVER_FROM_DATA: 'a task with secrets must name its server in the definition, without expressions for data',
  VALUE_STORED: 'the execution stores the new value, because other places of the definition read the value too',
  NOT_CHECKED: 'the gateway could not check the definitions: they are not JSON, or exceed a limit',
};

function refusal(problems: readonly DefinitionProblem[]): DefinitionsRefused {
  const listed = problems.slice(0, MOST_PROBLEMS).map(({ pointer, name, problem }) => ({
    path: pointer,
    message: `${name === null ? '' : `${name}: `}${MESSAGES[problem]}`,
  }));
  const rest = problems.length - listed.length;
  const more = rest === 0 ? '' : ` ${rest} more problems are not listed.`;
  return new DefinitionsRefused(
    `The definitions were not forwarded, because their references to secrets have problems.${more}`,
    listed,
  );
}

function withWarnings(answer: Outgoing, problems: readonly DefinitionProblem[]): Outgoing {
  const { [WARNINGS]: _, ...headers } = answer.headers;
  return {
    ...answer,
    headers: problems.length === 0 ? headers : { ...headers, [WARNINGS]: warningsText(problems) },
  };
}

/** Returns the problems as the string of a JSON array. If the array is too long, its last item is `{"more": N}` with the number of omitted problems. */
export function warningsText(problems: readonly DefinitionProblem[]): string {
  const items: string[] = [];
  let length = 40;
  for (const { workflow, task, pointer, problem, name } of problems) {
    const item = ascii(JSON.stringify({ workflow, task, pointer, problem, name }));
    length += item.length + 1;
    if (length > LONGEST_HEADER) break;
    items.push(item);
  }
  const more = problems.length - items.length;
  if (more > 0) items.push(JSON.stringify({ more }));
  return `[${items.join(',')}]`;
}

const ascii = (json: string) =>
  json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
