// What a workflow's definition refers to is put in; what somebody sent is not. Merge input after the secrets, never before.
//
//   npm start                                                    # in another terminal
//   CONDUCTOR_AUTH_KEY=… CONDUCTOR_AUTH_SECRET=… node examples/references.mjs      # an application that may use the secret `mail_token`
//
// CONDUCTOR_SERVER_URL says where the gateway is, if not at http://127.0.0.1:4000/api.

const {
  CONDUCTOR_SERVER_URL: server = 'http://127.0.0.1:4000/api',
  CONDUCTOR_AUTH_KEY: keyId,
  CONDUCTOR_AUTH_SECRET: keySecret,
} = process.env;

async function post(path, body, token) {
  const response = await fetch(`${server}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { 'x-authorization': token }) },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.message} ${JSON.stringify(answer.references ?? '')}`);
  return answer;
}

const { token } = await post('/token', { keyId, keySecret });

// From the definition: somebody who may change workflows wrote it.
const definition = {
  headers: { authorization: 'Bearer ${workflow.secrets.mail_token}' },
  body: { greeting: 'Dear ${workflow.input.name},' },
};
// From whoever started the workflow.
const input = { name: '${workflow.secrets.mail_token}' };

const { payload, references } = await post('/payloads/resolve', { payload: definition, input }, token);
console.log(`Put in: ${references.map(({ name, pointers }) => `${name} at ${pointers.join()}`)}`);
console.log(`The header has it: ${payload.headers.authorization !== definition.headers.authorization}`);
console.log(`What was sent is as it was: ${payload.body.greeting}`);

const shown = await post('/payloads/mask', { payload, definition }, token);
console.log(`As people see it: ${JSON.stringify(shown)}`);
