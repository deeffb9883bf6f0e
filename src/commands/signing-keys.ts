import { operatorAudit } from '../audit/operator.ts';
import type { Config } from '../config.ts';
import { addSigningKey } from '../identity/signing-keys.ts';
import { systemClock } from '../primitives/clock.ts';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { withDatabase, withGatewayResources } from './gateway-resources.ts';
import { minuteOf, printJson } from './output.ts';
import { storeCommand } from './setting-options.ts';
import { table } from './table.ts';

export function signingKeysCommand(): CliCommand {
  const keys = new CliCommand('signing-keys').description(
    'Manages the keys that sign tokens. These commands also work while the gateway is running. Changes take effect on all nodes at once.',
  );
  keys.addCommand(storeCommand('list', 'lists the signing keys', list, ['TOKEN_TTL']).withJson());
  keys.addCommand(
    storeCommand(
      'rotate',
      'adds a new signing key; tokens of older signing keys stay valid until they expire',
      (config, { revoke = false, json = false }: { revoke?: boolean; json?: boolean }) => rotate(config, revoke, json),
      ['TOKEN_TTL'],
    )
      .option('--revoke', 'makes all existing tokens invalid at once')
      .withJson(),
  );
  return keys;
}

interface Row {
  id: string;
  createdAt: Date;
  retiredAt: Date | null;
  revokedAt: Date | null;
}

function list(config: Config, { json }: { json?: true }): Promise<number> {
  return withDatabase(config, async (database) => {
    const rows = await database.query<Row>(
      `SELECT id, created_at AS "createdAt", retired_at AS "retiredAt", revoked_at AS "revokedAt"
       FROM signing_keys ORDER BY created_at DESC, id DESC`,
    );
    if (json) {
      printJson(rows);
      return EXIT.OK;
    }
    const now = systemClock.now();
    const lines = rows.map((row) => [
      JSON.stringify(row.id).slice(1, -1),
      minuteOf(row.createdAt),
      stateOf(row, now, config.tokenTtl),
    ]);
    console.log(table(['key', 'created', ''], lines));
    return 0;
  });
}

function rotate(config: Config, revoke: boolean, json: boolean): Promise<number> {
  return withGatewayResources(config, async ({ keyring, stream, clock }) => {
    const audit = operatorAudit({ stream, clock });
    const attempt = { action: 'SIGNING_KEY_ROTATE', subject: null } as const;
    const kid = await audit.change(attempt, async (tx) => {
      const added = await addSigningKey(tx, keyring, clock.now(), revoke);
      const subject = { kind: 'SIGNING_KEY', id: added, name: added } as const;
      return { result: added, event: { ...attempt, subject, changes: { revoked: revoke } } };
    });
    if (json) {
      printJson({ id: kid, revoked: revoke });
      return EXIT.OK;
    }
    console.log(`${kid} is the new signing key.`);
    console.log(
      revoke
        ? 'The gateway now rejects all existing tokens. Users and applications must sign in again.'
        : `Existing tokens stay valid until they expire, for at most ${duration(config.tokenTtl)} (TOKEN_TTL). To revoke all existing tokens now, run: secrets-gateway signing-keys rotate --revoke`,
    );
    return 0;
  });
}

function stateOf({ retiredAt, revokedAt }: Row, now: Date, tokenTtl: number): string {
  if (revokedAt !== null) return `revoked ${minuteOf(revokedAt)}: its tokens are invalid`;
  if (retiredAt === null) return 'signs';
  const last = new Date(retiredAt.getTime() + tokenTtl * 1_000);
  return last > now
    ? `retired ${minuteOf(retiredAt)}: its tokens are valid until ${minuteOf(last)} at most`
    : `retired ${minuteOf(retiredAt)}`;
}

function duration(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
