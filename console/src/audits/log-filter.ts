import type { AuditFilter } from '../generated/operations.ts';
import { instantOf } from '../parts/instant.ts';
import { everyAction, everyOutcome } from './actions.ts';

/**
 * The state of the audit log page, which the URL contains. An empty text means that the page does not use the filter. `event` is the id of
 * the audit event in the open dialog. `live` is `on` or empty.
 */
export const WHOLE_LOG = { actor: '', secret: '', actions: '', outcome: '', from: '', until: '', event: '', live: '' };

export type LogState = typeof WHOLE_LOG;

/** Returns the URL path of the audit log page in the state `state`. */
export const logAt = (state: Partial<LogState>): string =>
  `/audits/log?${new URLSearchParams(Object.entries(state).filter(([, value]) => value !== ''))}`;

export const actionsOf = ({ actions }: Pick<LogState, 'actions'>) =>
  everyAction.filter((one) => actions.split(',').includes(one));

export const outcomeOf = ({ outcome }: Pick<LogState, 'outcome'>) => everyOutcome.find((one) => one === outcome);

/** Converts the page state to the audit event filter of the GraphQL API. */
export function filterOf(state: LogState): AuditFilter {
  const actions = actionsOf(state);
  const outcome = outcomeOf(state);
  const [from, until] = [instantOf(state.from), instantOf(state.until)];
  const secret = state.secret.trim();
  return {
    ...(state.actor !== '' && { actorId: state.actor }),
    ...(secret !== '' && { secret }),
    ...(actions.length > 0 && { actions }),
    ...(outcome !== undefined && { outcome }),
    ...(from !== '' && { from }),
    ...(until !== '' && { until }),
  };
}
