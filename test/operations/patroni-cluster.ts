// Two PostgreSQL servers that Patroni manages, with etcd, and HAProxy that leads to the primary. docs/operations/high-availability.md describes the same
// set-up for several machines.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../scripts/conductor-process.ts';
import { isAlive } from '../../src/database/data-dir.ts';
import { until } from '../support/gateway-process.ts';
import { type Network, networkTo } from '../support/network.ts';
import { remember } from '../support/sentinel.ts';
import { configFile, deployText } from './deploy-file.ts';
import { type ProgramProcess, programDirectory, startProgram } from './program-process.ts';
import { serverDirectory } from './tools.ts';

/** The time to live in deploy/high-availability/patroni.yaml, and the shortest that Patroni accepts. */
export const TTL_SECONDS = 20;

export interface PatroniCluster {
  /** The URL of the gateway's database. HAProxy leads to the primary server. */
  url: string;
  leader(): Node;
  standby(): Node;
  /** Ends Patroni and PostgreSQL of a node with SIGKILL, as if its machine lost power. */
  kill(node: Node): Promise<void>;
  /** Starts Patroni of a node again. */
  start(node: Node): Promise<void>;
  /** Turns synchronous replication on or off, and waits until the standby server has the new state. */
  setSynchronous(isOn: boolean): Promise<void>;
  /** Waits until the node replicates from the primary server. */
  replicates(node: Node, state: 'sync' | 'async'): Promise<void>;
  /** The output of all programs, for the message of a failed test. */
  said(): string;
  /** Closes the networks between the nodes. */
  close(): void;
}

export interface Node {
  name: string;
  /** The data directory of PostgreSQL. */
  dataDir: string;
  /** The network between this node and other nodes, for replication. */
  network: Network;
  /** The URL of this node's database, for the superuser. */
  url: string;
  file: string;
  restPort: number;
  patroni: ProgramProcess;
}

interface Passwords {
  superuser: string;
  replication: string;
  gateway: string;
}

export async function patroniCluster({ synchronous }: { synchronous: boolean }): Promise<PatroniCluster> {
  const passwords = { superuser: randomPassword(), replication: randomPassword(), gateway: randomPassword() };
  const etcd = await startEtcd();
  const nodes: Node[] = [];
  for (const name of ['node1', 'node2']) {
    const node = await createNode(name, etcd.port, passwords, synchronous);
    nodes.push(node);
    // The first node creates the cluster. The second node copies the cluster.
    await until(async () => (await roleOf(node)) !== undefined, 60_000).catch((error) => {
      throw new Error(`${name} did not start: ${node.patroni.said()}`, { cause: error });
    });
  }
  const leader = nodes[0]!;
  const admin = new pg.Client({ connectionString: leader.url });
  await admin.connect();
  await admin.query(`CREATE ROLE gateway LOGIN PASSWORD '${passwords.gateway}' IN ROLE pg_read_all_stats`);
  await admin.query('CREATE DATABASE secrets OWNER gateway');
  await admin.end();
  const proxy = await startHaproxy(nodes);
  const leading = async () => {
    for (const node of nodes) if ((await roleOf(node)) === 'primary') return node;
    return undefined;
  };
  let known = leader;
  const cluster: PatroniCluster = {
    url: `postgresql://gateway:${passwords.gateway}@127.0.0.1:${proxy.port}/secrets`,
    leader: () => known,
    standby: () => nodes.find((node) => node !== known)!,
    async kill(node) {
      const server = await postmasterOf(node);
      process.kill(node.patroni.pid, 'SIGKILL');
      process.kill(server, 'SIGKILL');
      await node.patroni.end('SIGKILL');
      known = nodes.find((other) => other !== node)!;
    },
    async start(node) {
      node.patroni = await startProgram('patroni', [node.file]);
    },
    async setSynchronous(isOn) {
      const answer = await fetch(`http://127.0.0.1:${known.restPort}/config`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ synchronous_mode: isOn }),
      });
      if (!answer.ok) throw new Error(`Patroni refused the change: ${answer.status}`);
      await cluster.replicates(cluster.standby(), isOn ? 'sync' : 'async');
    },
    async replicates(node, state) {
      const source = (await leading()) ?? known;
      const client = new pg.Client({ connectionString: source.url });
      client.on('error', () => {});
      await client.connect();
      await until(async () => {
        const { rows } = await client.query(
          'SELECT sync_state FROM pg_stat_replication WHERE application_name = $1 AND state = $2',
          [node.name, 'streaming'],
        );
        return rows[0]?.sync_state === state;
      }, 90_000);
      await client.end();
    },
    said: () =>
      [etcd.process, proxy.process, ...nodes.map(({ patroni }) => patroni)].map((each) => each.said()).join('\n---\n'),
    close() {
      for (const { network } of nodes) network.close();
    },
  };
  await cluster.replicates(nodes[1]!, synchronous ? 'sync' : 'async');
  return cluster;
}

