// Conductor's JavaScript client and the gateway: a secret, a tag, and a worker that may read it only while it is granted.
//
//   npm start                                                    # in another terminal; prints the administrator's password
//   ADMIN_PASSWORD=… node examples/conductor.mjs                 # makes itself a key, and removes it in the end
//   CONDUCTOR_AUTH_KEY=… CONDUCTOR_AUTH_SECRET=… node examples/conductor.mjs      # or with the key of an application that has ADMIN
//
// CONDUCTOR_SERVER_URL says where the gateway is, if not at http://127.0.0.1:4000/api.

// In a project of yours: '@io-orkes/conductor-javascript'.
import {
  ApplicationClient,
  AuthorizationClient,
  noopLogger,
  orkesConductorClient,
  SecretClient,
} from 'conductor-javascript-4';

const {
  CONDUCTOR_SERVER_URL: serverUrl = 'http://127.0.0.1:4000/api',
  CONDUCTOR_AUTH_KEY: keyId,
  CONDUCTOR_AUTH_SECRET: keySecret,
  ADMIN_USERNAME: username = 'admin',
  ADMIN_PASSWORD: password,
} = process.env;
// The client heeds the environment more than what it is given, and here there are two of them with a key each.
delete process.env.CONDUCTOR_AUTH_KEY;
delete process.env.CONDUCTOR_AUTH_SECRET;

/** What is to be undone, the last first. */
const undo = [];
try {
  const operator = await connect(keyId && keySecret ? { keyId, keySecret } : await ownKey());

  const name = `example_${Date.now()}`;
  const value = 'two words, "quotes" and a 🔑';
  await operator.secrets.putSecret(name, value);
  undo.push(() => operator.secrets.deleteSecret(name));
  await operator.secrets.setSecretTags([{ key: 'example', value: name }], name);
  console.log(`${name} is kept; it comes back as it was: ${(await operator.secrets.getSecret(name)) === value}`);

  const worker = await operator.applications.createApplication('example worker');
  undo.push(() => operator.applications.deleteApplication(worker.id));
  const key = await operator.applications.createAccessKey(worker.id);
  const asWorker = await connect({ keyId: key.id, keySecret: key.secret });
  const look = () =>
    asWorker.secrets.getSecret(name).then(
      (got) => `reads it: ${got === value}`,
      (error) => `does not: ${error.message}`,
    );
  console.log(`The worker ${await look()}`);

  const grant = {
    subject: { type: 'USER', id: `app:${worker.id}` },
    target: { type: 'TAG', id: `example:${name}` },
    access: ['READ'],
  };
  await operator.authorization.grantPermissions(grant);
  console.log(`Granted READ on the tag, the worker ${await look()}`);
  await operator.authorization.removePermissions(grant);
  console.log(`Without it again, the worker ${await look()}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const step of undo.reverse()) await step();
}

/** Signs in with a key. */
async function connect(key) {
  const client = await orkesConductorClient({ serverUrl, ...key, logger: noopLogger });
  // It renews its token by a timer, which would keep this program from ending.
  undo.push(() => client.stopBackgroundRefresh());
  return {
    secrets: new SecretClient(client),
    applications: new ApplicationClient(client),
    authorization: new AuthorizationClient(client),
  };
}

/** A key of an application of our own, made as the administrator. */
async function ownKey() {
  if (!password) throw new Error('Set ADMIN_PASSWORD, or CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET.');
  const api = `${serverUrl.replace(/\/(api\/?)?$/, '')}/api`;
  const ask = async (method, path, body, token) => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token && { 'X-Authorization': token }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const json = text === '' ? undefined : JSON.parse(text);
    if (!response.ok) throw new Error(json.message);
    return json;
  };
  const { token } = await ask('POST', '/token', { username, password });
  const { id } = await ask('POST', '/applications', { name: 'example operator' }, token);
  undo.push(() => ask('DELETE', `/applications/${id}`, undefined, token));
  await ask('POST', `/applications/${id}/roles/ADMIN`, undefined, token);
  const key = await ask('POST', `/applications/${id}/accessKeys`, undefined, token);
  return { keyId: key.id, keySecret: key.secret };
}
