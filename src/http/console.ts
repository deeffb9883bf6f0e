// Serves the web console. The gateway reads the built files of the console into memory. The console uses the GraphQL API like every other client.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chooseEncoding } from './accepted-encoding.ts';
import { HttpError, type Incoming, type Outgoing, type Route } from './exchange.ts';

const BUILT_FOLDER = join(import.meta.dirname, '../../console/dist');
/**
 * The first segments of the paths of the console's pages. Every path below these segments returns the console. The console chooses the page by the
 * path.
 */
const PAGES = ['secrets', 'deleted', 'groups', 'applications', 'users', 'audits', 'explorer'];
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;

export interface ConsoleOptions {
  /** True if the console contains the explorer of the GraphQL API. */
  explorer: boolean;
  /** The folder of the built console. If the field is undefined, the gateway uses the folder console/dist of the project. */
  folder?: string;
}

/** Returns the routes of the console. If the console was not built, every page describes how to build the console. */
export function consoleRoutes({ explorer, folder: built = BUILT_FOLDER }: ConsoleOptions): Route[] {
  const files = filesOf(built);
  const page = pageOf(files.get('index.html'), explorer);
  return [
    ...['/', ...PAGES.flatMap((name) => [`/${name}`, `/${name}/*`])].map((path) => ({ path, methods: { GET: page } })),
    { path: '/assets/*', methods: { GET: async (incoming) => assetAnswer(incoming, files) } },
    // For an unknown path, a browser receives the console, which shows a "not found" page. Any other client receives an error.
    { path: '/*', methods: { '*': (incoming) => notFound(incoming, page) } },
  ];
}

/** Returns the handler for all pages of the console. Every path returns the same HTML page, with a new nonce in each answer. */
function pageOf(built: Buffer | undefined, explorer: boolean) {
  if (built === undefined) {
    return async (): Promise<Outgoing> => ({
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '30' },
      body: 'The console was not built. Run `npm run build`, and restart the gateway.\n',
    });
  }
  const text = built.toString('utf8').replaceAll('__EXPLORER__', String(explorer));
  return async (): Promise<Outgoing> => {
    const nonce = randomBytes(16).toString('base64');
    return {
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', ...headersOfPage(nonce) },
      body: text.replaceAll('__CSP_NONCE__', nonce),
    };
  };
}

/**
 * With these headers, the page loads nothing from other origins and sends nothing to other origins. The page runs only the console's scripts, and
 * cannot be shown in a frame.
 */
function headersOfPage(nonce: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    // Without the directive `worker-src`, browsers would apply the directive `script-src` to web workers.
    "worker-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  };
}

async function notFound(incoming: Incoming, page: () => Promise<Outgoing>): Promise<Outgoing> {
  incoming.template = 'none';
  const forPeople = incoming.method === 'GET' && incoming.headers.accept?.includes('text/html');
  if (!forPeople) throw new HttpError(404, 'NOT_FOUND', 'The requested path does not exist.');
  return { ...(await page()), status: 404 };
}

function assetAnswer({ path, headers }: Incoming, files: ReadonlyMap<string, Buffer>): Outgoing {
  const name = path.slice(1);
  const type = TYPES[extname(name)];
  const plain = files.get(name);
  if (plain === undefined || type === undefined)
    throw new HttpError(404, 'NOT_FOUND', 'The requested path does not exist.');
  const offered = Object.entries(ENCODINGS).filter(([, ending]) => files.has(`${name}${ending}`));
  const encoding = chooseEncoding(
    headers['accept-encoding'],
    offered.map(([name]) => name),
  );
  const ending = encoding === undefined ? '' : ENCODINGS[encoding as keyof typeof ENCODINGS];
  return {
    status: 200,
    headers: {
      'content-type': type,
      vary: 'accept-encoding',
      'cross-origin-resource-policy': 'same-origin',
      ...(encoding && { 'content-encoding': encoding }),
    },
    body: files.get(`${name}${ending}`) ?? plain,
    immutable: true,
  };
}

/** Returns the contents of all files below `folder`, by path. The result is empty if `folder` does not exist. */
function filesOf(folder: string): ReadonlyMap<string, Buffer> {
  try {
    return new Map(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => [path.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(path)]),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}