async function startEtcd(): Promise<{ port: number; process: ProgramProcess }> {
  const [port, peerPort] = [await freePort(), await freePort()];
  const directory = await programDirectory();
  const [client, peer] = [port, peerPort].map((number) => `http://127.0.0.1:${number}`);
  const process = await startProgram('etcd', [
    ...['--name', 'etcd1', '--data-dir', join(directory, 'data')],
    ...['--listen-client-urls', client!, '--advertise-client-urls', client!],
    ...['--listen-peer-urls', peer!, '--initial-advertise-peer-urls', peer!, '--initial-cluster', `etcd1=${peer}`],
  ]);
  await until(async () => (await fetch(`${client}/health`).catch(() => undefined))?.status === 200);
  return { port, process };
}

async function createNode(name: string, etcdPort: number, passwords: Passwords, synchronous: boolean): Promise<Node> {
  const directory = await programDirectory();
  const [port, restPort] = [await freePort(), await freePort()];
  const url = `postgresql://postgres:${passwords.superuser}@127.0.0.1:${port}/postgres`;
  const network = await networkTo(url);
  const dataDir = join(directory, 'data');
  const path = 'high-availability/patroni.yaml';
  const text = await deployText(path, {
    'name: node1': `name: ${name}`,
    '0.0.0.0:8008': `127.0.0.1:${restPort}`,
    '10.0.0.11:8008': `127.0.0.1:${restPort}`,
    '[10.0.0.1:2379, 10.0.0.2:2379, 10.0.0.3:2379]': `[127.0.0.1:${etcdPort}]`,
    'synchronous_mode: true': `synchronous_mode: ${synchronous}\n    maximum_lag_on_failover: 1073741824`,
    '0.0.0.0:5432': `127.0.0.1:${port}`,
    // The simulated network would slow synchronous replication down.
    '10.0.0.11:5432': `127.0.0.1:${synchronous ? port : new URL(network.url).port}`,
    '/var/lib/postgresql/15/gateway': dataDir,
    '/usr/lib/postgresql/15/bin': serverDirectory()!,
    '/var/lib/postgresql/.pgpass-patroni': join(directory, 'pgpass'),
    'CHANGE-ME-1': passwords.superuser,
    'CHANGE-ME-2': passwords.replication,
    // The test has no certificates.
    hostssl: 'host',
    '10.0.0.0/24': '127.0.0.1/32',
    '/var/run/postgresql': directory,
  });
  const file = await configFile(path, text);
  const patroni = await startProgram('patroni', [file]);
  return { name, dataDir, network, url, file, restPort, patroni };
}

async function startHaproxy(nodes: readonly Node[]): Promise<{ port: number; process: ProgramProcess }> {
  const port = await freePort();
  const path = 'high-availability/database.cfg';
  const addresses = nodes.map(({ name, url, restPort }, number) => [
    `server ${name} 10.0.0.1${number + 1}:5432 check port 8008`,
    `server ${name} 127.0.0.1:${new URL(url).port} check port ${restPort}`,
  ]);
  const text = await deployText(path, { '127.0.0.1:5000': `127.0.0.1:${port}`, ...Object.fromEntries(addresses) });
  const process = await startProgram('haproxy', ['-db', '-f', await configFile(path, text)]);
  return { port, process };
}

/** Asks Patroni for the role of a node. Undefined while PostgreSQL of the node does not run. */
async function roleOf({ restPort }: Node): Promise<'primary' | 'replica' | undefined> {
  for (const role of ['primary', 'replica'] as const) {
    const answer = await fetch(`http://127.0.0.1:${restPort}/${role}`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    if (answer?.status === 200) return role;
  }
  return undefined;
}

async function postmasterOf({ dataDir }: Node): Promise<number> {
  const pid = Number((await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  if (!isAlive(pid)) throw new Error(`PostgreSQL of ${dataDir} does not run.`);
  return pid;
}

function randomPassword(): string {
  const password = randomBytes(16).toString('hex');
  remember(password);
  return password;
}
