import type { SubjectRef } from '../access/permission.ts';
import type { PermissionReader } from '../access/permission-reader.ts';
import { BadInput, UnresolvedReferences } from '../errors.ts';
import type { Json } from '../primitives/json.ts';
import type { SecretView } from '../secrets/secret.ts';
import type { SecretChanges } from '../secrets/secret-changes.ts';
import type { SecretUseService, TaskOfUse } from '../secrets/secret-use-service.ts';
import type { Sensitive } from '../sensitive.ts';
import type { MaskedPart } from './masking/alignment.ts';
import { ALWAYS_MASKED } from './masking/masked-texts.ts';
import { hidingKeys, masking } from './masking/masking.ts';
import { indexOfValues } from './masking/value-index.ts';
import {
  checkShape,
  findReferences,
  LIMITS,
  type Reference,
  type ReferenceSummary,
  resolved,
  SecretValuesByName,
  secretNames,
  summarized,
} from './references/references.ts';
import { secretToUpdate } from './references/update-secret-task.ts';
import {
  expectedUnits,
  inTurns,
  unitsForExpressions,
  unitsForIndex,
  unitsForResult,
  unitsForTexts,
  unitsForValues,
  workLimitOfRequest,
} from './work-limit.ts';

export interface Resolved {
  payload: Json;
  references: ReferenceSummary[];
}

export interface MaskOptions {
  definition?: Json | undefined;
  maskedFields: readonly string[];
}

/** Operations on payloads of workflows and tasks, for one caller. All payloads of one request together have one limit of work. */
export interface PayloadService {
  /**
   * Records the use of each secret, and then replaces the references in the payload by secret values. If the caller passes `input`, the function also
   * replaces expressions `${workflow.input…}` by values of `input`. If one reference cannot be resolved, the function returns no secret value.
   * @throws UnresolvedReferences, BadInput, Unopenable, Unavailable
   */
  resolve(payload: Json, input?: Json, task?: TaskOfUse): Promise<Resolved>;
  /**
   * Checks whether `resolve` would succeed for the caller or for another principal. The check decrypts no secret value and records no use of a
   * secret.
   * @throws Forbidden, NotFound, BadInput
   */
  check(payload: Json, principal?: SubjectRef): Promise<ReferenceSummary[]>;
  /** Masks all secret values in the payload, so that people can read the payload. @throws BadInput, Unopenable, Unavailable */
  mask(payload: Json, options: MaskOptions): Promise<Json>;
  /** Hides these values in every text of the payload, and masks no field by its name. @throws BadInput */
  hide(payload: Json, values: readonly Sensitive[]): Promise<Json>;
  /** Prepares the payload for archiving: permanently masks the values of JSON fields with configured names. @throws BadInput */
  archive(payload: Json, maskedFields: readonly string[]): Promise<Json>;
  /** Stores the secret value in the input of an UPDATE_SECRET task. @throws BadInput, Forbidden, NameTaken */
  updateSecret(input: Json): Promise<SecretView>;
}

export interface PayloadServiceDeps {
  uses: SecretUseService;
  /** The services that store secret values and read grants. The session provides `permissionReader` only after it confirmed its entitlements. */
  session: { readonly secretChanges: SecretChanges; readonly permissionReader: PermissionReader };
}

/** The maximum total size of the sealed secret values that masking hides in one payload. */
export const MOST_HIDDEN_BYTES = 4 * 1_048_576;
const NO_NAMES: ReadonlySet<string> = new Set();

