// This example resolves references in a workflow definition, and masks the result. The gateway never resolves references in input. Therefore first resolve the references in the workflow definition, and then merge the input.
//
//   npm start                                                    # in another terminal
//   CONDUCTOR_AUTH_KEY=… CONDUCTOR_AUTH_SECRET=… node examples/references.mjs      # an application with EXECUTE or READ on the secret `mail_token`
//
// CONDUCTOR_SERVER_URL is the address of the gateway. The default is http://127.0.0.1:4000/api.

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

// The workflow definition comes from a person who may change workflows.
const definition = {
  headers: { authorization: 'Bearer ${workflow.secrets.mail_token}' },
  body: { greeting: 'Dear ${workflow.input.name},' },
};
// The input comes from the caller who started the workflow, and may contain a text that looks like a reference.
const input = { name: '${workflow.secrets.mail_token}' };

const { payload, references } = await post('/payloads/resolve', { payload: definition, input }, token);
console.log(`Resolved: ${references.map(({ name, pointers }) => `${name} at ${pointers.join()}`)}`);
console.log(`The header contains the value: ${payload.headers.authorization !== definition.headers.authorization}`);
console.log(`The input is unchanged: ${payload.body.greeting}`);

const shown = await post('/payloads/mask', { payload, definition }, token);
console.log(`Masked: ${JSON.stringify(shown)}`);
