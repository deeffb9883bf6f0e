// Code examples that read a secret outside the console. The code examples contain no secret values. Tokens and access keys come from
// environment variables.

export interface Snippet {
  title: string;
  about: string;
  text: string;
}

/** Secret names for which the REST API has no read endpoint, because other REST endpoints use the URL paths with these names. */
const TAKEN = new Set(['v2', 'clearLocalCache', 'clearRedisCache']);

const QUERY = 'query Value($name: String!) { secret(name: $name) { value(reveal: true) } }';

/**
 * Returns the code examples for a secret. `origin` is the gateway's URL without a slash at the end. The function does not escape the secret
 * name, because a secret name contains no characters that need escaping in a shell or in JSON.
 */
export function snippetsFor(name: string, origin: string): Record<'workflow' | 'programs' | 'token', Snippet[]> {
  return {
    workflow: [
      {
        title: 'Value',
        about:
          'Use this expression in the input of a workflow task. The principal that runs the workflow needs EXECUTE or READ access to the secret.',
        text: `\${workflow.secrets.${name}}`,
      },
      {
        title: 'Field of a JSON secret value',
        about: 'Replace “field” with the path to the JSON field, such as user.name or keys[0].',
        text: `\${workflow.secrets.${name}.field}`,
      },
    ],
    programs: [
      {
        title: 'GraphQL with curl',
        about: 'The caller needs READ access to the secret. The request passes the secret name as a GraphQL variable.',
        text: [
          `curl -s ${origin}/graphql \\`,
          '  -H "Authorization: Bearer $TOKEN" \\',
          "  -H 'Content-Type: application/json' \\",
          `  -d '${JSON.stringify({ query: QUERY, variables: { name } })}'`,
        ].join('\n'),
      },
      {
        title: 'GraphQL',
        about: `You can send this query with any GraphQL client to ${origin}/graphql.`,
        text: `query Value {\n  secret(name: "${name}") {\n    value(reveal: true)\n  }\n}`,
      },
      ...(TAKEN.has(name)
        ? []
        : [
            {
              title: 'REST with curl',
              about: 'The response body contains only the secret value, as Conductor clients expect.',
              text: [`curl -s ${origin}/api/secrets/${name} \\`, '  -H "X-Authorization: $TOKEN"'].join('\n'),
            },
            {
              title: 'JavaScript, with Conductor’s client',
              about: 'Conductor clients for other programming languages use the same server URL.',
              text: [
                "import { orkesConductorClient, SecretClient } from '@io-orkes/conductor-javascript';",
                '',
                'const client = await orkesConductorClient({',
                `  serverUrl: '${origin}/api',`,
                '  keyId: process.env.KEY_ID,',
                '  keySecret: process.env.KEY_SECRET,',
                '});',
                `const value = await new SecretClient(client).getSecret('${name}');`,
              ].join('\n'),
            },
          ]),
    ],
    token: [
      {
        title: 'Token from an application access key',
        about:
          'A user who manages the application creates the access key. The console shows the secret of the access key only once.',
        text: [
          `TOKEN=$(curl -s ${origin}/api/token -H 'Content-Type: application/json' \\`,
          '  -d "{\\"keyId\\":\\"$KEY_ID\\",\\"keySecret\\":\\"$KEY_SECRET\\"}" \\',
          `  | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
        ].join('\n'),
      },
    ],
  };
}
