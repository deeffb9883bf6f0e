// The commands login, logout and whoami.
import type { Credentials } from '../../client/secrets-client.ts';
import { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { printJson } from '../output.ts';
import { settingsOf } from '../setting-options.ts';
import {
  addConnectionOptions,
  clientAt,
  clientCommand,
  clientUrl,
  DEFAULT_PROFILE,
  explained,
} from './client-command.ts';
import { profileName, profilesOf } from './profiles.ts';
import { askHidden, askShown } from './prompt.ts';
import { readBytes, textOf } from './value-input.ts';

interface LoginOptions {
  profile?: string;
  username?: string;
  passwordFile?: string;
}

export function loginCommand(): CliCommand {
  const command = new CliCommand('login')
    .description(
      'Signs in to a gateway with a password or an access key, and stores the token in a profile. The command does not store the password or the secret of the access key.',
    )
    .option('--username <NAME>', 'username; without this option the command asks')
    .option('--password-file <FILE>', 'reads the password from a file; - means standard input')
    .withNotes(`Examples:
  secrets-gateway login --gateway-url https://secrets.example.com
  secrets-gateway login --profile staging --gateway-url https://staging.example.com --gateway-key-id key_…`);
  return addConnectionOptions(command).runs(async (options: LoginOptions) => {
    const settings = settingsOf(command);
    const profiles = profilesOf(settings);
    const name = profileName(options.profile, settings) ?? DEFAULT_PROFILE;
    const given = settings.GATEWAY_URL ?? (await profiles.read(name).catch(() => undefined))?.url;
    if (given === undefined) throw new CommandFailed('GATEWAY_URL is required: add --gateway-url URL.', EXIT.USAGE);
    const url = clientUrl(given);
    clientAt(url, { token: 'unused' });
    if (!isEncrypted(url)) process.stderr.write(`Warning: the connection to ${url} is not encrypted.\n`);
    const client = clientAt(url, await credentialsOf(options, settings.GATEWAY_KEY_ID, settings.GATEWAY_KEY_SECRET));
    const onError = (error: unknown) => {
      throw explained(error, { url, profile: undefined });
    };
    const { token, expiresAt } = await client.signIn().catch(onError);
    const { id, name: shownName } = await client.viewer().catch(onError);
    const place = await profiles.write(name, {
      url,
      principal: { id, name: shownName },
      expiresAt: new Date(expiresAt).toISOString(),
      token: token.expose(),
    });
    console.log(`Signed in to ${url} as ${shownName}, until ${new Date(expiresAt).toISOString()}.`);
    console.log(`The token is in ${place}.`);
    return EXIT.OK;
  });
}

const WITHOUT_TERMINAL = 'Add --username NAME and --password-file FILE, or set GATEWAY_KEY_ID and GATEWAY_KEY_SECRET.';

async function credentialsOf(options: LoginOptions, keyId?: string, keySecret?: string): Promise<Credentials> {
  if (options.username === undefined && options.passwordFile === undefined && keyId !== undefined)
    return {
      keyId: keyId.trim(),
      keySecret: (keySecret ?? (await askHidden('Secret of the access key: ', WITHOUT_TERMINAL))).trim(),
    };
  if (options.passwordFile !== undefined && options.username === undefined)
    throw new CommandFailed('--password-file requires --username.', EXIT.USAGE);
  const username = options.username ?? (await askShown('Username: ', WITHOUT_TERMINAL));
  const password =
    options.passwordFile === undefined
      ? await askHidden('Password: ', WITHOUT_TERMINAL)
      : textOf(await readBytes(options.passwordFile)).replace(/\r?\n$/, '');
  return { username, password };
}

function isEncrypted(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

export function logoutCommand(): CliCommand {
  const command = new CliCommand('logout')
    .description(
      'Deletes the token of a profile from this machine. The token stays valid at the gateway until the token expires.',
    )
    .option('--profile <NAME>', 'profile of a sign-in');
  return command.runs(async (options: { profile?: string }) => {
    const settings = settingsOf(command);
    const name = profileName(options.profile, settings) ?? DEFAULT_PROFILE;
    const existed = await profilesOf(settings).remove(name);
    console.log(existed ? `Signed out of the profile ${name}.` : `The profile ${name} does not exist.`);
    return EXIT.OK;
  });
}

export function whoamiCommand(): CliCommand {
  return clientCommand(
    'whoami',
    'shows the signed-in user or application',
    async ({ client, url, profile }, options: { json?: true }) => {
      const [viewer, { expiresAt }] = [await client.viewer(), await client.signIn()];
      const { id, name, roles, groups } = viewer;
      const until = Number.isFinite(expiresAt) ? new Date(expiresAt).toISOString() : null;
      if (options.json) printJson({ url, profile: profile ?? null, id, name, roles, groups, expiresAt: until });
      else {
        const as = profile === undefined ? 'the access key in the settings' : `the profile ${profile}`;
        console.log(`${name} (${id}) at ${url}, with ${as}`);
        console.log(`roles: ${roles.join(', ') || 'none'}`);
        console.log(`groups: ${groups.map((group) => group.name).join(', ') || 'none'}`);
        if (until !== null) console.log(`The token expires at ${until}.`);
      }
      return EXIT.OK;
    },
  ).withJson();
}
