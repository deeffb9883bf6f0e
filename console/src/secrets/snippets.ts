// Examples of using a secret outside the console. The examples contain no secret values. Tokens and access keys come from environment
// variables.

export interface Snippet {
  title: string;
  about: string;
  text: string;
}

/** Names of secrets that the REST API cannot read, because the paths of these secrets belong to other endpoints of the REST API. */
const TAKEN = new Set(['v2', 'clearLocalCache', 'clearRedisCache']);

const QUERY = 'query Value($name: String!) { secret(name: $name) { value(reveal: true) } }';

/** `origin` is the gateway's URL without a trailing slash. Names contain no characters that need escaping in a shell or in JSON. */
export function snippetsFor(name: string, origin: string): Record<'workflow' | 'programs' | 'token', Snippet[]> {
  return {
    workflow: [
      {
        title: 'Value',
        about: 'In the input of a task. The principal that runs it needs EXECUTE or READ.',
        text: `\${workflow.secrets.${name}}`,
      },
      {
        title: 'Field of a JSON value',
        about: 'Replace field with the path to the field, such as user.name or keys[0].',
        text: `\${workflow.secrets.${name}.field}`,
      },
    ],
    programs: [
      {
        title: 'GraphQL with curl',
        about: 'Needs READ. The name is passed as a variable.',
        text: [
          `curl -s ${origin}/graphql \\`,
          '  -H "Authorization: Bearer $TOKEN" \\',
          "  -H 'Content-Type: application/json' \\",
          `  -d '${JSON.stringify({ query: QUERY, variables: { name } })}'`,
        ].join('\n'),
      },
      {
        title: 'GraphQL',
        about: `For any client of ${origin}/graphql.`,
        text: `query Value {\n  secret(name: "${name}") {\n    value(reveal: true)\n  }\n}`,
      },
      ...(TAKEN.has(name)
        ? []
        : [
            {
              title: 'REST with curl',
              about: 'Returns only the value, as Conductor clients expect.',
              text: [`curl -s ${origin}/api/secrets/${name} \\`, '  -H "X-Authorization: $TOKEN"'].join('\n'),
            },
            {
              title: 'JavaScript, with Conductor’s client',
              about: 'Conductor clients in other languages use the same URL.',
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
        about: 'A user who manages the application creates the key. Its secret is shown once.',
        text: [
          `TOKEN=$(curl -s ${origin}/api/token -H 'Content-Type: application/json' \\`,
          '  -d "{\\"keyId\\":\\"$KEY_ID\\",\\"keySecret\\":\\"$KEY_SECRET\\"}" \\',
          `  | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
        ].join('\n'),
      },
    ],
  };
}
