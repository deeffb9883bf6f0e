// Reference (b): PostGraphile 5 with row-level security, in production mode and with prepared statements. A setting of the transaction contains the
// caller, as the documentation of PostGraphile recommends. PostGraphile verifies no token.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { countStatements } from '../counting-pool.ts';
import { answerQuestions } from '../usage.ts';

const { DATABASE_URL: connectionString, DATABASE_CONNECTIONS } = process.env;
const pool = new Pool({ connectionString, max: Number(DATABASE_CONNECTIONS), idleTimeoutMillis: 0 });
answerQuestions(countStatements(pool));

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ['bench'], pubsub: false })],
  grafast: {
    context: (ctx) => ({
      pgSettings: { role: 'bench_caller', 'bench.principal': String(ctx.node?.req.headers['x-principal']) },
    }),
  },
  grafserv: { graphiql: false, websockets: false, watch: false },
});
const server = createServer();
await pgl.createServ(grafserv).addTo(server);
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
