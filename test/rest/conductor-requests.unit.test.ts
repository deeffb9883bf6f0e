import { describe, expect, test } from 'vitest';
import { interpretationsOf } from '../../src/http/upstream-path.ts';
import { classify } from '../../src/rest/conductor/forwarded-requests.ts';

const kindOf = (method: string, path: string) => {
  const { body, answer, params } = classify(method, interpretationsOf(`/api${path}`)) ?? {};
  return [body, answer, params];
};

describe('requests for the Conductor server', () => {
  test.each([
    ['GET', '/tasks/poll/mail', 'other', 'tasks', { taskType: 'mail' }],
    ['GET', '/tasks/poll/batch/mail', 'other', 'tasks', { taskType: 'mail' }],
    ['POST', '/tasks', 'task result', 'execution data', {}],
    ['POST', '/tasks/update-v2', 'task result', 'tasks', {}],
    ['POST', '/tasks/t1/log', 'log line', 'execution data', { taskId: 't1' }],
    ['GET', '/tasks/t1/log', 'other', 'execution data', { taskId: 't1' }],
    [
      'POST',
      '/tasks/w1/r1/COMPLETED',
      'task output',
      'execution data',
      { workflowId: 'w1', ref: 'r1', status: 'COMPLETED' },
    ],
    [
      'POST',
      '/tasks/w1/r1/COMPLETED/sync',
      'task output',
      'execution data',
      { workflowId: 'w1', ref: 'r1', status: 'COMPLETED' },
    ],
    ['POST', '/tasks/w1/COMPLETED/signal', 'signal', 'execution data', { workflowId: 'w1', status: 'COMPLETED' }],
    ['POST', '/tasks/w1/COMPLETED/signal/sync', 'signal', 'execution data', { workflowId: 'w1', status: 'COMPLETED' }],
    [
      'POST',
      '/queue/update/w1/r1/COMPLETED',
      'task output',
      'execution data',
      { workflowId: 'w1', ref: 'r1', status: 'COMPLETED' },
    ],
    [
      'POST',
      '/queue/update/w1/task/t1/COMPLETED',
      'task output',
      'execution data',
      { workflowId: 'w1', taskId: 't1', status: 'COMPLETED' },
    ],
    ['POST', '/workflow/w1/state', 'workflow state', 'execution data', { workflowId: 'w1' }],
    ['POST', '/metadata/workflow', 'workflow definitions', 'plain', {}],
    ['PUT', '/metadata/taskdefs', 'task definitions', 'plain', {}],
    ['POST', '/workflow', 'start', 'execution data', {}],
    ['POST', '/workflow/execute/mail/1', 'start', 'execution data', {}],
    ['POST', '/scheduler/schedules', 'schedule', 'execution data', {}],
    ['PUT', '/event', 'event handlers', 'execution data', {}],
    ['GET', '/metadata/workflow/mail', 'other', 'plain', {}],
    ['GET', '/tasks/queue/all', 'other', 'plain', {}],
    ['GET', '/workflow/w1', 'other', 'execution data', { workflowId: 'w1' }],
    ['GET', '/nothing/that/is/known', 'other', 'execution data', {}],
  ])(
    'for the request %s %s, the gateway expects the body kind "%s" and the response kind "%s"',
    (method, path, body, answer, params) => {
      expect(kindOf(method, path)).toEqual([body, answer, params]);
    },
  );

  test.each([
    ['GET', '/TASKS/Poll/mail', 'tasks'],
    ['GET', '/tasks/poll/mail.json', 'tasks'],
    ['GET', '/tasks/poll/mail/', 'tasks'],
    ['GET', '/tasks/p%6Fll/mail', 'tasks'],
    ['GET', '/tasks/p%256Fll/mail', 'tasks'],
    ['GET', '/tasks%2Fpoll%2Fmail', 'tasks'],
    ['GET', '/tasks/poll/a%2Fb', 'tasks'],
    ['GET', '/tasks/p%C3%B6ll/mail', 'tasks'],
    ['GET', '/tasks/poll/mail%3Fx', 'tasks'],
    ['POST', '/tasks.json', 'task result'],
    ['POST', '/tasks/', 'task result'],
    ['POST', '/tasks%3Fx', 'task result'],
    ['POST', '/tasks%23x', 'task result'],
    ['POST', '/tasks/UPDATE-V2', 'task result'],
    ['POST', '/tasks/update%2Dv2.json/', 'task result'],
    ['POST', '/tasks/t1/LOG/', 'log line'],
    ['POST', '/tasks/w1/a%2Fb/COMPLETED', 'task output'],
    ['PUT', '/metadata/Workflow.json', 'workflow definitions'],
  ])('the gateway classifies the request %s %s independently of the spelling of its path', (method, path, kind) => {
    expect(kindOf(method, path)).toContain(kind);
  });

  test('the gateway does not classify a path with two interpretations whose bodies have different kinds', () => {
    expect(classify('POST', ['/api/tasks/t1/log', '/api/tasks'])).toBeUndefined();
  });
});
