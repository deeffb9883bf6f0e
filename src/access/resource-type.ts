import type { ResourceType } from '../generated/vocabulary.ts';

const TYPES = {
  API_GATEWAY_SERVICE: true,
  API_GATEWAY_SERVICE_ROUTE: true,
  APPLICATION: true,
  AUTH_CONFIG: true,
  CLUSTER_CONFIG: true,
  DOMAIN: true,
  ENV_VARIABLE: true,
  EVENT_HANDLER: true,
  GROUP: true,
  INTEGRATION: true,
  INTEGRATION_PROVIDER: true,
  PROMPT: true,
  ROLE: true,
  SCHEMA: true,
  SERVICE_REGISTRY: true,
  TASK_DEF: true,
  TASK_ID: true,
  TASK_REF_NAME: true,
  USER: true,
  USER_FORM_TEMPLATE: true,
  WEBHOOK: true,
  WORKFLOW: true,
  WORKFLOW_DEF: true,
  WORKFLOW_SCHEDULE: true,
} as const satisfies Record<ResourceType, true>;

/** All resource types, in the order of the GraphQL schema. */
export const RESOURCE_TYPES = Object.keys(TYPES) as ResourceType[];

export function isResourceType(name: string): name is ResourceType {
  return Object.hasOwn(TYPES, name);
}
