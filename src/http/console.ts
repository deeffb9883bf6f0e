// The web console: files that were built from console/, served from memory. A client of the GraphQL API like any other.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { preferred } from './accepted-encoding.ts';
import { HttpError, type Incoming, type Outgoing, type Route } from './exchange.ts';

const BUILT = join(import.meta.dirname, '../../console/dist');
/** First segments of the paths that are pages of the console: what stands below them is known to the console alone. */
const PAGES = ['secrets', 'deleted', 'groups', 'applications', 'users', 'audits', 'explorer'];
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;

export interface ConsoleOptions {
  /** Whether it has an explorer of the GraphQL API. */
  explorer: boolean;
  /** Where it was built; the console of this project if left out. */
  built?: string;
}

/** Routes of the console, or of a page that tells how to build it where that was not done. */
export function consoleRoutes({ explorer, built = BUILT }: ConsoleOptions): Route[] {
  const files = filesOf(built);
  const page = pageOf(files.get('index.html'), explorer);
  return [
    ...['/', ...PAGES.flatMap((name) => [`/${name}`, `/${name}/*`])].map((path) => ({ path, methods: { GET: page } })),
    { path: '/assets/*', methods: { GET: async (incoming) => asset(incoming, files) } },
    // People are told in the page that nothing is here; programs in the words of an error.
    { path: '/*', methods: { '*': (incoming) => nothing(incoming, page) } },
  ];
}

/** The page, which is the same whatever its path, with a nonce of its own each time. */
function pageOf(built: Buffer | undefined, explorer: boolean) {
  if (built === undefined) {
    return async (): Promise<Outgoing> => ({
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '30' },
      body: 'The console was not built. `npm run build` does that; then start the gateway again.\n',
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

/** Nothing from elsewhere, nothing to elsewhere, no script that is not the console's, in no frame. */
function headersOfPage(nonce: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    // Otherwise they are what scripts are.
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

async function nothing(incoming: Incoming, page: () => Promise<Outgoing>): Promise<Outgoing> {
  incoming.template = 'none';
  const forPeople = incoming.method === 'GET' && incoming.headers.accept?.includes('text/html');
  if (!forPeople) throw new HttpError(404, 'NOT_FOUND', 'Nothing is here.');
  return { ...(await page()), status: 404 };
}

function asset({ path, headers }: Incoming, files: ReadonlyMap<string, Buffer>): Outgoing {
  const name = path.slice(1);
  const type = TYPES[extname(name)];
  const plain = files.get(name);
  if (plain === undefined || type === undefined) throw new HttpError(404, 'NOT_FOUND', 'Nothing is here.');
  const offered = Object.entries(ENCODINGS).filter(([, ending]) => files.has(`${name}${ending}`));
  const encoding = preferred(
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

/** By path below `folder`; empty if there is no such folder. */
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
