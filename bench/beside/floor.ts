// The floor: a minimal server that runs one prepared SELECT for the name in the path. Its answers are equal to the GraphQL answers of the gateway.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { answerQuestions } from './usage.ts';

const { DATABASE_URL: connectionString, DATABASE_CONNECTIONS } = process.env;
const pool = new pg.Pool({ connectionString, max: Number(DATABASE_CONNECTIONS), idleTimeoutMillis: 0 });
answerQuestions();

const BY_NAME = { name: 'by-name', text: 'SELECT name, value FROM bench.secrets WHERE name = $1' };
const PATH = '/secrets/';

const server = createServer(async (req, res) => {
  const { rows } = await pool.query({ ...BY_NAME, values: [req.url?.slice(PATH.length)] });
  const body = JSON.stringify({ data: { secret: rows[0] ?? null } });
  res.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  res.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
