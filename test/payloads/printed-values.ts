// Ten made-up secret values in the shapes that secrets have in the field. All random characters come from a fixed seed, so no value is a credential.
import { ALPHANUMERIC, randomBytesOf, textOf } from '../../bench/real-looking-secrets.ts';

export interface PrintedValue {
  readonly name: string;
  readonly text: string;
  /** Parts of the value that are no secret, such as JSON member names and PEM headers. A person may see these parts after masking. */
  readonly known: readonly string[];
  /** Decoded parts of the value that are secret by themselves, such as the decoded password of a URL. */
  readonly parts?: readonly string[];
}

const seededBytes = (seed: string, size: number) => randomBytesOf(seed)(size);
const seededText = (seed: string, length: number, alphabet = ALPHANUMERIC) =>
  textOf(seededBytes(seed, length), alphabet);
const base64 = (seed: string, size: number) => seededBytes(seed, size).toString('base64');
const pem = (label: string, seed: string, size: number) =>
  `-----BEGIN ${label}-----\n${base64(seed, size).replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;

const GCP_KNOWN = {
  type: 'service_account',
  project_id: 'orders-prod-7',
  universe_domain: 'googleapis.com',
};

const gcp = {
  type: GCP_KNOWN.type,
  project_id: GCP_KNOWN.project_id,
  private_key_id: seededBytes('gcp id', 20).toString('hex'),
  private_key: pem('PRIVATE KEY', 'gcp', 630),
  client_email: `deployer@${GCP_KNOWN.project_id}.iam.gserviceaccount.com`,
  client_id: '117402938561920473856',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  universe_domain: GCP_KNOWN.universe_domain,
};

const jwtPart = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');

const password = "Tr0ub4dor(!)3-kQ7p/zX'49$w";

export const PRINTED_VALUES: readonly PrintedValue[] = [
  {
    name: 'PEM',
    text: pem('PRIVATE KEY', 'pem', 138),
    known: ['BEGIN PRIVATE KEY', 'END PRIVATE KEY'],
  },
  {
    name: 'kubeconfig',
    text: `apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster:
    server: https://10.20.30.40:6443
    certificate-authority-data: ${Buffer.from(pem('CERTIFICATE', 'ca', 300)).toString('base64')}
users:
- name: deployer
  user:
    token: ${seededText('kubeconfig', 64)}
contexts:
- name: prod
  context: {cluster: prod, user: deployer}
current-context: prod
`,
    known: [
      'apiVersion: v1\nkind: Config\nclusters:\n- name: prod\n  cluster:\n    server: https://10.20.30.40:6443\n    certificate-authority-data:',
      'users:\n- name: deployer\n  user:\n    token:',
      'contexts:\n- name: prod\n  context: {cluster: prod, user: deployer}\ncurrent-context: prod',
    ],
  },
  {
    name: 'GCP service account',
    text: JSON.stringify(gcp, null, 2),
    known: [
      ...Object.keys(gcp),
      ...Object.values(GCP_KNOWN),
      gcp.client_email,
      gcp.auth_uri,
      gcp.token_uri,
      'BEGIN PRIVATE KEY',
      'END PRIVATE KEY',
    ],
    parts: [gcp.private_key],
  },
  {
    name: '.env',
    text: `# Mail and payment
SMTP_PASSWORD="pässwörd-99 ${seededText('smtp', 18)}"
STRIPE_KEY='sk_live_${seededText('stripe', 24)}'
SESSION_SECRET=${seededText('session', 40, `${ALPHANUMERIC}!$%&*+,-./:;=?@^_~|#`)}
export PAGER_TOKEN=pd:${seededText('pager', 20)}\\$(date)
`,
    known: ['# Mail and payment\nSMTP_PASSWORD', 'STRIPE_KEY', 'SESSION_SECRET', 'export PAGER_TOKEN'],
  },
  {
    name: 'database URL',
    text: `sqlserver://sa:${encodeURIComponent(password).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)}@db.internal:1433/orders?encrypt=true`,
    known: ['sqlserver', 'db.internal:1433/orders?encrypt=true'],
    parts: [password],
  },
  {
    name: 'JWT',
    text: [
      jwtPart({ alg: 'ES256', typ: 'JWT', kid: seededText('kid', 8) }),
      jwtPart({ sub: 'usr_4c1f', aud: 'orders', exp: 1_893_456_000, jti: seededText('jti', 22) }),
      seededBytes('jwt', 64).toString('base64url'),
    ].join('.'),
    known: [],
  },
  {
    name: 'AWS pair',
    text: `aws_access_key_id = AKIA${seededText('aws id', 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}\naws_secret_access_key = ${base64('aws', 30)}`,
    known: ['aws_access_key_id', 'aws_secret_access_key'],
  },
  {
    name: 'htpasswd',
    text: `deployer:$2y$10$${seededText('htpasswd', 53, `./${ALPHANUMERIC}`)}`,
    known: ['deployer'],
  },
  {
    name: 'regular expression',
    text: '^(?:gh[pousr]_[A-Za-z0-9]{36,251}|x-"[äöü]\\d{4}\'|<k=%2B&v>)\\.(?<sig9>[0-9a-f]{8,64}) +$',
    known: [],
  },
  {
    name: 'chain of 60 KB',
    text: Array.from({ length: 30 }, (_, i) => pem('CERTIFICATE', `chain ${i}`, 1_440)).join(''),
    known: ['BEGIN CERTIFICATE', 'END CERTIFICATE'],
  },
];
