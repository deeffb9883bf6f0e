import type { SubjectRef } from '../access/permission.ts';
import type { PermissionReader } from '../access/permission-reader.ts';
import { BadInput, UnresolvedReferences } from '../errors.ts';
import type { Json } from '../primitives/json.ts';
import type { SecretView } from '../secrets/secret.ts';
import type { SecretService } from '../secrets/secret-service.ts';
import type { SecretUseService } from '../secrets/secret-use-service.ts';
import {
  effortOfExpressions,
  effortOfForms,
  effortOfRequest,
  effortOfResult,
  effortOfTexts,
  effortOfValues,
  expectedEffort,
} from './effort.ts';
import { archived, hidingKeys } from './masking/archive.ts';
import { maskedPayload } from './masking/masking.ts';
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

export interface Resolved {
  payload: Json;
  references: ReferenceSummary[];
}

export interface MaskOptions {
  definition?: Json | undefined;
  maskedFields: readonly string[];
}

/** Operations on payloads of workflows and tasks, for one caller. All payloads of one request share one limit of work. */
export interface PayloadService {
  /**
   * The payload with values in the places of its references, once the use of each is recorded; and `input`, if given, in the places of
   * `${workflow.input…}`. All or nothing. @throws UnresolvedReferences, BadInput, Unopenable, Unavailable
   */
  resolve(payload: Json, input?: Json): Promise<Resolved>;
  /** What would come of it, for the caller or another. Opens and records nothing. @throws Forbidden, NotFound, BadInput */
  check(payload: Json, principal?: SubjectRef): Promise<ReferenceSummary[]>;
  /** Returns the payload with all values masked, for people to read. @throws BadInput, Unopenable, Unavailable */
  mask(payload: Json, options: MaskOptions): Promise<Json>;
  /** The payload as it may be kept. @throws BadInput */
  archive(payload: Json, maskedFields: readonly string[]): Promise<Json>;
  /** Does what an UPDATE_SECRET task asks with this input. @throws BadInput, Forbidden, NameTaken */
  updateSecret(input: Json): Promise<SecretView>;
}

export interface PayloadServiceDeps {
  uses: SecretUseService;
  /** The services for changes and for grants. The session provides them once its entitlements are confirmed. */
  session: { readonly secrets: SecretService; readonly permissionReader: PermissionReader };
}

/** Values that one payload is masked by, sealed. */
const MOST_HIDDEN_BYTES = 4 * 1_048_576;
/** Typical number of forms of one hidden text. It estimates the work of a mask before the mask begins. */
const FORMS_OF_TEXT = 30;

export function payloadService({ uses, session }: PayloadServiceDeps): PayloadService {
  const effort = effortOfRequest();
  const spendOnForms = (count: number) => effort.spend(effortOfForms(count));
  /** Counts the work on `texts`, and returns `found`, which was found in them. */
  const spentOn = <T extends { readonly expressions: number }>(found: T, ...texts: (Json | undefined)[]): T => {
    effort.spend(effortOfTexts(...texts) + effortOfExpressions(found.expressions));
    return found;
  };

  return {
    async resolve(payload, input) {
      // INVARIANT: references are looked for in what the caller passes as a payload and nowhere else: not in input, not in values.
      const { references, names } = await effort.inTurn(expectedEffort(payload, input), () => {
        if (input !== undefined) checkShape(input, 'input');
        return spentOn(findReferences(payload, 'payload', 'CERTAIN', input), payload, input);
      });
      return uses.withValues(names, {
        check(problems) {
          const refused = withProblems(
            summarized(references, ({ name, problem }) => problem ?? problems.get(name) ?? null),
          );
          if (refused.length > 0) throw new UnresolvedReferences(refused);
        },
        async fill(opened) {
          const values = new SecretValuesByName(opened);
          const expected = expectedEffort(payload) + effortOfResult(values.lengthOf(references));
          return effort.inTurn(expected, () => {
            const failed = withoutField(references, values);
            if (failed.length > 0) throw new UnresolvedReferences(failed);
            const spend = (bytes: number) => effort.spend(effortOfResult(bytes));
            return {
              payload: resolved(payload, values, input, spend),
              references: summarized(references, () => null),
            };
          });
        },
      });
    },

    async check(payload, principal) {
      const { references, names } = await effort.inTurn(expectedEffort(payload), () =>
        spentOn(findReferences(payload, 'payload', 'ALL'), payload),
      );
      const of =
        principal === undefined
          ? undefined
          : ((await session.permissionReader.entitlementsOf(principal, 'principalId')) ?? null);
      const problems = await uses.problems(names, of);
      return summarized(references, ({ name, problem }) => problem ?? problems.get(name) ?? null);
    },

    mask(payload, { definition, maskedFields }) {
      return effort.inTurn(expectedEffort(payload, definition), async () => {
        const keys = hidingKeys(maskedFields, ['_secrets', '_masked']);
        const inPayload = spentOn(secretNames(payload, 'payload'), payload);
        const inDefinition =
          definition === undefined ? undefined : spentOn(secretNames(definition, 'definition'), definition);
        const names = [...new Set([...inPayload.names, ...(inDefinition?.names ?? [])])];
        if (names.length > LIMITS.names)
          throw new BadInput('definition', `at most ${LIMITS.names} secrets with the payload's`);
        const known = await uses.known(names, MOST_HIDDEN_BYTES);
        if (known === undefined) {
          const mebibytes = MOST_HIDDEN_BYTES / 1_048_576;
          throw new BadInput('payload', `references to secrets with at most ${mebibytes} MiB of values together`);
        }
        const values = known.map((value) => value.expose());
        const opened = effortOfValues(values);
        effort.spend(opened);
        // An estimate: masking builds dozens of forms of each text.
        const expected = expectedEffort(payload, definition) + opened + effortOfForms(FORMS_OF_TEXT * values.length);
        return effort.goOn(expected, () => maskedPayload(payload, { definition, keys, values, spendOnForms }));
      });
    },

    archive(payload, maskedFields) {
      return effort.inTurn(expectedEffort(payload), () => {
        const keys = hidingKeys(maskedFields, ['_secrets']);
        checkShape(payload, 'payload');
        effort.spend(effortOfTexts(payload));
        return archived(payload, keys, spendOnForms);
      });
    },

    async updateSecret(input) {
      const { name, value } = secretToUpdate(input);
      return (await session.secrets.put(name, value, '_secrets.secretKey')).secret;
    },
  };
}

type Unresolved = ConstructorParameters<typeof UnresolvedReferences>[0];

/** References whose path leads nowhere in the secret's value. */
function withoutField(references: readonly Reference[], values: SecretValuesByName): Unresolved {
  const selected = new Map(references.map((one) => [one, values.select(one.name, one.path)]));
  const problemOf = (one: Reference) => {
    const found = selected.get(one);
    return found !== undefined && 'problem' in found ? found : undefined;
  };
  return withProblems(
    summarized(
      references,
      (one) => problemOf(one)?.problem ?? null,
      (one) => problemOf(one)?.suggestion,
    ),
  );
}

const withProblems = (summaries: readonly ReferenceSummary[]): Unresolved =>
  summaries.flatMap(({ problem, ...rest }) => (problem === null ? [] : [{ ...rest, problem }]));
