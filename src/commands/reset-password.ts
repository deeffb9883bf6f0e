import { readConfig } from '../config.ts';
import { resetPassword } from '../startup/bootstrap.ts';
import { help, readArguments, wrongUsage } from './arguments.ts';
import { withGatewayResources } from './gateway-resources.ts';

const USAGE = `Sets a new random password for a user, prints the password once, and activates the user. Use this command if an administrator lost the password.

  npm run reset-password -- USERNAME

The gateway then rejects all existing tokens of the user. Uses the settings of the gateway: DATA_DIR or DATABASE_URL, KEYRING or KEYRING_FILE.
This command also works while the gateway is running.`;

export async function run(args: string[]): Promise<number> {
  const parsed = readArguments(args);
  if (parsed.help) return help(USAGE);
  const [name, ...more] = parsed.words;
  if (!name || more.length > 0)
    return wrongUsage(USAGE, parsed.problem ?? 'This command requires exactly one USERNAME.');
  return withGatewayResources(readConfig(process.env), async (at) => {
    const reset = await resetPassword(at, name);
    if (reset === undefined) {
      console.error('No user has the requested username.');
      return 1;
    }
    console.log(
      `Sign in as ${reset.username} with the password ${reset.password.expose()} — this password is shown only once.`,
    );
    return 0;
  });
}
