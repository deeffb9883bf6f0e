// Provides the callers and the called server for every step of the demo. Also provides functions that print the received requests and the audit events.
import type { Ask } from '../../src/commands/demo/client.ts';
import { compact, type Json } from '../../src/commands/demo/pretty.ts';
import type { Stage } from '../../src/commands/demo/stage.ts';
import { holds } from '../conductor-data.ts';
import type { ConductorProcess } from '../conductor-process.ts';
import { type Cast, type SecretName, type Use, usesOf } from './cast.ts';
import type { Caller, Untyped } from './rest-client.ts';
import type { Received, TargetServer } from './target-server.ts';
import { type WorkflowName, workflows } from './workflows.ts';

const WIDTH = 100;

export interface Servers {
  stage: Stage;
  ask: Ask;
  cast: Cast;
  target: TargetServer;
  /** The administrator, and a user who may use and reveal no secret. Both call the gateway. */
  admin: Caller;
  ann: Caller;
  /** A caller that connects directly to the Conductor server, without the gateway. */
  intruder: Caller;
  /** The database and the log of the Conductor server. */
  files: Pick<ConductorProcess, 'databaseFile' | 'logFile'>;
  stopped: AbortSignal;
}

export interface Scenery extends Servers {
  definitions: ReturnType<typeof workflows>;
  /** Prints JSON or an unchanged string. The JSON must contain no secret value. */
  show(label: string, what: unknown): void;
  /** Shows the tasks of a workflow definition. */
  showDefinition(name: WorkflowName): void;
  /** Shows the status of an execution, and the responses or the reasons of its tasks. */
  showExecution(label: string, execution: Untyped): void;
  /** Shows the requests that the called server received since the last call, with labels in place of secret values. Returns the requests. */
  received(): Received[];
  /** Shows the uses of a secret in the audit log since the last call. Returns the uses. */
  newUses(secret: SecretName): Promise<Use[]>;
  /** Whether the responses contain no secret value in any form. */
  areClean(...answers: Untyped[]): boolean;
}

export function sceneryOf(servers: Servers): Scenery {
  const { stage, ask, cast, target } = servers;
  const { values } = cast;
  const definitions = workflows(target.url);
  const shownUses = new Map<SecretName, number>();

  function labelled(text: string): string {
    const tokens = target.issued.map((value, i) => [`token ${i + 1} of the token service`, value] as const);
    return [...Object.entries(values), ...tokens].reduce(
      (all, [name, value]) => all.replaceAll(value, `‹value of ${name}›`),
      text,
    );
  }
  const show: Scenery['show'] = (label, what) =>
    stage.show(label, typeof what === 'string' ? what : compact(what as Json, WIDTH));

  return {
    ...servers,
    definitions,
    show,
    showDefinition(name) {
      for (const { type, inputParameters } of definitions[name].tasks as Untyped[])
        show('task', `${type} ${compact(inputParameters, WIDTH)}`);
    },
    showExecution(label, { status, tasks }) {
      const shown = (tasks as Untyped[]).map(({ outputData, reasonForIncompletion: reason }) => ({
        ...(outputData?.response?.statusCode !== undefined && {
          statusCode: outputData.response.statusCode,
          body: outputData.response.body,
        }),
        ...(reason != null && { reason }),
      }));
      show(label, `${status} ${compact(shown as Json, WIDTH)}`);
    },
    received() {
      const requests = target.takeReceived();
      if (requests.length === 0) show('target', 'received nothing');
      for (const { method, path, headers } of requests) {
        const names = ['authorization', 'x-name'].filter((name) => headers[name] !== undefined);
        show('target', labelled([`${method} ${path}`, ...names.map((name) => `${name}: ${headers[name]}`)].join('\n')));
      }
      return requests;
    },
    async newUses(secret) {
      const all = await usesOf(ask, cast.admin, secret);
      const uses = all.slice(shownUses.get(secret) ?? 0);
      shownUses.set(secret, all.length);
      if (uses.length === 0) show('audit', `no use of ${secret}`);
      for (const { outcome, version, application, workflow, task } of uses) {
        const of = version === null ? secret : `${secret} version ${version}`;
        show('audit', `SECRET_USE ${outcome} of ${of}, by ${application}, for ${task} of ${workflow}`);
      }
      return uses;
    },
    areClean(...answers) {
      const text = JSON.stringify(answers);
      return [...Object.values(values), ...target.issued].every((value) => !holds(text, value));
    },
  };
}
