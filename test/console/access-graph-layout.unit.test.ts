import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Graph,
  layoutOf,
  lettersIn,
  MOST_NODES,
  NODE,
  summaryOf,
  traced,
} from '../../console/src/access/access-graph-layout.ts';
import type { Reaching } from '../../console/src/access/fold-alike.ts';

const user = (name: string): Reaching['principal'] => ({ __typename: 'User', id: `usr_${name}`, name });
const ops = { id: 'grp_ops', name: 'ops' };
const prod = { id: 'env:prod' };

const administrator: Reaching = {
  principal: user('root'),
  paths: [{ access: ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'], role: 'ADMIN', group: null, tag: null }],
};
const member: Reaching = {
  principal: user('ann'),
  paths: [{ access: ['UPDATE', 'READ'], role: null, group: ops, tag: prod }],
};
const byName: Reaching = {
  principal: { __typename: 'Application', id: 'app_pay', name: 'pay' },
  paths: [
    { access: ['EXECUTE'], role: null, group: null, tag: null },
    { access: ['READ'], role: null, group: null, tag: prod },
  ],
};

const labels = ({ nodes }: Graph) => nodes.map(({ kind, label }) => `${kind} ${label}`).sort();
const lines = ({ nodes, edges }: Graph) => {
  const called = new Map(nodes.map(({ id, label }) => [id, label]));
  return edges
    .map(({ from, to, kind, access }) => `${called.get(from)} ${kind} ${called.get(to)} ${access.join(' ')}`.trim())
    .sort();
};

describe('nodes and edges of the access graph', () => {
  test('the access graph contains each principal, group, tag, role and name exactly once, and an edge for each step of an access path', () => {
    const graph = layoutOf('db', [administrator, member, byName]);
    expect(labels(graph)).toEqual([
      'application pay',
      'group ops',
      'name name of this secret',
      'role ADMIN',
      'secret db',
      'tag env:prod',
      'user ann',
      'user root',
    ]);
    expect(lines(graph)).toEqual([
      'ADMIN carries db',
      'ann member ops',
      'env:prod carries db',
      'name of this secret carries db',
      'ops grant env:prod READ UPDATE',
      'pay grant env:prod READ',
      'pay grant name of this secret EXECUTE',
      'root grant ADMIN READ UPDATE CREATE EXECUTE DELETE',
    ]);
  });

  test('if several grants create the same edge, the access graph shows the edge once with all their accesses', () => {
    const twice = {
      ...member,
      paths: [...member.paths, { access: ['EXECUTE' as const], role: null, group: ops, tag: prod }],
    };
    expect(lines(layoutOf('db', [twice]))).toContain('ops grant env:prod READ UPDATE EXECUTE');
  });

  test('the access graph has no column for groups if no access path goes through a group', () => {
    expect(layoutOf('db', [administrator]).columns.map(({ title }) => title)).toEqual([
      'Principals',
      'Granted on',
      'Secret',
    ]);
  });

  test('if no principal has access to the secret, the access graph is empty and its summary contains this fact', () => {
    const graph = layoutOf('db', []);
    expect(graph).toMatchObject({ nodes: [], edges: [], principals: 0 });
    expect(summaryOf('db', graph)).toBe('No one can access db.');
  });

  test('the summary of the access graph contains the number of principals and the kinds of access paths', () => {
    expect(summaryOf('db', layoutOf('db', [administrator, member, byName]))).toContain(
      '2 users and one application can access db, through one group, one tag, the role ADMIN and grants on the name of the secret.',
    );
  });

  test('if a user selects a node, the access graph highlights exactly the nodes and edges that share an access path with the node', () => {
    const graph = layoutOf('db', [administrator, member, byName]);
    expect([...traced(graph, 'grp_ops')].sort()).toEqual(
      [
        'usr_ann',
        'grp_ops',
        'tag env:prod',
        'secret',
        'usr_ann > grp_ops',
        'grp_ops > tag env:prod',
        'tag env:prod > secret',
      ].sort(),
    );
    expect(traced(graph, undefined).size).toBe(graph.nodes.length + graph.edges.length);
  });
});

const access = fc.uniqueArray(fc.constantFrom('READ', 'UPDATE', 'CREATE', 'EXECUTE', 'DELETE'), { minLength: 1 });
const path = fc.record({
  access,
  role: fc.constant(null),
  group: fc.option(fc.nat(6).map((n) => ({ id: `grp_${n}`, name: `group ${n}` }))),
  tag: fc.option(fc.nat(8).map((n) => ({ id: `k:${n}` }))),
});
const worlds = fc
  .array(fc.array(path, { minLength: 1, maxLength: 12 }), { maxLength: 60 })
  .map((all) => all.map((paths, n) => ({ principal: user(String(n)), paths }) as Reaching));

describe('the layout of the access graph', () => {
  test('the graph layout is deterministic, and places all nodes inside the graph, without overlap, in ordered columns', () => {
    fc.assert(
      fc.property(worlds, (reaching) => {
        const graph = layoutOf('db', reaching);
        expect(layoutOf('db', structuredClone(reaching))).toEqual(graph);
        for (const { x, y, width } of graph.nodes) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(x + width).toBeLessThanOrEqual(graph.width);
          expect(y + NODE.height).toBeLessThanOrEqual(graph.height);
        }
        const places = Object.groupBy(graph.nodes, ({ x }) => x);
        for (const column of Object.values(places)) {
          const heights = (column ?? []).map(({ y }) => y).sort((a, b) => a - b);
          for (const [i, y] of heights.slice(1).entries())
            expect(y - (heights[i] ?? 0)).toBeGreaterThanOrEqual(NODE.height);
        }
        const at = new Map(graph.nodes.map((node) => [node.id, node]));
        for (const { from, to } of graph.edges) expect(at.get(from)?.x).toBeLessThan(at.get(to)?.x ?? 0);
      }),
      { numRuns: 100 },
    );
  });

  test('the graph layout draws each principal at most once, draws all access paths of each drawn principal, and limits the number of nodes', () => {
    fc.assert(
      fc.property(worlds, (reaching) => {
        const graph = layoutOf('db', reaching);
        const who = graph.nodes.filter(({ kind }) => ['user', 'several'].includes(kind));
        const drawn = who.flatMap(({ label, names }) => names ?? [label]);
        expect(who.length).toBeLessThanOrEqual(MOST_NODES);
        expect(graph.principals > 0).toBe(reaching.length > 0);
        expect(new Set(drawn).size).toBe(graph.principals);
        expect(drawn.length).toBe(graph.principals);
        const byName = new Map(reaching.map((one) => [one.principal.name, one]));
        const paths = who.flatMap(({ label, names: [first] = [label] }) => byName.get(first ?? '')?.paths ?? []);
        expect(graph.pathParts.length).toBe(paths.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe('nodes for principals with equal access paths', () => {
  const many = (count: number, of: Reaching = member) =>
    Array.from({ length: count }, (_, n) => ({ ...of, principal: user(`m${n}`) }));

  test('many principals with equal access paths share one node, which contains their names', () => {
    const graph = layoutOf('db', [administrator, ...many(300), byName]);
    expect(labels(graph)).toContain('several 300 members of ops');
    expect(graph.nodes.find(({ kind }) => kind === 'several')?.names?.slice(0, 2)).toEqual(['m0', 'm1']);
    expect(graph).toMatchObject({ principals: 302, users: 301 });
    expect(graph.height).toBeLessThan(200);
    expect(summaryOf('db', graph)).toContain('301 users and one application can access db');
  });

  test('a few principals with equal access paths have separate nodes, and a principal with different access paths always has a separate node', () => {
    const graph = layoutOf('db', [
      ...many(6),
      { ...member, principal: user('more'), paths: [...member.paths, ...byName.paths] },
    ]);
    expect(graph.nodes.filter(({ kind }) => kind === 'user').map(({ label }) => label)).toEqual([
      ...many(6).map(({ principal }) => principal.name),
      'more',
    ]);
  });

  test('if principals have equal access paths but no common group, their node shows their number by kind, with a plus sign if more may exist', () => {
    const applications = many(8, byName).map((one) => ({
      ...one,
      principal: { ...one.principal, __typename: 'Application' },
    }));
    expect(labels(layoutOf('db', applications))).toContain('application 8 applications');
    expect(labels(layoutOf('db', many(7, administrator), true))).toContain('several 7+ users');
  });

  test('the node of the secret in the access graph is wide enough for a long name', () => {
    const name = 'tracking_webhook_key_of_the_shop_test';
    const node = layoutOf(name, [member]).nodes.find(({ kind }) => kind === 'secret');
    expect(lettersIn(node?.width ?? 0)).toBeGreaterThanOrEqual(name.length);
  });
});
