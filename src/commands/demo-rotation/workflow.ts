import type { JsonObject } from '../../primitives/json.ts';

/** The names of the secrets in the demo story. */
export interface Names {
  user: string;
  password: string;
  token: string;
}

/** Returns the definitions of the two tasks of the rotation workflow. */
export function rotationTasks(
  server: string,
  { user, password, token }: Names,
): [fetch: JsonObject, store: JsonObject] {
  return [
    {
      name: 'fetch_token',
      taskReferenceName: 'fetch',
      type: 'HTTP_WITH_SECRETS',
      inputParameters: {
        http_request: {
          method: 'POST',
          uri: `${server}/token`,
          body: { user: `\${workflow.secrets.${user}}`, password: `\${workflow.secrets.${password}}` },
          outputFilter: { _secrets: { token: '$${fetch.output.response.body.token}' } },
        },
      },
    },
    {
      name: 'store_token',
      taskReferenceName: 'store',
      type: 'UPDATE_SECRET',
      inputParameters: { _secrets: { secretKey: token, secretValue: '${fetch.output._secrets.token}' } },
    },
  ];
}

/** Returns the definition of a task that uses the token. The task is part of a second workflow. */
export function parcelsTask(server: string, { token }: Names): JsonObject {
  return {
    name: 'list_parcels',
    taskReferenceName: 'parcels',
    type: 'HTTP_WITH_SECRETS',
    inputParameters: {
      http_request: {
        method: 'GET',
        uri: `${server}/parcels`,
        headers: { Authorization: `Bearer \${workflow.secrets.${token}}` },
      },
    },
  };
}
