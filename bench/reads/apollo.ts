// Reference (c): Apollo Server with its defaults, and a resolver that returns a constant. The reference uses no database, identifies no caller and
// makes no access decision.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { answerQuestions } from './usage.ts';

answerQuestions(() => 0);

const SECRET = { name: 'a_constant', value: 'value of 00000000-0000-0000-0000-000000000000' };

const server = new ApolloServer({
  typeDefs: `
    type Query { secret(name: String!): Secret }
    type Secret { name: String! value(reveal: Boolean! = false): String }
  `,
  resolvers: { Query: { secret: () => SECRET } },
  stopOnTerminationSignals: false,
});
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
console.log(`ready ${url.replace(/\/$/, '')}`);
