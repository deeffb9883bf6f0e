import type { Client } from '../support/app.ts';

export interface SomeEvent {
  id: string;
  at: string;
  action: string;
  outcome: string;
  actor: { kind: string; id: string; name: string };
  subject: { kind: string; id: string; name: string } | null;
  version: number | null;
  changes: Record<string, unknown> | null;
  requestId: string;
  address: string | null;
}

const PAGE = `query ($filter: AuditFilter, $first: Int! = 200, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) {
    nodes { id at action outcome actor { kind id name } subject { kind id name } version changes requestId address }
    pageInfo { hasNextPage endCursor }
  } }`;

export const askEvents = (who: Client, variables: { filter?: object; first?: number; after?: string | null } = {}) =>
  who.ask(PAGE, variables);

/** Returns at most 200 audit events, newest first. */
export async function eventsOf(who: Client, filter: object = {}): Promise<SomeEvent[]> {
  const { auditEvents } = await who.get(PAGE, { filter });
  return auditEvents.nodes;
}
