// Tries the Dockerfile and the files of deploy/ with real tools: Podman, Helm, the Compose specification, systemd and promtool. The script leaves out
// each part whose tools are missing, and names the missing tool. Exit code 1: a part failed. Exit code 2: no part failed, and a part was left out.
//
// npm run test:deploy [-- chart compose systemd prometheus image]
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startEmbedded } from '../src/database/embedded.ts';
import { waiting } from './waiting.ts';

const HELM = 'helm.sh/helm/v4/cmd/helm@v4.3.2';
const COMPOSE = 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2';
const KUBERNETES_VALIDATE = 'kubernetes-validate==1.37.0';
/** The oldest version of Kubernetes that the chart supports, and the newest version that kubernetes-validate knows. */
const KUBERNETES = ['1.30', '1.37'];
/** The highest exposure that `systemd-analyze security` may compute for the unit. 10 is an exposure of 1.0, and 100 the maximum. */
const MAX_EXPOSURE = 15;

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, 'node_modules/.cache/deploy');
const CHART = join(ROOT, 'deploy/helm/secrets-gateway');
const IMAGE = 'localhost/secrets-gateway-test';
const CGROUP2_MAGIC = 0x63677270;

/** A tool that a part needs is missing, so the part is left out. */
class Missing extends Error {}

function run(
  program: string,
  args: string[],
  { env = {}, cwd = ROOT }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
) {
  return promisify(execFile)(program, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 });
}

async function require(program: string, hint: string): Promise<void> {
  await run('sh', ['-c', `command -v ${program}`]).catch(() => {
    throw new Missing(`${program} (${hint})`);
  });
}

/** Installs a program from a Go module. @returns the path of the program */
async function goProgram(name: string, module: string): Promise<string> {
  const folder = join(CACHE, name, module.replace(/.*@/, ''));
  const program = join(folder, module.replace(/@.*/, '').split('/').at(-1)!);
  if (existsSync(program)) return program;
  await require('go', 'Go 1.26 or newer');
  await run('go', ['install', module], { env: { GOBIN: folder } }).catch((error) => {
    throw new Missing(`${module}, because go install failed: ${lastLine(error)}`);
  });
  return program;
}

async function pythonProgram(name: string, requirement: string): Promise<string> {
  await require('python3', 'Python 3.10 or newer, with the modules venv and ensurepip');
  const venv = join(CACHE, requirement);
  await run('python3', ['-m', 'venv', venv])
    .then(() => run(join(venv, 'bin/python'), ['-m', 'pip', 'install', '--quiet', requirement]))
    .catch((error) => {
      throw new Missing(`${requirement}, because pip could not install the package: ${lastLine(error)}`);
    });
  return join(venv, 'bin', name);
}

/** Renders the chart with each file of values, and validates every object against the schemas of Kubernetes. */
async function chart(folder: string): Promise<string> {
  const helm = await goProgram('helm', HELM);
  const validate = await pythonProgram('kubernetes-validate', KUBERNETES_VALIDATE);
  const files = [[], ...['full', 'single'].map((name) => ['--values', join(CHART, `ci/${name}-values.yaml`)])];
  for (const [number, values] of files.entries()) {
    await run(helm, ['lint', '--strict', CHART, ...values]);
    for (const version of KUBERNETES) {
      const { stdout } = await run(helm, ['template', 'test', CHART, '--kube-version', `${version}.0`, ...values]);
      const rendered = join(folder, `${number}-${version}.yaml`);
      await writeFile(rendered, stdout);
      await run(validate, ['--strict', '--kubernetes-version', version, rendered]);
    }
  }
  const refused = await run(helm, ['template', 'test', CHART, '--set', 'settings.KEYRING=x']).then(
    () => false,
    (error) => `${error.stderr}`.includes('/settings'),
  );
  if (!refused) throw new Error('The chart accepted a secret setting in `settings`.');
  return `${files.length} sets of values for Kubernetes ${KUBERNETES.join(' and ')}. Without a schema: ServiceMonitor`;
}

/** Loads both compose files with the reference implementation of the Compose specification. */
async function compose(): Promise<string> {
  const program = await goProgram('compose', COMPOSE);
  const files = ['compose.yaml', 'compose.conductor.yaml'].map((name) => join(ROOT, 'deploy/compose', name));
  for (const count of [1, 2]) await run(program, ['-no-interpolation', ...files.slice(0, count)]);
  return 'both compose files follow the Compose specification. Left out: starting the services, because this needs images of a registry';
}

/** Verifies the unit, with the paths of this checkout in place of /opt/secrets-gateway. */
async function systemd(folder: string): Promise<string> {
  await require('systemd-analyze', 'Debian package systemd');
  const unit = join(folder, 'secrets-gateway.service');
  const text = await readFile(join(ROOT, 'deploy/systemd/secrets-gateway.service'), 'utf8');
  await writeFile(unit, text.replaceAll('/opt/secrets-gateway', ROOT));
  const { stderr } = await run('systemd-analyze', ['verify', unit]);
  if (stderr.includes('secrets-gateway.service')) throw new Error(stderr);
  await run('systemd-analyze', ['security', '--offline=true', `--threshold=${MAX_EXPOSURE}`, unit]);
  return `the unit is valid, with an exposure of at most ${MAX_EXPOSURE / 10} of 10`;
}

