// Stores the sign-ins of the command line, one profile a gateway. The token is in the key store of the system, or in the file of the profile.
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../settings/sources.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import { writePrivateFile } from './private-file.ts';
import { systemKeyStore } from './system-key-store.ts';

export interface Profile {
  url: string;
  /** The user or application that signed in. */
  principal: { id: string; name: string };
  /** The time in the format of RFC 3339. */
  expiresAt: string;
}

interface StoredProfile extends Profile {
  /** The token, if the system has no key store. */
  token?: string;
}

export interface SignedIn extends Profile {
  token: string;
}

export interface Profiles {
  /** Returns undefined if the user did not sign in with this profile. @throws CommandFailed */
  read(name: string): Promise<SignedIn | undefined>;
  /** Returns the place of the token, as a text for people. */
  write(name: string, profile: SignedIn): Promise<string>;
  /** Returns whether the profile existed. */
  remove(name: string): Promise<boolean>;
}

export const PROFILE_VARIABLE = 'SECRETS_GATEWAY_PROFILE';

/** @throws CommandFailed if the name is malformed */
export function profileName(flag: string | undefined, env: Environment): string | undefined {
  const name = flag ?? (env[PROFILE_VARIABLE] || undefined);
  if (name !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw new CommandFailed('profile: expected 1 to 64 of the characters A-Z a-z 0-9 _ -', EXIT.USAGE);
  return name;
}

export function profilesOf(env: Environment): Profiles {
  const folder = join(configHome(env), 'secrets-gateway', 'profiles');
  const fileOf = (name: string) => join(folder, `${name}.json`);
  const accountOf = (name: string, { url }: Profile) => `${name}@${new URL(url).href}`;
  const keyStore = systemKeyStore(env);

  async function stored(name: string): Promise<StoredProfile | undefined> {
    const file = fileOf(name);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new CommandFailed(`Cannot read the profile ${file} (${error.code}).`);
    });
    if (text === undefined) return undefined;
    // Another user who can read the file could use the token.
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0)
      throw new CommandFailed(`Other users can read the profile ${file}. Run: chmod 600 ${file}`, EXIT.USAGE);
    try {
      const profile = JSON.parse(text) as StoredProfile;
      new URL(profile.url);
      return profile;
    } catch {
      throw new CommandFailed(`The profile ${file} is malformed. Run: secrets-gateway login --profile ${name}`);
    }
  }

  return {
    async read(name) {
      const profile = await stored(name);
      if (profile === undefined) return undefined;
      const token = profile.token ?? (await keyStore.lookup(accountOf(name, profile)));
      return token === undefined ? undefined : { ...profile, token };
    },
    async write(name, { token, ...profile }) {
      const file = fileOf(name);
      const failed = ({ code }: NodeJS.ErrnoException) => {
        throw new CommandFailed(`Cannot write the profile ${file} (${code}).`);
      };
      await mkdir(folder, { recursive: true, mode: 0o700 }).catch(failed);
      const place = await keyStore.store(accountOf(name, profile), token);
      const text = `${JSON.stringify(place === undefined ? { ...profile, token } : profile, null, 2)}\n`;
      await writePrivateFile(file, text).catch(failed);
      return place ?? file;
    },
    async remove(name) {
      const profile = await stored(name);
      if (profile === undefined) return false;
      if (profile.token === undefined) await keyStore.clear(accountOf(name, profile));
      await rm(fileOf(name), { force: true });
      return true;
    },
  };
}

/** The XDG base directory specification ignores relative paths. @throws CommandFailed */
function configHome({ XDG_CONFIG_HOME, HOME }: Environment): string {
  if (XDG_CONFIG_HOME?.startsWith('/')) return XDG_CONFIG_HOME;
  if (HOME?.startsWith('/')) return join(HOME, '.config');
  throw new CommandFailed(
    'Set HOME or XDG_CONFIG_HOME to an absolute path, so that the profile can be stored.',
    EXIT.USAGE,
  );
}
