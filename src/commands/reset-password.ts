import { readConfig } from '../config.ts';
import { resetPassword } from '../startup/bootstrap.ts';
import { help, misused, readArguments } from './arguments.ts';
import { besideGateway } from './beside.ts';

const USAGE = `Gives a user a new password, prints it once, and activates the user: for an administrator who lost theirs.

  npm run reset-password -- USERNAME

The user's tokens from before are refused. The settings are the gateway's: DATA_DIR or DATABASE_URL, KEYRING or KEYRING_FILE. It may
serve meanwhile.`;

export async function run(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked?.help) return help(USAGE);
  const [name, ...more] = asked?.words ?? [];
  if (!name || more.length > 0) return misused(USAGE);
  return besideGateway(readConfig(process.env), async (at) => {
    const reset = await resetPassword(at, name);
    if (reset === undefined) {
      console.error('There is no such user.');
      return 1;
    }
    console.log(`Sign in as ${reset.username} with the password ${reset.password.expose()} — it is shown only now.`);
    return 0;
  });
}