export function payloadService({ uses, session }: PayloadServiceDeps): PayloadService {
  const limit = workLimitOfRequest();
  const spendOnIndex = (size: number) => limit.spend(unitsForIndex(size));
  /** Spends the units for searching `texts`. Returns `found`, the result of the search. */
  const spentOn = <T extends { readonly expressions: number }>(found: T, ...texts: (Json | undefined)[]): T => {
    limit.spend(unitsForTexts(...texts) + unitsForExpressions(found.expressions));
    return found;
  };
  const masked = async (part: MaskedPart, values: readonly string[]): Promise<Json> => {
    const index = await inTurns(limit, indexOfValues(values));
    spendOnIndex(index.size);
    const [json] = await inTurns(limit, masking([part], { values: index, spendOnIndex }));
    return json as Json;
  };

  return {
    async resolve(payload, input, task) {
      // INVARIANT: the gateway searches only `payload` for references. The gateway never searches `input` or secret values for references.
      const { references, names } = await limit.inTurn(expectedUnits(payload, input), () => {
        if (input !== undefined) checkShape(input, 'input');
        return spentOn(findReferences(payload, 'payload', 'CERTAIN', input), payload, input);
      });
      return uses.withValues(names, {
        task,
        check(problems) {
          const refused = withProblems(
            summarized(references, ({ name, problem }) => problem ?? problems.get(name) ?? null),
          );
          if (refused.length > 0) throw new UnresolvedReferences(refused);
        },
        async fill(opened) {
          const values = new SecretValuesByName(opened);
          const expected = expectedUnits(payload) + unitsForResult(values.lengthOf(references));
          return limit.inTurn(expected, () => {
            const failed = withoutField(references, values);
            if (failed.length > 0) throw new UnresolvedReferences(failed);
            const spend = (bytes: number) => limit.spend(unitsForResult(bytes));
            return {
              payload: resolved(payload, values, input, spend),
              references: summarized(references, () => null),
            };
          });
        },
      });
    },

    async check(payload, principal) {
      const { references, names } = await limit.inTurn(expectedUnits(payload), () =>
        spentOn(findReferences(payload, 'payload', 'ALL'), payload),
      );
      const entitlements =
        principal === undefined
          ? undefined
          : ((await session.permissionReader.entitlementsOf(principal, 'principalId')) ?? null);
      const problems = await uses.problems(names, entitlements);
      return summarized(references, ({ name, problem }) => problem ?? problems.get(name) ?? null);
    },

    mask(payload, { definition, maskedFields }) {
      return limit.inTurn(expectedUnits(payload, definition), async () => {
        const keys = hidingKeys(maskedFields, ALWAYS_MASKED);
        const inPayload = spentOn(secretNames(payload, 'payload'), payload);
        const inDefinition =
          definition === undefined ? undefined : spentOn(secretNames(definition, 'definition'), definition);
        const names = [...new Set([...inPayload.names, ...(inDefinition?.names ?? [])])];
        if (names.length > LIMITS.names)
          throw new BadInput('definition', `at most ${LIMITS.names} secrets together with the payload`);
        const known = await uses.valuesToMask(names, MOST_HIDDEN_BYTES);
        if (known === undefined) {
          const mebibytes = MOST_HIDDEN_BYTES / 1_048_576;
          throw new BadInput('payload', `references to secrets whose values have at most ${mebibytes} MiB together`);
        }
        const values = [...new Set(known.map((value) => value.expose()))];
        limit.spend(unitsForValues(values));
        return masked({ payload, definition, keys }, values);
      });
    },

    hide(payload, hidden) {
      return limit.inTurn(expectedUnits(payload), () => {
        checkShape(payload, 'payload');
        const values = hidden.map((value) => value.expose());
        limit.spend(unitsForTexts(payload) + unitsForValues(values));
        return values.length === 0 ? payload : masked({ payload, keys: NO_NAMES }, values);
      });
    },

    archive(payload, maskedFields) {
      return limit.inTurn(expectedUnits(payload), () => {
        const keys = hidingKeys(maskedFields, ['_secrets']);
        checkShape(payload, 'payload');
        limit.spend(unitsForTexts(payload));
        return masked({ payload, keys }, []);
      });
    },

    async updateSecret(input) {
      const { name, value } = secretToUpdate(input);
      return (await session.secretChanges.put(name, value, '_secrets.secretKey')).secret;
    },
  };
}

type Unresolved = ConstructorParameters<typeof UnresolvedReferences>[0];

/** Returns the references whose path does not exist in the secret value. */
function withoutField(references: readonly Reference[], values: SecretValuesByName): Unresolved {
  const selected = new Map(references.map((reference) => [reference, values.select(reference.name, reference.path)]));
  const problemOf = (reference: Reference) => {
    const found = selected.get(reference);
    return found !== undefined && 'problem' in found ? found : undefined;
  };
  return withProblems(
    summarized(
      references,
      (reference) => problemOf(reference)?.problem ?? null,
      (reference) => problemOf(reference)?.suggestion,
    ),
  );
}

const withProblems = (summaries: readonly ReferenceSummary[]): Unresolved =>
  summaries.flatMap(({ problem, ...rest }) => (problem === null ? [] : [{ ...rest, problem }]));
