// The base of all commands that call a running gateway: settings, profiles and errors.
import {
  type Credentials,
  type SecretsClient,
  SecretsGatewayError,
  secretsClient,
} from '../../client/secrets-client.ts';
import { type CliCommand, declaredCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { addSettingOptions, settingsOf } from '../setting-options.ts';
import { PROFILE_VARIABLE, profileName, profilesOf } from './profiles.ts';

/** A connection to the gateway, and the place of the credentials. */
export interface Connected {
  client: SecretsClient;
  url: string;
  /** The profile, or undefined for an access key in the settings. */
  profile: string | undefined;
}

export const DEFAULT_PROFILE = 'default';

/** Builds a command that calls a gateway. `run` receives the connection, then the arguments, then the options. */
export function clientCommand<A extends unknown[]>(
  nameAndArguments: string,
  summary: string,
  run: (connected: Connected, ...args: A) => Promise<number>,
): CliCommand {
  const command = declaredCommand(nameAndArguments, summary);
  return addConnectionOptions(command).runs(async (...given: A) => {
    const connected = await connectedBy(command);
    return run(connected, ...given).catch((error: unknown) => {
      throw explained(error, connected);
    });
  });
}

export function addConnectionOptions(command: CliCommand): CliCommand {
  command.option('--profile <NAME>', `profile of a sign-in (or ${PROFILE_VARIABLE})`);
  return addSettingOptions(command, ['GATEWAY_URL', 'GATEWAY_KEY_ID', 'GATEWAY_KEY_SECRET']);
}

/**
 * Connects with the named profile, else with the access key in the settings, else with the default profile.
 * @throws CommandFailed, SecretsGatewayError
 */
async function connectedBy(command: CliCommand): Promise<Connected> {
  const settings = settingsOf(command);
  const named = profileName(command.opts<{ profile?: string }>().profile, settings);
  const { GATEWAY_URL: url, GATEWAY_KEY_ID: keyId, GATEWAY_KEY_SECRET: keySecret } = settings;
  if (named === undefined && (keyId !== undefined || keySecret !== undefined)) {
    if (url === undefined || keyId === undefined || keySecret === undefined)
      throw new CommandFailed(
        'Set GATEWAY_URL, GATEWAY_KEY_ID and GATEWAY_KEY_SECRET together, or sign in.',
        EXIT.USAGE,
      );
    const key = { keyId: keyId.trim(), keySecret: keySecret.trim() };
    return { client: clientAt(url, key), url, profile: undefined };
  }
  const profile = named ?? DEFAULT_PROFILE;
  const signedIn = await profilesOf(settings).read(profile);
  if (signedIn === undefined) throw signedOut('You are not signed in.', profile, url === undefined);
  if (url !== undefined && clientUrl(url) !== clientUrl(signedIn.url))
    throw new CommandFailed(`The profile ${profile} is for ${signedIn.url}, and GATEWAY_URL is ${url}.`, EXIT.USAGE);
  return { client: clientAt(signedIn.url, { token: signedIn.token }), url: signedIn.url, profile };
}

/** @throws CommandFailed if the address is malformed */
export function clientAt(url: string, credentials: Credentials): SecretsClient {
  try {
    return secretsClient({ url: url.trim(), credentials });
  } catch {
    throw new CommandFailed(
      'GATEWAY_URL: expected the form http://host:port, without user, query or fragment',
      EXIT.USAGE,
    );
  }
}

/** Returns the address without differences that do not matter. */
export function clientUrl(url: string): string {
  return url
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/api$/, '');
}

/** Adds to an error what the user can do. */
export function explained(error: unknown, { url, profile }: Omit<Connected, 'client'>): unknown {
  if (!(error instanceof SecretsGatewayError)) return error;
  const { code, details, status, secret, message } = error;
  if (code === 'UNAUTHENTICATED' && profile !== undefined) return signedOut('The sign-in has ended.', profile);
  const words = (text: string) => new SecretsGatewayError(code, text, { status, details: { ...details }, secret });
  if (code === 'UNREACHABLE') return words(`The gateway at ${url} did not answer (${String(details.reason)}).`);
  return secret === undefined ? error : words(`${secret}: ${message}`);
}

/** @param needsUrl whether neither the settings nor a profile name the gateway */
function signedOut(message: string, profile: string, needsUrl = false): SecretsGatewayError {
  const options = `${profile === DEFAULT_PROFILE ? '' : ` --profile ${profile}`}${needsUrl ? ' --gateway-url URL' : ''}`;
  return new SecretsGatewayError('UNAUTHENTICATED', `${message} Run: secrets-gateway login${options}`);
}
