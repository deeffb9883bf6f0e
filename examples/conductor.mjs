// This example uses Conductor's JavaScript client with the gateway. The example creates a secret with a tag, and an application that can read the secret only while the application has a grant.
//
//   npm start                                                    # in another terminal; prints the administrator's password
//   ADMIN_PASSWORD=… node examples/conductor.mjs                 # creates an access key, and removes it at the end
//   CONDUCTOR_AUTH_KEY=… CONDUCTOR_AUTH_SECRET=… node examples/conductor.mjs      # or use the access key of an application with ADMIN
//
// CONDUCTOR_SERVER_URL is the address of the gateway. The default is http://127.0.0.1:4000/api.

// In your own project, import from '@io-orkes/conductor-javascript'.
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
// The client prefers environment variables to its arguments. This example uses two clients with different access keys. Therefore the example deletes the environment variables that the client reads.
delete process.env.CONDUCTOR_AUTH_KEY;
delete process.env.CONDUCTOR_AUTH_SECRET;

/** Cleanup steps. The cleanup step that was added last runs first. */
const undo = [];
try {
  const operator = await connect(keyId && keySecret ? { keyId, keySecret } : await ownKey());

  const name = `example_${Date.now()}`;
  const value = 'two words, "quotes" and a 🔑';
  await operator.secrets.putSecret(name, value);
  undo.push(() => operator.secrets.deleteSecret(name));
  await operator.secrets.setSecretTags([{ key: 'example', value: name }], name);
  console.log(
    `${name} is stored. Its value reads back unchanged: ${(await operator.secrets.getSecret(name)) === value}`,
  );

  const worker = await operator.applications.createApplication('example worker');
  undo.push(() => operator.applications.deleteApplication(worker.id));
  const key = await operator.applications.createAccessKey(worker.id);
  const asWorker = await connect({ keyId: key.id, keySecret: key.secret });
  const look = () =>
    asWorker.secrets.getSecret(name).then(
      (got) => `can read it: ${got === value}`,
      (error) => `cannot read it: ${error.message}`,
    );
  console.log(`The worker ${await look()}`);

  const grant = {
    subject: { type: 'USER', id: `app:${worker.id}` },
    target: { type: 'TAG', id: `example:${name}` },
    access: ['READ'],
  };
  await operator.authorization.grantPermissions(grant);
  console.log(`After a grant of READ on the tag, the worker ${await look()}`);
  await operator.authorization.removePermissions(grant);
  console.log(`After the grant is revoked, the worker ${await look()}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const step of undo.reverse()) await step();
}

/** Signs in with an access key. */
async function connect(key) {
  const client = await orkesConductorClient({ serverUrl, ...key, logger: noopLogger });
  // The client renews its token with a timer. The timer would keep this program running after its last step.
  undo.push(() => client.stopBackgroundRefresh());
  return {
    secrets: new SecretClient(client),
    applications: new ApplicationClient(client),
    authorization: new AuthorizationClient(client),
  };
}

/** Signs in as the administrator, and creates an application with the role ADMIN and an access key of this application. */
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