/** Checks the alerts, and runs their tests. */
async function prometheus(): Promise<string> {
  await require('promtool', 'Debian package prometheus');
  const folder = join(ROOT, 'deploy/prometheus');
  await run('promtool', ['check', 'rules', join(folder, 'alerts.yaml')]);
  await run('promtool', ['test', 'rules', join(folder, 'alerts.test.yaml')]);
  return 'the alerts are valid, and each alert fires during its fault';
}

/** Builds the image, and runs the image as a user without rights on a read-only file system, with a real PostgreSQL server. */
async function image(folder: string): Promise<string> {
  await require('podman', 'Debian packages podman, buildah, netavark, crun and iptables');
  const podman = await podmanOf(folder);
  const bases = await baseImages(folder, podman);
  const limits = ['--ulimit', 'nofile=1024:4096'];
  await podman([
    ...['build', '--format', 'docker', '--isolation', 'chroot', '--network', 'host', '--layers', ...limits],
    ...Object.entries(bases.images).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...['--tag', IMAGE, ROOT],
  ]);
  const name = `gateway-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  const value = randomBytes(16).toString('hex');
  const port = 20_000 + (randomBytes(2).readUInt16BE() % 10_000);
  const url = `http://127.0.0.1:${port}`;
  const hardened = [
    '--read-only',
    '--read-only-tmpfs=false',
    '--cap-drop',
    'all',
    '--security-opt',
    'no-new-privileges',
  ];
  const start = (...options: string[]) =>
    podman([
      'run',
      '--detach',
      '--name',
      name,
      '--network',
      'host',
      ...hardened,
      '--env',
      `PORT=${port}`,
      ...options,
      IMAGE,
    ]);
  const inside = async (script: string) =>
    (await podman(['exec', name, '/usr/local/bin/node', '--eval', script])).stdout.trim();
  const stop = async () => {
    await podman(['stop', '--time', '40', name]);
    const { stdout } = await podman(['inspect', '--format', '{{.State.ExitCode}}', name]);
    await podman(['rm', name]);
    if (stdout.trim() !== '0') throw new Error(`After SIGTERM, the gateway exited with ${stdout.trim()}.`);
  };
  const ready = async () => {
    for (let tries = 0; tries < 120; tries++) {
      if (
        await fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`The gateway is not ready: ${(await podman(['logs', name])).stderr}`);
  };
  const call = async (path: string, options: RequestInit = {}) => {
    const answer = await fetch(`${url}/api/${path}`, options);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`);
    return answer.text();
  };
  const signIn = async () =>
    JSON.parse(await call('token', { method: 'POST', body: JSON.stringify({ username: 'admin', password }) })).token;

  const refused = await podman(['run', '--rm', ...hardened, IMAGE]).catch((error) => `${error.stderr}`);
  if (!`${refused}`.includes('DATABASE_URL'))
    throw new Error('Without DATABASE_URL, the image must name DATABASE_URL.');

  const postgres = await startEmbedded({ dataDir: join(folder, 'data'), flags: ['-c', 'fsync=off'] });
  const database = ['--env', `DATABASE_URL=${postgres.url}`, '--env', `ADMIN_PASSWORD=${password}`];
  try {
    await start(...database, '--volume', `${name}:/data`);
    await ready();
    const headers = { 'X-Authorization': await signIn() };
    await call('secrets/tried', { method: 'PUT', body: value, headers: { ...headers, 'Content-Type': 'text/plain' } });
    await podman(['healthcheck', 'run', name]);
    const facts = await inside(`
      const { statSync, readFileSync, writeFileSync } = require('node:fs');
      let write; try { writeFileSync('/gateway/x', ''); } catch (error) { write = error.code; }
      const [, capabilities] = /CapEff:\\s+(\\w+)/.exec(readFileSync('/proc/1/status', 'utf8'));
      console.log([process.getuid(), Number('0x' + capabilities), write, (statSync('/data/keyring.json').mode & 0o777).toString(8)].join());`);
    if (facts !== '65532,0,EROFS,600')
      throw new Error(`User, capabilities, error of a write, and mode of the keyring: ${facts}`);
    await podman(['exec', name, '/usr/local/bin/node', 'src/main.ts', 'audit', 'verify']);
    await podman(['cp', `${name}:/data/keyring.json`, join(folder, 'keyring.json')]);
    await stop();

    // As in Kubernetes: the keyring is a read-only file of root that the group of the gateway can read, and several processes serve.
    await run('install', [
      '-m',
      '0440',
      '-o',
      'root',
      '-g',
      '65532',
      join(folder, 'keyring.json'),
      join(folder, 'mounted'),
    ]);
    const keyring = ['--volume', `${join(folder, 'mounted')}:/keyring/keyring.json:ro`];
    await start(...database, ...keyring, '--env', 'KEYRING_FILE=/keyring/keyring.json', '--env', 'WORKERS=2');
    await ready();
    const revealed = await call('secrets/tried', { headers: { 'X-Authorization': await signIn() } });
    if (revealed !== value)
      throw new Error('The second container did not reveal the value that the first container stored.');
    await stop();
  } finally {
    await podman(['rm', '--force', '--volumes', name]).catch(() => {});
    await podman(['volume', 'rm', '--force', name]).catch(() => {});
    await postgres.stop();
  }
  const size = Number((await podman(['image', 'inspect', '--format', '{{.Size}}', IMAGE])).stdout);
  return `${Math.round(size / 1e6)} MB, user 65532, no capabilities, read-only file system. ${bases.note}`;
}

type Podman = (args: string[]) => ReturnType<typeof run>;

/**
 * Returns a function that runs Podman. If the machine uses cgroups v1, each call runs in its own mount namespace, in which only cgroups v2 is mounted.
 * A later call then does not see the network of a container that an earlier call started, and leaves the name of the container in the DNS server. The
 * containers of this script therefore use the network of the host. To start several containers with names, keep one mount namespace for all calls.
 */
async function podmanOf(folder: string): Promise<Podman> {
  const configuration = join(folder, 'containers.conf');
  // Without these lines, Podman needs the right to raise limits, and the right to load programs into the kernel.
  const limits = 'default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]';
  await writeFile(
    configuration,
    `[containers]\n${limits}\ncgroups = "disabled"\n[engine]\ncgroup_manager = "cgroupfs"\n`,
  );
  const options = { env: { CONTAINERS_CONF: configuration } };
  if ((await statfs('/sys/fs/cgroup')).type === CGROUP2_MAGIC) return (args) => run('podman', args, options);
  const script = 'umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec podman "$@"';
  return (args) =>
    run('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'podman', ...args], options);
}

/** Returns the base images of the Dockerfile. If no registry answers, the function builds similar images from Debian packages. */
async function baseImages(folder: string, podman: Podman) {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const named = [...dockerfile.matchAll(/^ARG \w+=(\S+)$/gm)].map(([, reference]) => reference!);
  const pulled = await Promise.allSettled(named.map((reference) => podman(['pull', '--quiet', reference])));
  if (pulled.every(({ status }) => status === 'fulfilled')) return { images: {}, note: '' };

  await require('mmdebstrap', 'Debian package mmdebstrap, because no registry with the base images answers');
  const context = join(folder, 'base');
  await mkdir(context);
  const packages = 'base-files,libc6,libgcc-s1,libstdc++6,ca-certificates,netbase,tzdata';
  await run('mmdebstrap', [
    '--variant=minbase',
    '--include=ca-certificates,libstdc++6',
    'bookworm',
    join(context, 'build.tar'),
  ]);
  await run('mmdebstrap', ['--variant=extract', `--include=${packages}`, 'bookworm', join(context, 'runtime.tar')]);
  await copyFile(process.execPath, join(context, 'node'));
  const npm = (await run('sh', ['-c', 'dirname "$(dirname "$(readlink -f "$(command -v npm)")")"'])).stdout.trim();
  await cp(npm, join(context, 'npm'), { recursive: true, dereference: true });
  await copyFile('/etc/ssl/certs/ca-certificates.crt', join(context, 'ca.crt'));
  const stages = {
    build: `FROM scratch
ADD build.tar /
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY ca.crt /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm`,
    runtime: 'FROM scratch\nADD runtime.tar /',
  };
  for (const [name, text] of Object.entries(stages)) {
    await writeFile(join(context, name), text);
    const tag = `localhost/secrets-gateway-test-${name}`;
    await podman(['build', '--isolation', 'chroot', '--layers', '--tag', tag, '--file', join(context, name), context]);
  }
  return {
    images: {
      BUILD_IMAGE: 'localhost/secrets-gateway-test-build',
      RUNTIME_IMAGE: 'localhost/secrets-gateway-test-runtime',
    },
    note: `Left out: the base images ${named.join(' and ')}, because no registry answers. Debian packages replaced these images`,
  };
}

function lastLine(error: { stderr?: unknown; message: string }): string {
  return `${error.stderr || error.message}`.trim().split('\n').at(-1)!;
}

const PARTS = { chart, compose, systemd, prometheus, image };
const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`Unknown part. The parts are ${Object.keys(PARTS).join(', ')}.`);
  process.exit(1);
}
let code = 0;
for (const [name, part] of Object.entries(PARTS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  try {
    console.log(`${name}: passed: ${await waiting(process.stderr, name, part(folder))}`);
  } catch (error) {
    const isMissing = error instanceof Missing;
    const reason = error instanceof Error && 'stderr' in error ? `${error.message}\n${error.stderr}` : error;
    if (isMissing) console.log(`${name}: left out, because this machine has no ${error.message}`);
    else console.log(`${name}: failed: ${reason instanceof Error ? reason.message : reason}`);
    if (!isMissing) code = 1;
    else if (code === 0) code = 2;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
process.exitCode = code;
