import type { Config } from '../config.ts';
import { resetPassword } from '../startup/bootstrap.ts';
import type { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { withGatewayResources } from './gateway-resources.ts';
import { printJson } from './output.ts';
import { storeCommand } from './setting-options.ts';

export function resetPasswordCommand(): CliCommand {
  return storeCommand(
    'reset-password <USERNAME>',
    'sets a new random password for a user, prints the password once, and activates the user. Use this command if an administrator lost the password. The gateway then rejects all existing tokens of the user. This command also works while the gateway is running',
    reset,
  ).withJson();
}

function reset(config: Config, username: string, { json }: { json?: true }): Promise<number> {
  return withGatewayResources(config, async (at) => {
    const reset = await resetPassword(at, username);
    if (reset === undefined) {
      console.error('No user has the requested username.');
      return EXIT.NOT_FOUND;
    }
    if (json) {
      printJson({ username: reset.username, password: reset.password.expose() });
      return EXIT.OK;
    }
    console.log(
      `Sign in as ${reset.username} with the password ${reset.password.expose()} — this password is shown only once.`,
    );
    return EXIT.OK;
  });
}
